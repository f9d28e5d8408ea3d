/** What an export would weigh, asked before it starts. */

/** @import { Connection, Estimate } from '../api.js' */
/** @import { Store } from '../state.js' */

import { byId, el } from '../../shared/dom.js';
import { formatCompact, formatCount, formatDuration } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';
import { RequestError } from '../../shared/request.js';
import { estimate } from '../api.js';
import { selectionConfig } from '../payload.js';
import { isCount } from '../selection.js';

/**
 * @param {Store} store
 * @param {() => Connection | null} connection
 * @param {(estimate: Estimate) => void} paintSizes shows what either format weighs
 */
export function attachEstimate(store, connection, paintSizes) {
  const series = byId('estimateSeries', HTMLElement);
  const samples = byId('estimateSamples', HTMLElement);
  const time = byId('estimateTime', HTMLElement);
  const note = byId('estimateNote', HTMLElement);
  /** @type {AbortController | null} */
  let running = null;

  /** @param {unknown} value @param {(value: number) => string} format */
  const known = (value, format) => (isCount(value) ? format(value) : '–');

  /** Sizes of nothing would only look like an answer. */
  const showNothing = () => {
    series.textContent = '0';
    samples.textContent = '0';
    note.dataset.status = 'warning';
    note.replaceChildren(icon('alert'), el('span', {}, 'Nothing that was chosen has samples in this time range: the bundle would be empty. Choose another range.'));
  };

  const load = async () => {
    running?.abort();
    const mine = (running = new AbortController());
    const to = connection();
    for (const figure of [series, samples, time]) figure.textContent = '–';
    paintSizes({});
    delete note.dataset.status;
    note.textContent = 'Estimating';
    if (to === null) return;
    try {
      const answer = await estimate(selectionConfig(store.state, to), { signal: mine.signal });
      if (mine.signal.aborted) return;
      if (answer.series === 0) return showNothing();
      series.textContent = known(answer.series, formatCount);
      samples.textContent = known(answer.samples, formatCompact);
      paintSizes(answer);
      time.textContent = known(answer.seconds, formatDuration);
      const sure = isCount(answer.bundle_bytes_jsonl)
        ? 'An estimate: values that change a lot make it up to twice as large, series that come and go add to it.'
        : store.state.queryType === 'metricsql'
          ? 'The size of results is known once the server has computed them.'
          : 'The size cannot be told before the export.';
      note.replaceChildren(el('span', {}, ...prose([sure, ...(answer.warnings ?? [])].join(' '))));
    } catch (error) {
      if (mine.signal.aborted || !(error instanceof RequestError)) return;
      note.textContent = 'The size cannot be told before the export.';
    }
  };
  return { load };
}
