/** Looks at the bundle and at what the target would do with it. Sends nothing on. */

/** @import { Auth } from '../../shared/auth-fields.js' */
/** @import { Store } from '../../shared/store.js' */
/** @import { ImportState } from '../state.js' */

import { announce } from '../../shared/announce.js';
import { byId, el, show } from '../../shared/dom.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';
import { RequestError } from '../../shared/request.js';
import { analyze } from '../api.js';
import { configOf, preflightKey } from '../config.js';
import { isBusy } from '../state.js';
import { fileSpan, withinNow } from '../time-shift.js';
import { reportOf } from './report.js';

/**
 * @param {Store<ImportState>} store
 * @param {{ auth: () => Auth, done: () => void }} options `done` is called after each success
 */
export function attachPreflight(store, { auth, done }) {
  const state = byId('analysisResult', HTMLElement);
  const loader = byId('analysisLoader', SVGElement);
  const details = byId('analysisDetails', HTMLElement);
  const box = byId('preflight', HTMLElement);
  const again = byId('preflightBtn', HTMLButtonElement);
  const full = byId('fullPreflightBtn', HTMLButtonElement);
  const stop = byId('stopPreflightBtn', HTMLButtonElement);
  const stale = byId('staleNote', HTMLElement);
  const idleText = state.textContent ?? '';
  /** @type {AbortController | null} */
  let running = null;
  let askedWith = '';
  /** The target that the newest preflight asked for its limits. */
  let askedTarget = '';

  /** @param {string} status @param {...(Node | string)} parts */
  const say = (status, ...parts) => {
    state.dataset.status = status;
    state.replaceChildren(...parts);
  };

  /** @param {boolean} wholeFile */
  const run = async (wholeFile) => {
    const { file } = store.state;
    if (file === null) return;
    running?.abort();
    const mine = (running = new AbortController());
    const config = configOf(store.state, auth());
    askedTarget = targetOf(config);
    // The report goes, its place stays: nothing below it moves.
    box.style.minHeight = `${box.getBoundingClientRect().height}px`;
    show(details, false);
    store.set({ reading: true });
    say('progress', wholeFile ? 'Reading the whole file' : 'Reading the first lines');
    try {
      const analysis = await analyze(file, config, {
        full: wholeFile,
        signal: mine.signal,
        onProgress: (fraction) => {
          if (mine === running && fraction < 1) say('progress', `Handing the file over, ${Math.floor(fraction * 100)} %`);
          else if (mine === running) say('progress', 'Looking at it');
        },
      });
      if (mine !== running) return;
      running = null;
      askedWith = preflightKey(config);
      details.replaceChildren(...reportOf(analysis, config.drop_labels));
      show(details, true);
      say('success', icon('check'), el('span', {}, wholeFile ? 'The whole file was read.' : 'Looked at.'));
      announce('The preflight report is there.');
      const span = fileSpan(analysis, config.time_shift_ms);
      const shift = span === null ? null : withinNow(span, store.state.shiftMs, Date.now());
      store.set({
        analysis,
        analysisShiftMs: config.time_shift_ms,
        reading: false,
        ...(shift === null ? {} : { shiftMs: shift.shiftMs, shiftClamped: shift.clamped }),
      });
      done();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (mine !== running) return;
      running = null;
      const told = error.aborted ? 'Stopped.' : `${error.message}${error.hint === '' ? '' : ` ${error.hint}`}`;
      say(error.aborted ? 'pending' : 'error', icon(error.aborted ? 'info' : 'cross'), el('span', {}, ...prose(told)));
      // Stopped, the report of before holds as before.
      store.set({ reading: false, ...(error.aborted ? {} : { analysis: null }) });
      show(details, store.state.analysis !== null);
    }
    box.style.minHeight = '';
  };

  store.watch((now) => {
    const idle = now.file !== null && !now.reading && !isBusy(now);
    again.disabled = !idle;
    full.disabled = !idle;
    show(stop, now.reading);
    loader.toggleAttribute('hidden', !now.reading);
    if (now.file === null && !now.reading) {
      say('pending', idleText);
      show(details, false);
    }
    const old = now.analysis !== null && !now.reading && askedWith !== preflightKey(configOf(now, auth()));
    show(stale, old);
    if (old && stale.childElementCount === 0) stale.append(icon('clock'), 'Settings changed since: the figures are of before. Look again.');
  });
  again.addEventListener('click', () => void run(false));
  full.addEventListener('click', () => void run(true));
  stop.addEventListener('click', () => running?.abort());

  return {
    run: () => run(false),
    /** Another target has other limits. */
    targetTested() {
      const { file, analysis, reading } = store.state;
      const asked = targetOf(configOf(store.state, auth()));
      if (file !== null && (asked !== askedTarget || (analysis === null && !reading))) void run(false);
    },
    reset() {
      running?.abort();
      running = null;
      box.style.minHeight = '';
      store.set({ reading: false });
    },
  };
}

/** @param {import('../api.js').ImportConfig} config without secrets, which make no other target */
function targetOf({ endpoint, tenant_id, auth_type, skip_tls_verify }) {
  return JSON.stringify([endpoint, tenant_id, auth_type, skip_tls_verify]);
}
