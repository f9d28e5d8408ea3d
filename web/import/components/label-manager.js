/** Which labels are dropped: one box for each label of the bundle, the protected ones shut. */

/** @import { Store } from '../../shared/store.js' */
/** @import { Analysis } from '../api.js' */
/** @import { ImportState } from '../state.js' */

import { byId, el, show } from '../../shared/dom.js';
import { formatCount, formatNoun } from '../../shared/format.js';
import { PROTECTED } from '../state.js';

/** From this many labels on there is a filter. */
const FILTER_FROM = 13;

/** @param {Store<ImportState>} store */
export function attachLabelManager(store) {
  const summary = byId('labelManagerSummary', HTMLElement);
  const rows = byId('labelManagerRows', HTMLElement);
  const hint = byId('labelManagerHint', HTMLElement);
  const filter = byId('labelFilter', HTMLInputElement);
  const idle = { summary: summary.textContent, hint: hint.textContent };
  /** @type {Analysis | null} */
  let known = null;
  /** @type {HTMLInputElement[]} */
  let boxes = [];

  store.watch(({ analysis, dropLabels }) => {
    if (known !== analysis) {
      known = analysis;
      boxes = analysis === null ? clear() : render(analysis, dropLabels);
    }
    const ticked = new Set(dropLabels);
    for (const box of boxes) box.checked = ticked.has(box.dataset.dropLabel ?? '');
    const total = analysis?.summary?.total_labels ?? boxes.length;
    summary.textContent = analysis === null ? idle.summary : `Labels to drop: ${formatCount(dropLabels.length)} ticked, total labels: ${formatCount(total)}`;
    hint.textContent = analysis === null ? idle.hint : 'A dropped label is gone from every series. Dropping what tells two series apart makes them one: look again to see whether that happens.';
  });

  /** @param {Analysis} analysis @param {string[]} dropLabels */
  function render({ summary: found = {}, protected_labels: kept = PROTECTED, analysis_mode: mode }, dropLabels) {
    const stats = found.label_stats ?? (found.label_universe ?? []).map((name) => ({ name, count: 0 }));
    // Labels of a profile are dropped although the lines that were read do not have them.
    const unseen = dropLabels.filter((name) => !stats.some((one) => one.name === name)).map((name) => ({ name, count: 0 }));
    const made = [...stats, ...unseen].map(({ name, count }) => {
      const box = el('input', { type: 'checkbox', 'data-drop-label': name, disabled: kept.includes(name) });
      const note = kept.includes(name) ? 'always kept' : count === 0 ? (mode === 'full' ? 'in no series' : 'in none of the lines read') : `in ${formatNoun(count, 'series', 'series')}`;
      return { box, row: el('label', { class: 'check label-row' }, box, el('span', { class: 'check__text' }, el('code', {}, name), el('span', { class: 'check__note' }, note))) };
    });
    filter.value = '';
    show(filter, made.length >= FILTER_FROM);
    rows.replaceChildren(...made.map(({ row }) => row));
    return made.map(({ box }) => box);
  }

  function clear() {
    show(filter, false);
    rows.replaceChildren();
    return [];
  }

  rows.addEventListener('change', (event) => {
    if (!(event.target instanceof HTMLInputElement)) return;
    const name = event.target.dataset.dropLabel ?? '';
    const others = store.state.dropLabels.filter((one) => one !== name);
    store.set({ dropLabels: event.target.checked ? [...others, name] : others });
  });
  filter.addEventListener('input', () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const box of boxes) {
      const row = box.closest('label');
      if (row) show(row, (box.dataset.dropLabel ?? '').toLowerCase().includes(wanted));
    }
  });
}
