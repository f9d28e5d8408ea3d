/** The step of query results and the window of one request. */

/** @import { Store } from '../state.js' */

import { byId, show } from '../../shared/dom.js';
import { formatDuration } from '../../shared/format.js';

const SHORTEST = 30;
const LONGEST = 86_400;

/** The step for a range, both in seconds. @param {number} range */
export function recommendedStep(range) {
  if (range <= 15 * 60) return 30;
  return range <= 6 * 3600 ? 60 : 300;
}

/** @param {Store} store */
export function attachBatching(store) {
  const step = byId('metricStep', HTMLSelectElement);
  const stepHint = byId('metricStepHint', HTMLElement);
  const window = byId('batchWindowSelect', HTMLSelectElement);
  const custom = byId('customBatchWindowInput', HTMLInputElement);
  const windowHint = byId('batchWindowHint', HTMLElement);

  step.value = store.state.metricStep;
  window.value = store.state.batchWindow;
  custom.value = String(store.state.customWindow);
  step.addEventListener('change', () => store.set({ metricStep: step.value }));
  window.addEventListener('change', () => store.set({ batchWindow: window.value }));
  custom.addEventListener('input', () => {
    const seconds = Math.round(custom.valueAsNumber);
    if (seconds >= SHORTEST && seconds <= LONGEST) store.set({ customWindow: seconds });
  });
  custom.addEventListener('blur', () => {
    custom.value = String(store.state.customWindow);
  });
  store.watch(({ fromMs, toMs, batchWindow, customWindow }) => {
    const recommended = recommendedStep(Math.round((toMs - fromMs) / 1000));
    stepHint.textContent = `Only for query results. Recommended for this range: ${recommended === 30 ? '30 s' : recommended === 60 ? '1 min' : '5 min'}.`;
    show(custom, batchWindow === 'custom');
    windowHint.textContent = batchWindow === 'auto'
      ? 'vmgather chooses what is kind to the server.'
      : `Each request covers ${formatDuration(batchWindow === 'custom' ? customWindow : Number(batchWindow))}.`;
  });
}
