/**
 * Moments and the wall-clock texts of `datetime-local` inputs, in any zone. This is the only place that
 * converts between them.
 */

const WALL = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?$/;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** @param {string} zone IANA name, or `local` for the zone of the browser */
export function resolveZone(zone) {
  return zone === 'local' ? Intl.DateTimeFormat().resolvedOptions().timeZone : zone;
}

/**
 * The wall clock of a zone, without seconds: what a `datetime-local` input shows.
 *
 * @param {number} ms Unix milliseconds
 * @param {string} zone
 */
export function toWall(ms, zone) {
  return new Date(wallMs(ms, zone)).toISOString().slice(0, 16);
}

/** @param {number} ms Unix milliseconds; the start of the minute, so that inputs show the moment itself */
export function wholeMinute(ms) {
  return ms - (((ms % MINUTE_MS) + MINUTE_MS) % MINUTE_MS);
}

/**
 * The moment that a wall clock of a zone shows. `null` if the text is no date. A time that a clock change
 * skips is read with the offset before the change. A time that it repeats is two moments: `edge` says
 * which one, so that a range holds both.
 *
 * @param {string} wall
 * @param {string} zone
 * @param {'first' | 'last'} edge
 * @returns {number | null}
 */
export function fromWall(wall, zone, edge) {
  const parts = WALL.exec(wall);
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const fraction = Number((parts[7] ?? '').padEnd(3, '0'));
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second, fraction);
  // Date.UTC carries 30 February over into March.
  if (!new Date(asUtc).toISOString().startsWith(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}`)) return null;

  const before = asUtc - offset(asUtc - DAY_MS, zone);
  const after = asUtc - offset(asUtc + DAY_MS, zone);
  const moments = [before, after].filter((moment) => wallMs(moment, zone) === asUtc);
  if (moments.length === 0) return before;
  return edge === 'first' ? Math.min(...moments) : Math.max(...moments);
}

/** @param {number} ms @param {string} zone what to add to UTC to get the wall clock, in milliseconds */
function offset(ms, zone) {
  return wallMs(ms, zone) - ms;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {number} ms @param {string} zone the wall clock, read as if it were UTC */
function wallMs(ms, zone) {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: resolveZone(zone),
      hourCycle: 'h23',
      year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
    formats.set(zone, format);
  }
  /** @type {Record<string, number>} */
  const part = {};
  for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
  const whole = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return whole + (((ms % 1000) + 1000) % 1000);
}

/**
 * A moment to the second for a person, such as `2026-01-23 12:00:00`.
 *
 * @param {number} ms
 * @param {string} zone
 */
export function describeMoment(ms, zone) {
  return new Date(wallMs(ms, zone)).toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * The offset for a person, such as `UTC+03:00`.
 *
 * @param {number} ms
 * @param {string} zone
 */
export function describeOffset(ms, zone) {
  const minutes = Math.round(offset(ms, zone) / 60_000);
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  const pad = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `UTC${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}
