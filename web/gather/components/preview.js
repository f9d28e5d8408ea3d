/** The preview: samples as they will leave, and what changes in each label. */

/** @import { Chart } from '../../shared/chart.js' */
/** @import { Connection, LabelChange } from '../api.js' */
/** @import { SampleLoader } from './sample-loader.js' */
/** @import { Store } from '../state.js' */

import { byId, el, show } from '../../shared/dom.js';
import { formatNoun } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { preview } from '../api.js';
import { selectionConfig } from '../payload.js';
import { compareSamples } from '../sample-view.js';
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

/**
 * What obfuscation does to each label of the selection: told by the server, else by comparing samples.
 *
 * @param {Store} store
 * @param {SampleLoader} loader
 * @param {() => Connection | null} connection
 * @param {(changes: LabelChange[]) => void} onChanges
 */
export function attachLabelChanges(store, loader, connection, onChanges) {
  const details = byId('changesDetails', HTMLDetailsElement);
  const container = byId('labelChanges', HTMLElement);
  /** @type {AbortController | null} */
  let running = null;

  /** @param {LabelChange[]} changes */
  const paint = (changes) => {
    show(details, store.state.obfuscation.enabled && changes.length > 0);
    container.replaceChildren(changeTable(changes));
    onChanges(changes);
  };

  loader.addEventListener('change', async () => {
    running?.abort();
    running = null;
    const { phase, samples } = loader.loaded;
    if (phase === 'empty') paint([]);
    if (phase !== 'ready') return;
    const to = connection();
    if (!store.state.obfuscation.enabled) return paint([]);
    const compared = loader.plain.length > 0 ? compareSamples(loader.plain, samples) : [];
    if (to === null) return paint(compared);
    const mine = (running = new AbortController());
    try {
      const answer = await preview(selectionConfig(store.state, to), { signal: mine.signal });
      if (!mine.signal.aborted) paint(answer.labels ?? compared);
    } catch {
      if (!mine.signal.aborted) paint(compared);
    }
  });
}

const ORDER = ['replaced', 'dropped', 'kept'];
const WORDS = /** @type {Record<string, string>} */ ({ replaced: 'replaced', dropped: 'removed', kept: 'stays' });
const EXAMPLES = 3;

/** What changes comes first. @param {LabelChange[]} changes */
function changeTable(changes) {
  const sorted = [...changes].sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action) || (a.label < b.label ? -1 : 1));
  const rows = sorted.map(({ label, action, distinct, replaced, examples = [] }) =>
    el('tr', { role: 'row', 'data-action': action },
      el('th', { role: 'rowheader', scope: 'row' }, label === '__name__' ? 'metric name' : el('code', {}, label)),
      el('td', { role: 'cell' }, WORDS[action] ?? action, el('span', { class: 'check__note' }, valueCount(action, distinct, replaced))),
      el('td', { role: 'cell' }, ...examples.slice(0, EXAMPLES).map(({ before, after }) => example(before, action === 'kept' ? before : (after ?? null))))));
  const heads = ['Label', 'What happens', 'Examples'].map((text) => el('th', { role: 'columnheader', scope: 'col' }, text));
  // Narrow windows show the rows as blocks; the roles keep it a table for those who listen.
  return el('table', { class: 'change-table', role: 'table' },
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...heads)),
    el('tbody', { role: 'rowgroup' }, ...rows));
}

/** @param {string} action @param {number | undefined} distinct @param {number | undefined} replaced */
function valueCount(action, distinct, replaced) {
  if (distinct === undefined) return '';
  const all = formatNoun(distinct, 'value');
  return action === 'replaced' && replaced !== undefined && replaced < distinct ? ` ${replaced} of ${all}` : ` ${all}`;
}

/** @param {string} before @param {string | null} after null if the label goes */
function example(before, after) {
  const original = el('code', {}, before === '' ? '(empty)' : before);
  if (before === after) return el('div', { class: 'change' }, original);
  return el('div', { class: 'change' }, original, icon('arrow'), after === null ? el('span', {}, 'removed') : el('code', { class: 'change__after' }, after));
}
