/** Moves a bundle in time, always as a whole and never so that it ends in the future. */

/** @import { Analysis } from './api.js' */

const SECOND_MS = 1000;

/** @typedef {{ startMs: number, endMs: number }} Span Unix ms of the oldest and the newest sample, unshifted */
/** @typedef {{ shiftMs: number, clamped: boolean }} Shift clamped: the wish would have led into the future */

/**
 * @param {Analysis} analysis
 * @param {number} sentShiftMs the shift that the analysis was asked with
 * @returns {Span | null} null if the analysis tells no times
 */
export function fileSpan(analysis, sentShiftMs) {
  const { first_timestamp_ms: first, last_timestamp_ms: last, summary = {} } = analysis;
  const startMs = first ?? Date.parse(summary.start ?? '') - sentShiftMs;
  const endMs = last ?? Date.parse(summary.end ?? '') - sentShiftMs;
  return Number.isFinite(startMs) && Number.isFinite(endMs) && startMs <= endMs ? { startMs, endMs } : null;
}

/**
 * The wish, or less of it, so that the newest sample is not in the future.
 *
 * @param {Span} span
 * @param {number} shiftMs
 * @param {number} nowMs
 * @returns {Shift}
 */
export function withinNow({ endMs }, shiftMs, nowMs) {
  const most = wholeSeconds(nowMs - endMs);
  // What the file itself has in the future is not ours to move.
  return shiftMs <= 0 || shiftMs <= most ? { shiftMs, clamped: false } : { shiftMs: Math.max(0, most), clamped: true };
}

/** The first sample at a chosen moment. @param {Span} span @param {number} startMs @param {number} nowMs */
export function alignStart(span, startMs, nowMs) {
  const most = wholeSeconds(nowMs - span.endMs);
  const wanted = startMs - span.startMs;
  return wanted > most ? { shiftMs: most, clamped: true } : { shiftMs: wanted, clamped: false };
}

/** The last sample at this moment; whole seconds, so that samples keep their place in the second. @param {Span} span @param {number} nowMs */
export function shiftToNow({ endMs }, nowMs) {
  return { shiftMs: wholeSeconds(nowMs - endMs), clamped: false };
}

/** @param {number} ms */
function wholeSeconds(ms) {
  return Math.floor(ms / SECOND_MS) * SECOND_MS;
}
