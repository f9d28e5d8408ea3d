/** When the samples arrive: as they are, or moved as a whole; and what the target keeps of that. */

/** @import { Store } from '../../shared/store.js' */
/** @import { ImportState } from '../state.js' */
/** @import { Shift, Span } from '../time-shift.js' */

import { byId } from '../../shared/dom.js';
import { formatDuration } from '../../shared/format.js';
import { recommendedStep } from '../config.js';
import { alignStart, fileSpan, shiftToNow, withinNow } from '../time-shift.js';
import { formatUtc, formatUtcSpan, fromInput, toInput, toMinutes } from '../utc.js';
import { attachTimeline } from './timeline.js';

/** @param {Store<ImportState>} store */
export function attachTimePanel(store) {
  const file = byId('fileRangeInfo', HTMLElement);
  const arrives = byId('shiftSummary', HTMLElement);
  const retention = byId('retentionInfo', HTMLElement);
  const picker = byId('targetStartPicker', HTMLInputElement);
  const now = byId('shiftToNowBtn', HTMLButtonElement);
  const into = byId('applySuggestedShift', HTMLButtonElement);
  const clear = byId('clearShiftBtn', HTMLButtonElement);
  const minutes = byId('timeShiftMinutes', HTMLInputElement);
  const hint = byId('shiftHint', HTMLElement);
  const keepOld = byId('keepOld', HTMLInputElement);
  const unit = byId('timestampUnit', HTMLSelectElement);
  const step = byId('metricStep', HTMLSelectElement);
  const stepHint = byId('metricStepHint', HTMLElement);
  const idleHint = hint.textContent ?? '';
  const timeline = attachTimeline();
  /** @type {Span | null} */
  let span = null;

  store.watch((state) => {
    const { analysis, shiftMs } = state;
    const cutoff = analysis?.retention_cutoff ?? 0;
    span = analysis === null ? null : fileSpan(analysis, state.analysisShiftMs);
    picker.disabled = now.disabled = span === null;
    into.disabled = span === null || suggested(state) === 0;
    clear.disabled = shiftMs === 0;
    file.textContent = span === null ? '–' : formatUtcSpan(span.startMs, span.endMs);
    arrives.textContent = span === null ? '–' : shiftMs === 0 ? 'the same time' : `${formatUtcSpan(span.startMs + shiftMs, span.endMs + shiftMs)}, ${moved(shiftMs)}`;
    const [keeps, status] = retentionText(state, span);
    retention.textContent = keeps;
    retention.dataset.status = status;
    minutes.value = String(toMinutes(shiftMs));
    const start = span === null ? '' : toInput(span.startMs + shiftMs);
    if (document.activeElement !== picker || span === null) picker.value = start;
    hint.dataset.status = state.shiftClamped ? 'warning' : 'pending';
    const told = state.shiftClamped ? 'That would have led into the future, so the last sample is now instead.' : idleHint;
    if (hint.textContent !== told) hint.textContent = told;
    keepOld.checked = state.keepOld;
    unit.value = state.unit;
    step.value = state.metricStep;
    stepHint.textContent = state.file === null ? '' : `Recommended for this file: ${recommendedStep(state.file.size)} s`;
    timeline(span, shiftMs, cutoff);
  });

  /** @param {Shift} shift */
  const apply = (shift) => store.set({ shiftMs: shift.shiftMs, shiftClamped: shift.clamped });
  const pick = () => {
    const wanted = fromInput(picker.value);
    if (span !== null && wanted !== null) apply(alignStart(span, wanted, Date.now()));
  };
  picker.addEventListener('input', pick);
  // The field shows what was possible once the person is done with it.
  picker.addEventListener('blur', () => store.set({}));
  now.addEventListener('click', () => span !== null && apply(shiftToNow(span, Date.now())));
  into.addEventListener('click', () => span !== null && apply(withinNow(span, suggested(store.state), Date.now())));
  clear.addEventListener('click', () => {
    store.set({ shiftMs: 0, shiftClamped: false });
    picker.focus();
  });
  keepOld.addEventListener('change', () => store.set({ keepOld: keepOld.checked }));
  unit.addEventListener('change', () => store.set({ unit: unit.value }));
  step.addEventListener('change', () => store.set({ metricStep: step.value }));
}

/** @param {ImportState} state the shift in ms that brings all of the file into the retention; 0 if it is */
function suggested({ analysis }) {
  return Math.max(0, analysis?.suggested_shift_ms ?? 0);
}

/** @param {number} shiftMs */
function moved(shiftMs) {
  return `${formatDuration(Math.abs(shiftMs) / 1000)} ${shiftMs > 0 ? 'later' : 'earlier'}`;
}

/** @param {ImportState} state @param {Span | null} span @returns {[string, string]} the text and its status */
function retentionText({ analysis, shiftMs, keepOld }, span) {
  if (analysis === null) return ['–', 'none'];
  const cutoff = analysis.retention_cutoff ?? 0;
  if (cutoff <= 0) return [keepOld ? 'not asked for, as older samples are kept' : 'unknown: nothing is left out for its age', 'none'];
  const since = `the target keeps samples since ${formatUtc(cutoff)} UTC`;
  if (span === null || span.startMs + shiftMs >= cutoff) return [`${since}: all of the bundle`, 'none'];
  if (span.endMs + shiftMs < cutoff) return [`${since}: nothing of the bundle`, 'warning'];
  return [`${since}: the bundle begins ${formatDuration((cutoff - span.startMs - shiftMs) / 1000)} before that`, 'warning'];
}
