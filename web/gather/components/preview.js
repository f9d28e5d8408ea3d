/** The preview: samples as they will leave. */

/** @import { Chart } from '../../shared/chart.js' */
/** @import { SampleLoader } from './sample-loader.js' */
/** @import { Store } from '../state.js' */

import { byId, el } from '../../shared/dom.js';
import { formatNoun } from '../../shared/format.js';
import { SHOWN, sampleCards } from './sample-cards.js';
import { sampleFailure, waiting } from './sample-failure.js';

/** @param {Store} store @param {SampleLoader} loader */
export function attachSamplePreview(store, loader) {
  const container = byId('samplePreview', HTMLElement);
  const state = byId('previewState', HTMLElement);
  /** @type {Chart[]} */
  let charts = [];
  loader.addEventListener('change', () => {
    const { phase, samples } = loader.loaded;
    state.dataset.status = phase === 'failed' ? 'error' : 'pending';
    state.textContent = { empty: '', loading: 'loading', failed: 'could not be loaded', ready: seriesCount(samples.length) }[phase];
    for (const chart of charts) chart.close();
    charts = [];
    if (phase === 'loading') {
      container.replaceChildren(waiting('previewLoader'));
    } else if (phase === 'failed') {
      container.replaceChildren(sampleFailure(loader, 'The preview could not be loaded', 'Try again'));
    } else if (samples.length === 0) {
      const text = phase === 'empty' ? '' : 'No samples: nothing was found in the time range. Choose another time range or selection.';
      container.replaceChildren(el('p', { class: 'hint' }, text));
    } else {
      const { mode, queryType } = store.state;
      const shown = sampleCards(samples, mode === 'custom' && queryType === 'metricsql');
      charts = shown.charts;
      container.replaceChildren(...shown.cards);
    }
  });
}

/** @param {number} loaded */
function seriesCount(loaded) {
  return `${loaded > SHOWN ? `${SHOWN} of ` : ''}${formatNoun(loaded, 'series', 'series')}`;
}
