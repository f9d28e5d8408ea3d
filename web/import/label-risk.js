/**
 * Which series have more labels than the target takes, computed from the analysis while labels are ticked. The
 * target counts `__name__` and leaves out a series over its limit without a word.
 */

/** @import { Summary } from './api.js' */

const SUGGESTED = 5;

/**
 * The series of an analysis, ready to be counted.
 *
 * @typedef {object} SeriesTable
 * @property {string[]} universe label names; bit `i % 8` of byte `i / 8` of a set belongs to name `i`
 * @property {Uint8Array[]} sets the labels of each series
 * @property {number[]} labels number of labels of each series
 * @property {number[]} samples of each series
 * @property {boolean} capped there are more series than these
 */

/**
 * @typedef {object} Risk
 * @property {'unknown' | 'fits' | 'over'} kind `unknown` without a limit
 * @property {number} limit 0 without one
 * @property {number} series over the limit
 * @property {number} samples of these series
 * @property {number} total series that were counted; 0 if only the largest one is known
 * @property {number} worst labels of the largest series
 * @property {number} need labels to drop until the largest series fits
 * @property {string[]} suggestions labels that can be dropped, those of most series over the limit first
 * @property {boolean} capped there are more series than were counted
 */

/**
 * Undoes base64 without padding.
 *
 * @param {string} text
 * @param {number} bytes length of the set
 * @returns {Uint8Array | null} null if the text is no set of this length
 */
export function decodeBitset(text, bytes) {
  /** @type {string} */
  let raw;
  try {
    raw = atob(text);
  } catch {
    return null;
  }
  return raw.length === bytes ? Uint8Array.from(raw, (char) => char.charCodeAt(0)) : null;
}

/** @param {Summary} summary @returns {SeriesTable | null} null if the analysis has no usable series in it */
export function seriesTable(summary) {
  const { label_universe: universe, series_label_bitsets: texts, series_label_counts: labels, series_point_counts: samples = [] } = summary;
  if (!universe || !texts || !labels || texts.length === 0 || texts.length !== labels.length) return null;
  const sets = texts.map((text) => decodeBitset(text, Math.ceil(universe.length / 8)));
  if (!sets.every((set) => set !== null)) return null;
  return { universe, sets, labels, samples, capped: summary.simulation_series_capped ?? false };
}

/**
 * @param {SeriesTable | null} table
 * @param {Summary} summary stands in when there is no table
 * @param {object} choice
 * @param {number} choice.limit 0 if unknown
 * @param {ReadonlySet<string>} choice.dropped
 * @param {readonly string[]} choice.added labels that every series gets
 * @param {readonly string[]} choice.kept labels that cannot be dropped
 * @returns {Risk}
 */
export function labelRisk(table, summary, { limit, dropped, added, kept }) {
  const counts = table === null ? [] : countsAfter(table, dropped, added);
  const worst = counts.reduce((most, count) => Math.max(most, count), table === null ? (summary.max_labels_seen ?? 0) : 0);
  const over = counts.flatMap((count, at) => (limit > 0 && count > limit ? [at] : []));
  const isOver = limit > 0 && worst > limit;
  return {
    kind: limit <= 0 ? 'unknown' : isOver ? 'over' : 'fits',
    limit,
    series: table === null ? (isOver ? Math.max(1, summary.over_label_limit ?? 0) : 0) : over.length,
    samples: table === null ? (summary.over_limit_points ?? 0) : over.reduce((sum, at) => sum + (table.samples[at] ?? 0), 0),
    total: counts.length,
    worst,
    need: isOver ? worst - limit : 0,
    suggestions: table === null ? suggestFrom(summary, dropped, kept) : suggest(table, over, dropped, kept),
    capped: table?.capped ?? false,
  };
}

/** Labels of each series after dropping and adding. @param {SeriesTable} table @param {ReadonlySet<string>} dropped @param {readonly string[]} added */
function countsAfter({ universe, sets, labels }, dropped, added) {
  const mask = maskOf(universe, dropped);
  const places = added.map((name) => (dropped.has(name) ? -1 : universe.indexOf(name)));
  return sets.map((set, at) => {
    let count = labels[at];
    for (let byte = 0; byte < mask.length; byte += 1) count -= ones(set[byte] & mask[byte]);
    for (const place of places) if (place < 0 || !has(set, place)) count += 1;
    return count;
  });
}

/** @param {SeriesTable} table @param {number[]} over @param {ReadonlySet<string>} dropped @param {readonly string[]} kept */
function suggest({ universe, sets }, over, dropped, kept) {
  /** @type {number[]} */
  const counts = new Array(universe.length).fill(0);
  for (const at of over) {
    sets[at].forEach((byte, index) => {
      for (let rest = byte; rest !== 0; rest &= rest - 1) counts[index * 8 + 31 - Math.clz32(rest & -rest)] += 1;
    });
  }
  return universe
    .map((name, place) => ({ name, count: counts[place] }))
    .filter(({ name, count }) => count > 0 && !dropped.has(name) && !kept.includes(name))
    .sort((a, b) => b.count - a.count)
    .slice(0, SUGGESTED)
    .map(({ name }) => name);
}

/** @param {Summary} summary @param {ReadonlySet<string>} dropped @param {readonly string[]} kept */
function suggestFrom(summary, dropped, kept) {
  const names = (summary.label_stats ?? []).map(({ name }) => name);
  return names.filter((name) => !dropped.has(name) && !kept.includes(name)).slice(0, SUGGESTED);
}

/** @param {string[]} universe @param {ReadonlySet<string>} names */
function maskOf(universe, names) {
  const mask = new Uint8Array(Math.ceil(universe.length / 8));
  universe.forEach((name, place) => {
    if (names.has(name)) mask[place >> 3] |= 1 << (place & 7);
  });
  return mask;
}

/** @param {Uint8Array} set @param {number} place */
function has(set, place) {
  return (set[place >> 3] & (1 << (place & 7))) !== 0;
}

/** @param {number} byte */
function ones(byte) {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
