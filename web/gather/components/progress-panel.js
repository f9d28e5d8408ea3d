/** The figures of a running export, and a chart of its rate. */

/** @import { JobStatus } from '../api.js' */
/** @import { Store } from '../state.js' */

import { announce } from '../../shared/announce.js';
import { lineChart } from '../../shared/chart.js';
import { byId, el, show } from '../../shared/dom.js';
import { formatCompact, formatCount, formatDuration } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';
import { warningText } from '../warning-text.js';
import { attachRunFacts } from './run-facts.js';

const CHART_HEIGHT = 112;
const CHART_POINTS = 240;
/** Rates over less than this many seconds say nothing. */
const SHORTEST_STEP = 0.2;
/** Listeners hear of progress in steps of this many per cent. */
const SPOKEN_STEP = 25;

const STAGES = /** @type {Record<string, string>} */ ({
  pending: 'waiting for its turn', planning: 'planning', fetching: 'fetching', sealing: 'sealing the bundle', done: 'done',
});

/** @param {Store} store */
export function attachProgressPanel(store) {
  const panel = byId('exportProgressPanel', HTMLElement);
  const title = byId('runTitle', HTMLElement);
  const state = byId('runState', HTMLElement);
  const percent = byId('exportProgressPercent', HTMLElement);
  const fill = byId('exportProgressFill', HTMLElement);
  const track = byId('exportProgressTrack', HTMLElement);
  const eta = byId('exportProgressEta', HTMLElement);
  const batches = byId('exportProgressBatches', HTMLElement);
  const series = byId('exportProgressMetrics', HTMLElement);
  const samples = byId('exportProgressSamples', HTMLElement);
  const rate = byId('exportProgressRate', HTMLElement);
  const window = byId('exportBatchWindow', HTMLElement);
  const durations = byId('exportProgressSummary', HTMLElement);
  const path = byId('exportProgressPath', HTMLElement);
  const notice = byId('exportCancelNotice', HTMLElement);
  const cancel = byId('cancelExportBtn', HTMLButtonElement);
  const resume = byId('resumeExportBtn', HTMLButtonElement);
  const accept = byId('acceptAuditBtn', HTMLButtonElement);
  const warnings = byId('runWarnings', HTMLElement);
  const chart = lineChart({ label: 'Samples per second', height: CHART_HEIGHT, axes: true, format: formatCompact });
  byId('rateChart', HTMLElement).append(chart.element);
  const facts = attachRunFacts(store);

  /** @type {number[]} */
  let times = [];
  /** @type {(number | null)[]} */
  let rates = [];
  /** @type {{ at: number, count: number } | null} */
  let last = null;
  let shownPercent = 0;
  let spoken = 0;

  /** Begins anew. @param {{ goesOn?: boolean }} [options] it is the export that is shown, so what it has stays */
  const open = ({ goesOn = false } = {}) => {
    panel.classList.remove('hidden');
    times = [];
    rates = [];
    last = null;
    chart.draw([], []);
    notice.textContent = '';
    warnings.replaceChildren();
    rate.textContent = '–';
    eta.textContent = '–';
    if (!goesOn) clear();
    setButtons('starting');
  };

  /** Nothing of the export before may stand for this one. */
  const clear = () => {
    shownPercent = 0;
    spoken = 0;
    paintPercent(0);
    state.textContent = '';
    path.textContent = '';
    series.textContent = '0';
    for (const figure of [batches, samples, window, durations]) figure.textContent = '–';
    facts.clear();
  };

  /** @param {number} value */
  const paintPercent = (value) => {
    percent.textContent = `${value}%`;
    fill.style.width = `${value}%`;
    track.setAttribute('aria-valuenow', String(value));
  };

  /** @param {'starting' | 'running' | 'canceled' | 'failed' | 'audit' | 'ended'} phase */
  const setButtons = (phase) => {
    const focused = [cancel, resume, accept].find((button) => button === document.activeElement);
    cancel.disabled = phase !== 'running';
    cancel.removeAttribute('aria-disabled');
    show(resume, phase === 'canceled' || phase === 'failed' || phase === 'audit');
    show(accept, phase === 'audit');
    // A button that goes takes the focus with it.
    if (focused?.disabled || focused?.hidden) (resume.hidden ? title : resume).focus({ preventScroll: true });
  };

  /** @param {JobStatus} status */
  const paint = (status) => {
    const { total_batches: total, completed_batches: done } = status;
    if (status.progress !== undefined) {
      shownPercent = Math.max(shownPercent, Math.min(100, Math.round(status.progress * 100)));
      paintPercent(shownPercent);
    }
    const stopped = status.state === 'failed' || status.state === 'canceled';
    const stage = (stopped ? status.state : (status.stage ?? status.state)) ?? '';
    if (stopped) rate.textContent = '–';
    state.textContent = STAGES[stage] ?? (status.state === 'running' ? 'running' : stage);
    eta.textContent = etaText(status);
    if (total !== undefined) batches.textContent = `${formatCount(done ?? 0)} / ${formatCount(total)} batches`;
    if (status.metrics_processed !== undefined) series.textContent = formatCount(status.metrics_processed);
    if (status.fetched_samples !== undefined) samples.textContent = formatCompact(status.fetched_samples);
    if (status.batch_window_seconds !== undefined) window.textContent = `≈ ${Math.round(status.batch_window_seconds)}s`;
    if (status.average_batch_seconds) {
      const newest = status.last_batch_duration_seconds ?? status.average_batch_seconds;
      durations.textContent = `${newest.toFixed(1)} s, on average ${status.average_batch_seconds.toFixed(1)} s`;
    }
    if (status.staging_path) path.textContent = status.staging_path;
    facts.paint(status);
    paintRate(status);
    warnings.replaceChildren(
      ...(status.warnings ?? []).map((one) => el('p', { class: 'hint', 'data-status': 'warning' }, icon('alert'), el('span', {}, ...prose(warningText(one))))),
    );
    speak(status);
  };

  /** The rate that the server tells, else what came since the status before. @param {JobStatus} status */
  const paintRate = (status) => {
    const count = status.fetched_samples ?? status.metrics_processed;
    const now = Date.now() / 1000;
    if (count === undefined || status.state !== 'running') return;
    if (last !== null && now - last.at < SHORTEST_STEP) return;
    const measured = last === null ? null : Math.max(0, count - last.count) / (now - last.at);
    last = { at: now, count };
    const perSecond = status.samples_per_second ?? measured;
    if (perSecond === null) return;
    times = [...times, now].slice(-CHART_POINTS);
    rates = [...rates, perSecond].slice(-CHART_POINTS);
    rate.textContent = `${formatCompact(perSecond)} /s`;
    chart.draw(times, rates);
  };

  /** @param {JobStatus} status */
  const speak = (status) => {
    const reached = Math.floor(shownPercent / SPOKEN_STEP) * SPOKEN_STEP;
    if (status.state !== 'running' || reached <= spoken || reached >= 100) return;
    spoken = reached;
    announce(`${reached} % exported.`);
  };

  /** @param {string} text @param {'warning' | 'error' | ''} [status] */
  const notify = (text, status = '') => {
    notice.dataset.status = status;
    notice.replaceChildren(...(text === '' ? [] : [icon(status === '' ? 'info' : 'alert'), el('span', {}, ...prose(text))]));
  };

  return { open, paint, notify, setButtons, cancel, resume, accept, hide: () => panel.classList.add('hidden') };
}

/** @param {JobStatus} status */
function etaText({ eta, total_batches: total, completed_batches: done, state }) {
  if (!eta) return '–';
  const at = Date.parse(eta);
  if (Number.isNaN(at)) return eta;
  const seconds = (at - Date.now()) / 1000;
  if (state === 'completed' || (seconds <= 0 && done !== undefined && done === total)) return '–';
  return seconds <= 1 ? 'a moment' : formatDuration(seconds);
}
