/** Lists of labels to replace or to remove, filled with the labels of the selection. */

/** @import { KnownLabels } from './known-labels.js' */
/** @import { SampleLoader } from './sample-loader.js' */
/** @import { Store } from '../state.js' */

import { byId, el, find, show } from '../../shared/dom.js';
import { sampleFailure, waiting } from './sample-failure.js';

/** The labels that have switches of their own. */
const OWN = ['instance', 'job'];

/** @typedef {[name: string, example: string | null]} Row an example of null is not known */

/** @param {Store} store @param {SampleLoader} loader @param {KnownLabels} known */
export function attachLabelPickers(store, loader, known) {
  const replace = byId('advancedLabels', HTMLElement);
  const drop = byId('dropLabels', HTMLElement);
  const dropDetails = byId('dropLabelsDetails', HTMLDetailsElement);

  const paint = () => {
    const { phase, samples } = loader.loaded;
    const { mode, obfuscation } = store.state;
    if (phase === 'failed') {
      replace.replaceChildren(sampleFailure(loader, 'Failed to load sample metrics', 'Retry'));
      drop.replaceChildren();
      return;
    }
    const labels = known.originals();
    // Samples with pseudonyms in them do not tell the labels of the source; the server does, a moment later.
    const isUnknown = labels.length === 0 && obfuscation.enabled && known.phase === 'asking';
    if (isUnknown || (phase === 'loading' && samples.length === 0)) {
      replace.replaceChildren(waiting('advancedLoader'));
      drop.replaceChildren();
      return;
    }
    if (phase === 'empty') return;
    const others = labels.filter(([name]) => !OWN.includes(name));
    paintList(replace, 'obf-label-checkbox', withChosen(others, obfuscation.custom, null), obfuscation.custom, !obfuscation.enabled);
    if (mode === 'custom') paintList(drop, 'drop-label-checkbox', withChosen(labels, obfuscation.drop, 'removed'), obfuscation.drop, false);
    else drop.replaceChildren();
  };

  replace.addEventListener('change', () => {
    store.setObfuscation({ custom: checked(replace) });
    loader.loadSoon();
  });
  drop.addEventListener('change', () => {
    store.setObfuscation({ drop: checked(drop) });
    loader.loadSoon();
  });
  known.addEventListener('change', () => {
    // Only who knows all labels can tell that a chosen one is gone.
    if (known.phase === 'told') {
      const names = known.originals().map(([name]) => name);
      const { custom } = store.state.obfuscation;
      const still = custom.filter((name) => names.includes(name));
      if (still.length < custom.length) store.setObfuscation({ custom: still });
    }
    paint();
  });
  store.watch(({ mode, obfuscation }) => {
    show(dropDetails, mode === 'custom');
    if (mode === 'cluster' && drop.childElementCount > 0) drop.replaceChildren();
    for (const box of replace.querySelectorAll('input')) box.disabled = !obfuscation.enabled;
  });
}

/**
 * Fills a list, keeping the elements that are there, so that focus stays where it is.
 *
 * @param {HTMLElement} container
 * @param {string} kind class of the check boxes
 * @param {Row[]} rows
 * @param {string[]} chosen
 * @param {boolean} disabled
 */
function paintList(container, kind, rows, chosen, disabled) {
  if (rows.length === 0) {
    container.replaceChildren(el('p', { class: 'label-item label-item--none' }, 'No other labels were found.'));
    return;
  }
  /** @type {Map<string | undefined, Element>} */
  const shown = new Map();
  for (const item of [...container.children]) {
    const name = item.querySelector('input')?.dataset.label;
    if (rows.some(([one]) => one === name)) shown.set(name, item);
    else item.remove();
  }
  // Both are sorted, so nothing that stays is moved.
  let at = container.firstElementChild;
  for (const [name, example] of rows) {
    const item = shown.get(name) ?? labelItem(name, kind);
    if (item === at) at = at.nextElementSibling;
    else container.insertBefore(item, at);
    find(item, '.check__note', HTMLElement).textContent = example === '' ? '(empty)' : example;
    const box = find(item, 'input', HTMLInputElement);
    box.checked = chosen.includes(name);
    box.disabled = disabled;
  }
}

/** @param {string} name @param {string} kind */
function labelItem(name, kind) {
  return el('label', { class: 'label-item check' },
    el('input', { type: 'checkbox', class: `${kind} checkbox`, 'data-label': name }),
    el('span', { class: 'check__text' }, el('code', {}, name), el('span', { class: 'check__note code' })));
}

/**
 * Chosen labels may be in no sample (any more), yet must stay in the list: what is not in it is not chosen.
 *
 * @param {Row[]} rows
 * @param {string[]} chosen
 * @param {string | null} example of those that are added
 * @returns {Row[]}
 */
function withChosen(rows, chosen, example) {
  const missing = chosen.filter((name) => !rows.some(([one]) => one === name));
  const added = missing.map((name) => /** @type {Row} */ ([name, example]));
  return [...rows, ...added].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** @param {HTMLElement} container */
function checked(container) {
  return [...container.querySelectorAll('input')].filter((box) => box.checked).map((box) => box.dataset.label ?? '');
}
