/** How samples are named and compared, apart from how they are drawn. */

/** @import { LabelChange, Sample } from './api.js' */

/**
 * The name to show; never empty.
 *
 * @param {Sample} sample
 */
export function sampleName(sample) {
  return sample.name || sample.metric_name || sample.labels?.__name__ || 'unknown';
}

/** @param {Sample} sample whether no field carries a name, as after an aggregation */
export function isNameless(sample) {
  const name = sample.metric_name || sample.labels?.__name__ || sample.name || '';
  return name === '' || name === 'unknown';
}

/**
 * Labels with an original value each, sorted: those of samples that nothing was done to, and those the server told.
 *
 * @param {Sample[]} samples
 * @param {LabelChange[]} told
 * @returns {[name: string, example: string][]}
 */
export function originalLabels(samples, told) {
  /** @type {Map<string, string>} */
  const found = new Map();
  /** @param {string} name @param {string} value */
  const add = (name, value) => {
    if (!name.startsWith('__') && !found.get(name)) found.set(name, value);
  };
  for (const { labels } of samples) {
    for (const [name, value] of Object.entries(labels ?? {})) add(name, String(value));
  }
  for (const { label, examples = [] } of told) add(label, examples.find(({ before }) => before !== '')?.before ?? '');
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * What obfuscation did to each label, told from the same samples without and with it. Samples are the same when
 * their number, values and times agree; otherwise nothing is told.
 *
 * @param {Sample[]} before
 * @param {Sample[]} after
 * @returns {LabelChange[]}
 */
export function compareSamples(before, after) {
  const same = before.length === after.length
    && before.every((sample, at) => sample.value === after[at].value && sample.timestamp === after[at].timestamp);
  if (!same) return [];
  /** @type {Map<string, LabelChange>} */
  const changes = new Map();
  before.forEach((sample, at) => {
    for (const [label, value] of Object.entries(sample.labels ?? {})) {
      const changed = after[at].labels?.[label];
      if (label.startsWith('__')) continue;
      const action = changed === undefined ? 'dropped' : changed === value ? 'kept' : 'replaced';
      const known = changes.get(label) ?? { label, action, examples: [] };
      if (action !== 'kept') known.action = action;
      if (!known.examples?.some((example) => example.before === value)) known.examples?.push({ before: value, after: changed });
      changes.set(label, known);
    }
  });
  return [...changes.values()].sort((a, b) => (a.label < b.label ? -1 : 1));
}

/**
 * The file name of a bundle: its own name, else the end of its path, with `/` and `\` as separators.
 *
 * @param {{ archive_name?: string, archive_path?: string }} result
 */
export function downloadName(result) {
  return result.archive_name || (result.archive_path ?? '').split(/[\\/]+/).pop() || 'vmexport.zip';
}
