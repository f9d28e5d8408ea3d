/** Cluster metrics, or series of a selector or query. Only the first step may change it. */

/** @import { Store } from '../state.js' */

import { byId, show } from '../../shared/dom.js';
import { modeReset } from '../state.js';

/** @param {Store} store */
export function attachModeSwitch(store) {
  const input = byId('modeToggleInput', HTMLInputElement);
  const wrapper = byId('modeToggleWrapper', HTMLElement);
  const tip = byId('modeLocked', HTMLElement);

  input.addEventListener('change', () => {
    store.set({ mode: input.checked ? 'custom' : 'cluster', ...modeReset() });
  });
  const explain = (/** @type {boolean} */ wanted) => show(tip, wanted && input.disabled);
  wrapper.addEventListener('pointerenter', () => explain(true));
  wrapper.addEventListener('pointerleave', () => explain(false));

  store.watch(({ mode, step }) => {
    input.checked = mode === 'custom';
    input.disabled = step !== 1;
    if (step === 1) explain(false);
    document.body.classList.toggle('mode-custom', mode === 'custom');
    wrapper.classList.toggle('mode--locked', step !== 1);
  });
}
