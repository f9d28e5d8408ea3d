/** Moments in UTC, the only zone of this page: a bundle rarely comes from the zone of the reader. */

const MINUTE_MS = 60_000;
const WALL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?$/;
/** What a `Date` can hold on each side of 1970, in milliseconds. */
const FURTHEST_MS = 8.64e15;

/** @param {number} ms as `2026-01-23 12:00:00` */
export function formatUtc(ms) {
  if (!Number.isFinite(ms) || Math.abs(ms) > FURTHEST_MS) return 'out of range';
  return new Date(ms).toISOString().replace(/\.\d+Z$/, '').replace('T', ' ');
}

/** Both ends, the date of the second only if it is another one. @param {number} startMs @param {number} endMs */
export function formatUtcSpan(startMs, endMs) {
  const [start, end] = [formatUtc(startMs), formatUtc(endMs)];
  const sameDay = start.slice(0, -9) === end.slice(0, -9);
  return `${start} – ${sameDay ? end.slice(-8) : end} UTC`;
}

/** What a `datetime-local` input shows. @param {number} ms */
export function toInput(ms) {
  return formatUtc(ms).replace(' ', 'T');
}

/** @param {string} value of a `datetime-local` input @returns {number | null} Unix ms; null if it is no moment */
export function fromInput(value) {
  const ms = WALL.test(value) ? Date.parse(`${value}Z`) : NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** @param {string | undefined} iso RFC 3339 @returns {number | null} Unix ms */
export function parseMoment(iso) {
  const ms = Date.parse(iso ?? '');
  return Number.isNaN(ms) ? null : ms;
}

/** @param {number} ms whole minutes */
export function toMinutes(ms) {
  return Math.round(ms / MINUTE_MS);
}
