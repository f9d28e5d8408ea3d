/** Unfinished and finished exports that the server knows, shown on the first step. */

/** @import { FinishedExport, InterruptedExport, JobStatus, KnownExports, TimeSpan } from '../api.js' */

import { withAdvice } from '../../shared/advice.js';
import { confirmDiscard } from '../../shared/discard-dialog.js';
import { byId, el, show } from '../../shared/dom.js';
import { showProblems } from '../../shared/error-summary.js';
import { formatBytes, formatCount, formatNoun } from '../../shared/format.js';
import { formatName } from '../../shared/format-name.js';
import { icon } from '../../shared/icon.js';
import { RequestError } from '../../shared/request.js';
import { discardExport, listExports } from '../api.js';
import { describeMoment } from '../timezone.js';
import { isCount } from '../selection.js';
import { download } from './download.js';

const FINISHED_SHOWN = 5;

/**
 * @param {object} actions
 * @param {(jobId: string) => Promise<void>} actions.resume
 * @param {(jobId: string) => void} actions.watch
 */
export function attachExportsList({ resume, watch }) {
  const section = byId('exports', HTMLElement);
  const interruptedList = byId('interruptedExports', HTMLElement);
  const finishedList = byId('finishedExports', HTMLElement);

  let newest = 0;
  const load = async () => {
    newest += 1;
    const mine = newest;
    /** @type {KnownExports} */
    let known;
    try {
      known = await listExports();
      if (mine !== newest) return;
    } catch (error) {
      // Without the list the wizard works all the same.
      if (error instanceof RequestError) return;
      throw error;
    }
    const active = known.active ?? [];
    const interrupted = known.interrupted ?? [];
    const finished = (known.finished ?? []).slice(0, FINISHED_SHOWN);
    interruptedList.replaceChildren(...active.map(activeRow), ...interrupted.map(interruptedRow));
    finishedList.replaceChildren(...finished.map(finishedRow));
    show(interruptedList, active.length + interrupted.length > 0);
    show(finishedList, finished.length > 0);
    show(section, active.length + interrupted.length + finished.length > 0);
  };

  /** @param {() => Promise<void>} action */
  const attempt = async (action) => {
    try {
      showProblems(section, []);
      await action();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      showProblems(section, [{ text: withAdvice(error.message, error.hint) }]);
    }
  };

  /** @param {JobStatus} one */
  const activeRow = (one) => {
    const what = describe(one.source_url, one.time_range);
    const open = action('Watch', what, () => watch(one.job_id ?? ''));
    const facts = [spanText(one.time_range), `${Math.round((one.progress ?? 0) * 100)} % done`];
    return row('clock', one.state === 'pending' ? 'Waiting' : 'Running', one.source_url || what, facts, [open]);
  };

  /** @param {InterruptedExport} one */
  const interruptedRow = (one) => {
    const what = describe(one.url, one.range);
    const done = isCount(one.slices_total) ? `${formatCount(one.slices_done ?? 0)} of ${formatNoun(one.slices_total, 'batch', 'batches')} fetched` : '';
    const facts = [spanText(one.range), done, one.error ?? ''];
    if (one.state === 'running') return row('clock', 'Running in another vmgather', one.url || what, facts, []);
    const buttons = [
      action('Resume', what, () => attempt(() => resume(one.job_id))),
      action('Discard', what, () => attempt(async () => {
        if (!(await confirmDiscard(`${[what, done].filter((part) => part !== '').join(', ')}. What was fetched is deleted and cannot be brought back.`))) return;
        await discardExport(one.job_id);
        await load();
        // The button is gone with its row.
        byId(section.hidden ? 'title1' : 'exportsTitle', HTMLElement).focus();
      }), 'btn--danger'),
    ];
    return row('alert', 'Unfinished', one.url || what, facts, buttons);
  };

  /** @param {FinishedExport} one */
  const finishedRow = (one) => {
    const facts = [
      one.created ? moment(one.created) : '',
      isCount(one.size) ? formatBytes(one.size) : '',
      formatName(one.format),
      isCount(one.series_count) ? formatNoun(one.series_count, 'series', 'series') : '',
      one.obfuscated === undefined ? '' : one.obfuscated ? 'names replaced' : 'nothing replaced',
    ];
    const name = one.archive_name || one.export_id;
    const get = action('Download', name, () => download({ export_id: one.export_id, archive_name: name }));
    return row('file', 'Finished', name, facts, [get]);
  };

  return { load };
}

/**
 * @param {import('../../shared/icon.js').IconName} mark
 * @param {string} state
 * @param {string} name
 * @param {string[]} facts empty ones are left out
 * @param {HTMLElement[]} buttons
 */
function row(mark, state, name, facts, buttons) {
  const told = facts.filter((fact) => fact !== '').join(', ');
  return el('li', { class: 'export-row' }, icon(mark),
    el('div', { class: 'export-row__text' }, el('span', { class: 'code export-row__name' }, name), el('span', { class: 'check__note' }, `${state}${told === '' ? '' : `: ${told}`}`)),
    el('div', { class: 'export-row__actions' }, ...buttons));
}

/**
 * @param {string} text
 * @param {string} what the export concerned, for people who hear the button alone
 * @param {() => unknown} run
 * @param {string} [kind]
 */
function action(text, what, run, kind = '') {
  const button = el('button', { type: 'button', class: `btn btn--small ${kind}`.trim() }, text, el('span', { class: 'visually-hidden' }, ` ${what}`));
  button.addEventListener('click', async () => {
    if (button.ariaDisabled === 'true') return;
    // Disabled for real, it would lose the focus.
    button.ariaDisabled = 'true';
    await run();
    button.ariaDisabled = null;
  });
  return button;
}

/** @param {string | undefined} url @param {TimeSpan | undefined} range */
function describe(url, range) {
  return [url ?? '', spanText(range)].filter((part) => part !== '').join(', ') || 'an export';
}

/** @param {TimeSpan | undefined} range */
function spanText(range) {
  return range?.start && range.end ? `${moment(range.start)} – ${moment(range.end)}` : '';
}

/** @param {string} iso */
function moment(iso) {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? iso : describeMoment(ms, 'local').slice(0, 16);
}
