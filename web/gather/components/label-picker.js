/** Lists of labels to replace or to remove, filled from the samples. */

/** @import { SampleLoader } from './sample-loader.js' */
/** @import { Store } from '../state.js' */

import { byId, el, show } from '../../shared/dom.js';
import { sampleLabels } from '../sample-view.js';
import { sampleFailure, waiting } from './sample-failure.js';

/** The labels that have switches of their own. */
const OWN = ['instance', 'job'];

/** @param {Store} store @param {SampleLoader} loader */
export function attachLabelPickers(store, loader) {
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
    if (phase === 'loading' && samples.length === 0) {
      replace.replaceChildren(waiting('advancedLoader'));
      drop.replaceChildren();
      return;
    }
    if (phase === 'empty') return;
    // Labels and their values are listed as they are in the source, even while pseudonyms are shown elsewhere.
    const source = loader.plain.length > 0 ? loader.plain : samples;
    const labels = withDropped(sampleLabels(source), obfuscation.drop);
    paintList(replace, 'obf-label-checkbox', labels.filter(([name]) => !OWN.includes(name)), obfuscation.custom, !obfuscation.enabled);
    if (mode === 'custom') paintList(drop, 'drop-label-checkbox', labels, obfuscation.drop, false);
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
  loader.addEventListener('change', () => {
    const { phase, samples } = loader.loaded;
    if (phase === 'ready') {
      const names = sampleLabels(loader.plain.length > 0 ? loader.plain : samples).map(([name]) => name);
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
 * @param {[name: string, example: string][]} labels
 * @param {string[]} chosen
 * @param {boolean} disabled
 */
function paintList(container, kind, labels, chosen, disabled) {
  const shown = [...container.querySelectorAll('input')].map((box) => box.dataset.label);
  if (labels.length === 0) {
    container.replaceChildren(el('p', { class: 'label-item label-item--none' }, 'No other labels were found.'));
    return;
  }
  if (shown.join('\n') !== labels.map(([name]) => name).join('\n')) {
    container.replaceChildren(
      ...labels.map(([name, example]) =>
        el(
          'label',
          { class: 'label-item check' },
          el('input', { type: 'checkbox', class: `${kind} checkbox`, 'data-label': name }),
          el('span', { class: 'check__text' }, el('code', {}, name), el('span', { class: 'check__note code' }, example === '' ? '(empty)' : example)),
        ),
      ),
    );
  }
  for (const box of container.querySelectorAll('input')) {
    box.checked = chosen.includes(box.dataset.label ?? '');
    box.disabled = disabled;
  }
}

/**
 * Labels that are being removed are in no sample any more, yet must stay in the list.
 *
 * @param {[name: string, example: string][]} labels
 * @param {string[]} dropped
 * @returns {[name: string, example: string][]}
 */
function withDropped(labels, dropped) {
  const missing = dropped.filter((name) => !labels.some(([one]) => one === name));
  /** @type {[string, string][]} */
  const rows = missing.map((name) => [name, 'removed']);
  return [...labels, ...rows].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** @param {HTMLElement} container */
function checked(container) {
  return [...container.querySelectorAll('input')].filter((box) => box.checked).map((box) => box.dataset.label ?? '');
}
