/** Cluster metrics, or series of a selector or query. Only the first step may change it, and not while an export runs. */

/** @import { Store } from '../state.js' */

import { byId, show } from '../../shared/dom.js';
import { modeReset } from '../state.js';

/** @param {Store} store */
export function attachModeSwitch(store) {
  const input = byId('modeToggleInput', HTMLInputElement);
  const wrapper = byId('modeToggleWrapper', HTMLElement);
  const tip = byId('modeLocked', HTMLElement);
  const hint = byId('modeHint', HTMLElement);

  input.addEventListener('change', () => {
    store.set({ mode: input.checked ? 'custom' : 'cluster', ...modeReset() });
  });
  const explain = (/** @type {boolean} */ wanted) => show(tip, wanted && input.disabled);
  wrapper.addEventListener('pointerenter', () => explain(true));
  wrapper.addEventListener('pointerleave', () => explain(false));

  store.watch(({ mode, step, run }) => {
    const busy = run === 'starting' || run === 'active';
    const locked = step !== 1 || busy;
    input.checked = mode === 'custom';
    input.disabled = locked;
    hint.textContent = busy ? 'An export runs' : 'Chosen on the first step';
    tip.textContent = busy
      ? 'The mode can be changed when the export has ended, or is canceled.'
      : 'The mode is chosen on the first step. Changing it starts the choices anew.';
    show(hint, locked);
    if (!locked) explain(false);
    document.body.classList.toggle('mode-custom', mode === 'custom');
    wrapper.classList.toggle('mode--locked', locked);
  });
}
