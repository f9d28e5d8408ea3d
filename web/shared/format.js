/** Numbers, sizes and times as a person reads them. */

const COUNT = new Intl.NumberFormat();
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** @param {number} value a whole number, with grouping */
export function formatCount(value) {
  return COUNT.format(Math.round(value));
}

/**
 * `1 job`, `3 jobs`.
 *
 * @param {number} value
 * @param {string} one
 * @param {string} [many]
 */
export function formatNoun(value, one, many = `${one}s`) {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

/** @param {number} bytes as `1.51 MiB` */
export function formatBytes(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${formatCount(value)} B` : `${value.toFixed(2)} ${UNITS[unit]}`;
}

/** @param {number} bytes in kilobytes of 1024 bytes with two decimals, whatever the size */
export function formatKilobytes(bytes) {
  const value = bytes / 1024;
  return `${value.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 })} KB`;
}

/** @param {number} seconds as `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d` */
export function formatDuration(seconds) {
  if (seconds > 0 && seconds < 1) return 'under 1 s';
  const whole = Math.round(seconds);
  const parts = /** @type {const} */ ([
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ]);
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
}

/** @param {number} value a rate or another figure that moves, short: `950`, `12.3 k`, `1.20 M` */
export function formatCompact(value) {
  if (value < 1000) return formatCount(value);
  if (value < 1e6) return `${(value / 1e3).toFixed(1)} k`;
  if (value < 1e9) return `${(value / 1e6).toFixed(2)} M`;
  return `${(value / 1e9).toFixed(2)} G`;
}
