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
 * Why lines were left out, and the first of them.
 *
 * @param {Summary} summary
 * @returns {HTMLElement[]} empty if none was
 */
export function skippedLines({ skipped_lines: skipped = 0, skipped_reasons: reasons = {}, first_errors: first = [] }) {
  if (skipped === 0) return [];
  const counted = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  return [
    el('div', { class: 'skipped' },
      el('span', { class: 'field-label' }, `${formatNoun(skipped, 'line')} left out`),
      el('ul', { class: 'skipped__list' },
        ...counted.map(([reason, count]) => el('li', {}, el('span', { class: 'skipped__count' }, formatCount(count)), el('span', {}, ...prose(reason)))),
        ...first.map(({ line, reason }) => el('li', {}, el('span', { class: 'skipped__count' }, `line ${formatCount(line)}`), el('span', {}, ...prose(reason)))))),
  ];
}
