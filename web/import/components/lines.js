/** Lines and series of the file, as text of whoever wrote them: never markup. */

/** @import { Summary } from '../api.js' */

import { el } from '../../shared/dom.js';
import { formatCount, formatNoun } from '../../shared/format.js';
import { prose } from '../../shared/prose.js';

/** @param {string | undefined} name @param {Record<string, string> | undefined} labels */
export function seriesName(name, labels) {
  const inner = Object.entries(labels ?? {})
    .filter(([key]) => key !== '__name__')
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return el('code', {}, `${name ?? labels?.__name__ ?? ''}{${inner.join(', ')}}`);
}

/**
 * Which samples and lines were left out and why, and the first of these lines.
 *
 * @param {Summary} summary
 * @returns {HTMLElement[]} empty if none was
 */
export function leftOutLists({ skipped_lines: skipped = 0, skipped_reasons: reasons = {}, first_errors: first = [], dropped_reasons: dropped = {} }) {
  const samples = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  const lists = [];
  if (samples > 0) lists.push(list(`${formatNoun(samples, 'sample')} left out`, counted(dropped)));
  if (skipped > 0) {
    const lines = first.map(({ line, reason }) => item(`line ${formatCount(line)}`, reason));
    lists.push(list(`${formatNoun(skipped, 'line')} left out`, [...counted(reasons), ...lines]));
  }
  return lists;
}

/**
 * Warnings without those that only repeat what stands beside them in more detail.
 *
 * @param {string[] | null | undefined} warnings
 * @param {Summary} summary
 * @param {string} [message] what else is shown
 */
export function furtherWarnings(warnings, { skipped_reasons: skipped = {}, dropped_reasons: dropped = {} }, message = '') {
  const shown = [
    ...Object.entries(skipped).map(([reason, count]) => `${count} line${count === 1 ? '' : 's'}: ${reason}`),
    ...Object.entries(dropped).map(([reason, count]) => `${count} sample${count === 1 ? '' : 's'}: ${reason}`),
    ...(message === '' ? [] : [message]),
  ];
  return (warnings ?? []).filter((warning) => !shown.some((text) => warning.endsWith(text)));
}

/** @param {string} title @param {HTMLElement[]} items */
function list(title, items) {
  return el('div', { class: 'skipped' }, el('span', { class: 'field-label' }, title), el('ul', { class: 'skipped__list' }, ...items));
}

/** @param {Record<string, number>} reasons */
function counted(reasons) {
  return Object.entries(reasons).sort(([, a], [, b]) => b - a).map(([reason, count]) => item(formatCount(count), reason));
}

/** @param {string} mark @param {string} reason */
function item(mark, reason) {
  return el('li', {}, el('span', { class: 'skipped__count' }, mark), el('span', {}, ...prose(reason)));
}
