/** The table of what obfuscation does to each label of the selection. */

/** @import { LabelChange } from '../api.js' */
/** @import { KnownLabels } from './known-labels.js' */
/** @import { Store } from '../state.js' */

import { byId, el, show } from '../../shared/dom.js';
import { formatNoun } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { labelTitle } from '../privacy-text.js';
import { waiting } from './sample-failure.js';

/** @param {Store} store @param {KnownLabels} known */
export function attachLabelChanges(store, known) {
  const details = byId('changesDetails', HTMLDetailsElement);
  const container = byId('labelChanges', HTMLElement);
  known.addEventListener('change', () => {
    const { phase, changes } = known;
    // A table that is being read stays where it is until the next one is there.
    const awaited = phase === 'asking' && !details.hidden;
    show(details, store.state.obfuscation.enabled && (awaited || changes.length > 0));
    container.replaceChildren(awaited ? waiting('changesLoader') : changeTable(changes));
  });
}

const ORDER = ['replaced', 'dropped', 'kept'];
const WORDS = /** @type {Record<string, string>} */ ({ replaced: 'replaced', dropped: 'removed', kept: 'stays' });
const EXAMPLES = 3;

/** What changes comes first. @param {LabelChange[]} changes */
function changeTable(changes) {
  const sorted = [...changes].sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action) || (a.label < b.label ? -1 : 1));
  const rows = sorted.map(({ label, action, distinct, replaced, examples = [] }) =>
    el('tr', { role: 'row', 'data-action': action },
      el('th', { role: 'rowheader', scope: 'row' }, label === '__name__' ? labelTitle(label) : el('code', {}, label)),
      el('td', { role: 'cell' }, WORDS[action] ?? action, el('span', { class: 'check__note' }, valueCount(action, distinct, replaced))),
      el('td', { role: 'cell' }, ...examples.slice(0, EXAMPLES).map(({ before, after }) => example(before, action === 'kept' ? before : (after ?? null))))));
  const heads = ['Label', 'What happens', 'Examples'].map((text) => el('th', { role: 'columnheader', scope: 'col' }, text));
  // Narrow windows show the rows as blocks; the roles keep it a table for those who listen.
  return el('table', { class: 'change-table', role: 'table' },
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...heads)),
    el('tbody', { role: 'rowgroup' }, ...rows));
}

/** @param {string} action @param {number | undefined} distinct @param {number | undefined} replaced */
function valueCount(action, distinct, replaced) {
  if (distinct === undefined) return '';
  const all = formatNoun(distinct, 'value');
  return action === 'replaced' && replaced !== undefined && replaced < distinct ? ` ${replaced} of ${all}` : ` ${all}`;
}

/** @param {string} before @param {string | null} after null if the label goes */
function example(before, after) {
  const original = el('code', {}, before === '' ? '(empty)' : before);
  if (before === after) return el('div', { class: 'change' }, original);
  return el('div', { class: 'change' }, original, icon('arrow'), after === null ? el('span', {}, 'removed') : el('code', { class: 'change__after' }, after));
}
