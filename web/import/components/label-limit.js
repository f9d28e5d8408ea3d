/** The label limit of the target and what it means for this bundle, anew with every key and every tick. */

/** @import { Store } from '../../shared/store.js' */
/** @import { Analysis } from '../api.js' */
/** @import { Risk, SeriesTable } from '../label-risk.js' */
/** @import { ImportState } from '../state.js' */

import { byId, el, show } from '../../shared/dom.js';
import { formatCount, formatNoun } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { labelRisk, seriesTable } from '../label-risk.js';
import { addedLabels, DEFAULT_LIMIT, PROTECTED } from '../state.js';

/** @param {Store<ImportState>} store */
export function attachLabelLimit(store) {
  const input = byId('maxLabelsOverride', HTMLInputElement);
  const box = byId('maxLabelsRisk', HTMLElement);
  const hint = byId('maxLabelsHint', HTMLElement);
  const tools = byId('suggestedDrops', HTMLElement);
  const drop = byId('dropSuggestedBtn', HTMLButtonElement);
  const idleHint = [...hint.childNodes];
  /** @type {Analysis | null} */
  let known = null;
  /** @type {SeriesTable | null} */
  let table = null;
  /** @type {string[]} */
  let suggested = [];
  let painted = '';
  let told = '';

  store.watch((state) => {
    if (document.activeElement !== input && Number(input.value) !== state.limit) input.value = String(state.limit || DEFAULT_LIMIT);
    if (known !== state.analysis) {
      known = state.analysis;
      table = known === null ? null : seriesTable(known.summary ?? {});
    }
    paintHint(known?.detected_max_labels_limit ?? 0, state.limit);
    show(box, known !== null);
    if (known === null) {
      show(tools, false);
      painted = '';
      return;
    }
    const risk = labelRisk(table, known.summary ?? {}, {
      limit: state.limit > 0 ? state.limit : (known.detected_max_labels_limit ?? 0),
      dropped: new Set(state.dropLabels),
      added: Object.keys(addedLabels(state)),
      kept: known.protected_labels ?? PROTECTED,
    });
    suggested = risk.kind === 'over' ? risk.suggestions.slice(0, risk.need) : [];
    show(tools, suggested.length > 0);
    drop.replaceChildren(el('span', {}, 'Drop ', ...suggested.flatMap((name, at) => [at === 0 ? '' : ', ', el('code', {}, name)])));
    const key = JSON.stringify(risk);
    if (key === painted) return;
    painted = key;
    paint(risk);
  });

  /** @param {Risk} risk */
  function paint(risk) {
    box.dataset.status = risk.kind === 'over' ? 'warning' : risk.kind === 'fits' ? 'success' : 'pending';
    box.replaceChildren(icon(risk.kind === 'over' ? 'alert' : risk.kind === 'fits' ? 'check' : 'info'), el('div', { class: 'risk__text' }, ...words(risk)));
  }

  /** @param {number} detected 0 if unknown @param {number} limit */
  function paintHint(detected, limit) {
    const key = detected <= 0 ? '' : `${detected} ${detected === limit}`;
    if (key === told) return;
    told = key;
    if (detected <= 0) return hint.replaceChildren(...idleHint);
    if (detected === limit) return hint.replaceChildren(el('span', {}, 'The target itself says the same.'));
    const use = el('button', { type: 'button', class: 'btn btn--small' }, 'Use that');
    use.addEventListener('click', () => {
      store.set({ limit: detected });
      input.value = String(detected);
      input.focus();
    });
    hint.replaceChildren(el('span', {}, `The target itself says ${detected}.`), use);
  }

  input.addEventListener('input', () => {
    const limit = Math.floor(Number(input.value));
    store.set({ limit: Number.isFinite(limit) && limit > 0 ? limit : 0 });
  });
  input.addEventListener('blur', () => {
    if (store.state.limit > 0) return;
    input.value = String(DEFAULT_LIMIT);
    store.set({ limit: DEFAULT_LIMIT });
  });
  drop.addEventListener('click', () => {
    store.set({ dropLabels: [...new Set([...store.state.dropLabels, ...suggested])] });
    // The button may be gone now; what it changed is below this line.
    byId('labelManagerSummary', HTMLElement).focus();
  });
}

/** @param {Risk} risk @returns {(Node | string)[]} */
function words(risk) {
  const ofFirst = risk.capped ? ` Counted in the first ${formatCount(risk.total)} series.` : '';
  if (risk.kind === 'unknown') {
    return [el('strong', {}, 'The label limit of the target is unknown.'), el('span', {}, `Enter it above to see what would be lost; the largest series has ${formatNoun(risk.worst, 'label')}.`)];
  }
  if (risk.kind === 'fits') {
    return [el('strong', {}, 'Every series fits.'), el('span', {}, `The largest has ${formatNoun(risk.worst, 'label')}, the limit is ${risk.limit}.${ofFirst}`)];
  }
  const which = risk.total === 0 ? formatCount(risk.series) : `${formatCount(risk.series)} of ${formatNoun(risk.total, 'series', 'series')}`;
  const suggestions = risk.suggestions.flatMap((name, at) => [at === 0 ? ', such as ' : ', ', el('code', {}, name)]);
  return [
    el('strong', {}, 'Potential drops detected'),
    el('span', {}, `${which} with ${formatNoun(risk.samples, 'sample')} would be lost: the largest has ${risk.worst} labels, which exceeds limit ${risk.limit}.${ofFirst}`),
    el('span', {}, `Need at least ${risk.need} more dropped labels for it to fit`, ...suggestions, '.'),
  ];
}
