/** A label that every series of this bundle gets, so that the bundles of two senders stay apart. */

/** @import { Store } from '../../shared/store.js' */
/** @import { ImportState } from '../state.js' */

import { byId, el } from '../../shared/dom.js';
import { formatNoun } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';
import { MARK_NAME, markProblem } from '../state.js';

const PURPOSE = 'Adds a label to every series. Two bundles may both have a host 777.777.1.1: this keeps them apart.';

/** @param {Store<ImportState>} store */
export function attachMark(store) {
  const enabled = byId('markBundle', HTMLInputElement);
  const name = byId('markName', HTMLInputElement);
  const value = byId('markValue', HTMLInputElement);
  const hint = byId('markHint', HTMLElement);
  let painted = '';

  store.watch((state) => {
    const { mark, analysis } = state;
    const suggested = analysis?.export_id ?? '';
    // What the person typed stays; else each bundle brings its own id.
    if (!mark.touched && mark.value !== suggested) return store.set({ mark: { ...mark, value: suggested } });
    enabled.checked = mark.enabled;
    for (const [input, text] of /** @type {[HTMLInputElement, string][]} */ ([[name, mark.name], [value, mark.value]])) {
      input.disabled = !mark.enabled;
      if (input.value !== text) input.value = text;
    }
    const problem = markProblem(state);
    const present = analysis?.summary?.label_stats?.find((one) => one.name === mark.name.trim())?.count ?? 0;
    const text = problem !== '' ? problem : mark.enabled && present > 0 ? `${formatNoun(present, 'series', 'series')} already have a label \`${mark.name.trim()}\`; its value is replaced.` : PURPOSE;
    const status = problem !== '' ? 'error' : text === PURPOSE ? 'pending' : 'warning';
    name.setAttribute('aria-invalid', String(problem !== '' && mark.value !== ''));
    value.setAttribute('aria-invalid', String(problem !== '' && mark.value === ''));
    if (painted === text) return;
    painted = text;
    hint.dataset.status = status;
    hint.replaceChildren(...(status === 'pending' ? [] : [icon(status === 'error' ? 'cross' : 'alert')]), el('span', {}, ...prose(text)));
  });

  enabled.addEventListener('change', () => {
    store.set({ mark: { ...store.state.mark, enabled: enabled.checked } });
    if (enabled.checked && value.value === '') value.focus();
  });
  name.addEventListener('input', () => store.set({ mark: { ...store.state.mark, name: name.value } }));
  name.addEventListener('blur', () => {
    if (name.value.trim() === '') store.set({ mark: { ...store.state.mark, name: MARK_NAME } });
  });
  value.addEventListener('input', () => store.set({ mark: { ...store.state.mark, value: value.value, touched: value.value !== '' } }));
}
