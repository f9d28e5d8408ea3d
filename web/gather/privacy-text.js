/** What leaves, in one plain sentence. */

/** @import { LabelChange } from './api.js' */
/** @import { State } from './state.js' */

import { formatNoun } from '../shared/format.js';

/** Labels that are named; the others are counted. */
const NAMED = 3;

/** How the pseudonym of an address looks. */
const ADDRESS = /\b777[.-]777[.-]/;

/**
 * @param {State['obfuscation']} chosen
 * @param {LabelChange[]} changes what is known of single labels; may be empty
 * @returns {{ covered: boolean, headline: string, text: string }}
 */
export function privacyText(chosen, changes) {
  const removed = chosen.drop.length === 0 ? '' : ` Removed: ${list(chosen.drop)}.`;
  if (!chosen.enabled) {
    return {
      covered: false,
      headline: 'Nothing is replaced.',
      text: `Real host names, addresses, job names and all other labels leave as they are.${removed}`,
    };
  }
  if (chosen.level === 'strict') {
    return { covered: true, headline: 'Strict.', text: `Only public names stay; everything else becomes a pseudonym.${removed}` };
  }
  if (changes.length > 0) return told(changes, removed);
  // What is removed has no value left to replace.
  const asked = [...(chosen.instance ? ['instance'] : []), ...(chosen.job ? ['job'] : []), ...chosen.custom].filter((name) => !chosen.drop.includes(name));
  if (asked.length > 0) {
    return { covered: true, headline: 'Names are replaced', text: `in ${list(asked)}. Look at the preview for what stays.${removed}` };
  }
  if (chosen.instance || chosen.job) {
    return { covered: true, headline: 'Names are replaced', text: `wherever else they stand. Look at the preview for what stays.${removed}` };
  }
  return { covered: false, headline: 'Nothing is chosen to be replaced.', text: `Tick a label, or real names leave.${removed}` };
}

/**
 * @param {LabelChange[]} changes at least one
 * @param {string} removed
 */
function told(changes, removed) {
  const replaced = changes.filter(({ action }) => action === 'replaced').sort((a, b) => rank(a) - rank(b));
  const kept = changes.filter(({ action }) => action === 'kept').length;
  if (replaced.length + kept === 0) return { covered: true, headline: 'No label leaves.', text: `Only values and times do.${removed}` };
  const stays = kept === 0 ? '' : ` ${formatNoun(kept, 'label')} ${kept === 1 ? 'stays' : 'stay'} as ${kept === 1 ? 'it is' : 'they are'}.`;
  if (replaced.length === 0) return { covered: false, headline: 'Nothing is replaced.', text: `${stays.trim()}${removed}` };
  return { covered: true, headline: 'Names are replaced', text: `in ${list(replaced.map(({ label }) => labelTitle(label)))}.${stays}${removed}` };
}

/** How a label is called in a text. @param {string} label */
export function labelTitle(label) {
  return label === '__name__' ? 'metric name' : label;
}

/** What people ask for first comes first: hosts, jobs, other addresses. @param {LabelChange} change */
function rank({ label, examples = [] }) {
  if (label === 'instance') return 0;
  if (label === 'job') return 1;
  if (examples.some(({ after }) => ADDRESS.test(after ?? ''))) return 2;
  return label === '__name__' ? 4 : 3;
}

/** @param {string[]} names */
function list(names) {
  if (names.length === 0) return 'nothing';
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(', ')} and ${more} more` : names.join(', ');
}
