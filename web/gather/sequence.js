/** Which steps there are, in which order, and how each is called. */

/** @typedef {'cluster' | 'custom'} Mode */
/** @typedef {'' | 'selector' | 'metricsql'} QueryType */

/** @type {Record<number, { name: string, slug: string }>} */
const STEPS = {
  1: { name: 'Welcome', slug: '' },
  2: { name: 'Time Range', slug: 'time' },
  3: { name: 'VM Connection', slug: 'connection' },
  4: { name: 'Selector / Query', slug: 'query' },
  5: { name: 'Select Components', slug: 'components' },
  6: { name: 'Obfuscation', slug: 'export' },
  7: { name: 'Complete', slug: 'complete' },
};

/**
 * Step numbers in the order in which they are shown. A query whose type is not known yet counts as a selector.
 *
 * @param {Mode} mode
 * @param {QueryType} queryType
 * @returns {number[]}
 */
export function stepSequence(mode, queryType) {
  if (mode === 'cluster') return [1, 2, 3, 5, 6, 7];
  return queryType === 'metricsql' ? [1, 2, 3, 4, 6, 7] : [1, 2, 3, 4, 5, 6, 7];
}

/** @param {number} step @param {Mode} mode */
export function stepName(step, mode) {
  return step === 5 && mode === 'custom' ? 'Select Targets' : STEPS[step].name;
}

/** @param {number} step the part of the address behind `#` */
export function stepSlug(step) {
  return STEPS[step].slug;
}

/** @param {string} hash with or without `#`; null if no step is called so */
export function stepOfHash(hash) {
  const slug = hash.replace(/^#/, '');
  const found = Object.entries(STEPS).find(([, step]) => step.slug === slug);
  return found ? Number(found[0]) : null;
}

/**
 * The width of the progress line, such as `20%`.
 *
 * @param {number[]} sequence
 * @param {number} step
 */
export function progressWidth(sequence, step) {
  const percent = (sequence.indexOf(step) / (sequence.length - 1)) * 100;
  return `${Number.isInteger(percent) ? percent : percent.toFixed(2)}%`;
}
