/** What leaves, in one plain sentence. */

/** @import { LabelChange } from './api.js' */
/** @import { State } from './state.js' */

import { formatNoun } from '../shared/format.js';

const NAMED = 3;

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
  const replaced = changes.filter(({ action }) => action === 'replaced').map(({ label }) => label);
  const kept = changes.filter(({ action }) => action === 'kept').length;
  if (replaced.length + kept > 0) {
    const stays = kept === 0 ? '' : ` ${formatNoun(kept, 'label')} ${kept === 1 ? 'stays' : 'stay'} as ${kept === 1 ? 'it is' : 'they are'}.`;
    if (replaced.length === 0) return { covered: false, headline: 'Nothing is replaced.', text: `${stays.trim()}${removed}` };
    return { covered: true, headline: 'Names are replaced', text: `in ${list(replaced)}.${stays}${removed}` };
  }
  const asked = [...(chosen.instance ? ['instance'] : []), ...(chosen.job ? ['job'] : []), ...chosen.custom];
  if (asked.length === 0) {
    return { covered: false, headline: 'Nothing is chosen to be replaced.', text: `Tick a label, or real names leave.${removed}` };
  }
  return { covered: true, headline: 'Names are replaced', text: `in ${list(asked)}. Look at the preview for what stays.${removed}` };
}

/** @param {string[]} names */
function list(names) {
  if (names.length === 0) return 'nothing';
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(', ')} and ${more} more` : names.join(', ');
}
