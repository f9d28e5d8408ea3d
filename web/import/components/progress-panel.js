/** The figures of a running import, from the upload to the verification. */

/** @import { Job } from '../api.js' */

import { announce } from '../../shared/announce.js';
import { byId, el, show } from '../../shared/dom.js';
import { formatBytes, formatCompact, formatCount, formatDuration } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { Pace } from '../pace.js';

const STAGES = /** @type {[string, string][]} */ ([
  ['uploading', 'Upload'], ['extracting', 'Open'], ['importing', 'Send'], ['verifying', 'Verify'],
]);
const TITLES = /** @type {Record<string, string>} */ ({
  uploading: 'Uploading the bundle', queued: 'Waiting for its turn', extracting: 'Opening the bundle', importing: 'Sending',
  verifying: 'Verifying what arrived', completed: 'Import complete', failed: 'Import failed', canceled: 'Import canceled',
});

export function attachProgressPanel() {
  const panel = byId('importProgressPanel', HTMLElement);
  const title = byId('importStage', HTMLElement);
  const message = byId('importProgressSummary', HTMLElement);
  const percent = byId('importProgressPercent', HTMLElement);
  const fill = byId('importProgressFill', HTMLElement);
  const track = byId('importProgressTrack', HTMLElement);
  const stages = byId('importStages', HTMLElement);
  const samples = byId('importProgressMetrics', HTMLElement);
  const rate = byId('importProgressRate', HTMLElement);
  const chunks = byId('importProgressBatches', HTMLElement);
  const eta = byId('importProgressEta', HTMLElement);
  const chunk = byId('importBatchWindow', HTMLElement);
  const remote = byId('importRemotePath', HTMLElement);
  const debug = byId('importProgressEtaDetail', HTMLElement);
  const cancel = byId('cancelImportBtn', HTMLButtonElement);
  let pace = new Pace();
  let spoken = '';

  /** @param {number} value */
  const paintPercent = (value) => {
    const whole = Math.max(0, Math.min(100, Math.round(value)));
    percent.textContent = `${whole}%`;
    fill.style.width = `${whole}%`;
    track.setAttribute('aria-valuenow', String(whole));
  };

  /** @param {string} stage */
  const paintStage = (stage) => {
    const name = TITLES[stage] ?? stage;
    title.textContent = name;
    if (spoken !== stage) announce(`${name}.`);
    spoken = stage;
    const at = stage === 'completed' ? STAGES.length : STAGES.findIndex(([id]) => id === (stage === 'queued' ? 'extracting' : stage));
    if (at < 0) return;
    stages.replaceChildren(...STAGES.map(([id, text], place) => {
      const done = place < at;
      const current = place === at;
      return el('li', { class: `stages__item${done ? ' stages__item--done' : ''}${current ? ' stages__item--current' : ''}`, 'aria-current': current ? 'step' : false, 'data-stage': id },
        icon(done ? 'check' : current ? 'spinner' : 'ring'), text, done ? el('span', { class: 'visually-hidden' }, ', done') : null);
    }));
  };

  return {
    cancel,

    /** Begins anew. */
    open() {
      panel.classList.remove('hidden');
      pace = new Pace();
      spoken = '';
      for (const figure of [samples, rate, chunks, eta, chunk, remote]) figure.textContent = '–';
      message.textContent = '';
      debug.textContent = '';
      cancel.disabled = false;
      show(cancel, true);
      paintPercent(0);
    },

    hide: () => panel.classList.add('hidden'),

    /** @param {number} fraction 0 to 1 @param {number} bytes of the file */
    upload(fraction, bytes) {
      paintStage('uploading');
      paintPercent(fraction * 100);
      message.textContent = `${formatBytes(bytes * fraction)} of ${formatBytes(bytes)}`;
    },

    /** @param {Job} job */
    paint(job) {
      const { summary = {}, stage, state, chunks_completed: done, chunks_total: total, chunk_size: size } = job;
      const ended = state === 'completed' || state === 'failed' || state === 'canceled';
      if (ended) title.textContent = TITLES[state] ?? '';
      if (state === 'completed') paintStage('completed');
      else if (!ended) paintStage(stage ?? state ?? 'queued');
      else markBroken();
      if (job.percent !== undefined) paintPercent(job.percent);
      message.textContent = ended ? '' : (job.message ?? '');
      const speed = pace.take(job, Date.now());
      if (summary.points !== undefined) samples.textContent = formatCompact(summary.points);
      if (!ended && speed.samplesPerSecond) rate.textContent = `${formatCompact(speed.samplesPerSecond)} /s`;
      if (done !== undefined) chunks.textContent = total === undefined ? formatCount(done) : `${formatCount(done)} / ${formatCount(total)}`;
      eta.textContent = ended || speed.secondsLeft === null ? '–' : speed.secondsLeft < 1 ? 'a moment' : formatDuration(speed.secondsLeft);
      if (size !== undefined) chunk.textContent = `about ${formatBytes(size)} of JSON lines, sent as one request`;
      if (job.import_url || job.remote_path) remote.textContent = job.import_url ?? job.remote_path ?? '';
      show(cancel, !ended);
    },

    /** @param {string} text for whoever looks for a fault */
    debug(text) {
      debug.textContent = text;
    },

    markBroken,
  };

  /** The stage that runs is where it ended. */
  function markBroken() {
    show(cancel, false);
    const current = stages.querySelector('[aria-current]');
    current?.querySelector('.icon')?.replaceWith(icon('cross'));
    eta.textContent = '–';
  }
}
