/** What will be collected, in a few lines. */

/** @import { State, Store } from '../state.js' */

import { byId, el } from '../../shared/dom.js';
import { formatDuration } from '../../shared/format.js';
import { chosenSeries, isCount } from '../selection.js';
import { describeMoment, describeOffset, resolveZone } from '../timezone.js';
import { seriesText } from './component-card.js';

/** @param {Store} store */
export function attachSelectionSummary(store) {
  const container = byId('selectionSummary', HTMLElement);
  let painted = '';
  store.watch((state) => {
    const rows = summaryRows(state);
    const range = rangeText(state);
    const key = JSON.stringify([rows, range]);
    if (key === painted) return;
    painted = key;
    byId('rangeSummary', HTMLElement).textContent = range;
    container.replaceChildren(
      ...rows.map(([name, note, series]) =>
        el('div', { class: 'summary__row' }, el('span', { class: 'summary__name' }, name), el('span', { class: 'summary__note' }, note), el('span', { class: 'summary__series' }, series))),
    );
  });
}

/** @param {Pick<State, 'fromMs' | 'toMs' | 'timezone'>} range in its zone, with its length */
export function rangeText({ fromMs, toMs, timezone }) {
  const zone = timezone === 'local' ? resolveZone('local') : timezone;
  const place = zone === 'UTC' ? 'UTC' : `${zone}, ${describeOffset(toMs, timezone)}`;
  return `${describeMoment(fromMs, timezone)} – ${describeMoment(toMs, timezone)} (${place}), ${formatDuration((toMs - fromMs) / 1000)}`;
}

/** @param {State} state @returns {[name: string, note: string, series: string][]} */
function summaryRows(state) {
  if (state.mode === 'custom' && state.queryType === 'metricsql') {
    return [['MetricsQL', state.query.trim(), 'series come straight from the query']];
  }
  /** @type {{ name: string, note: string, series: number | null }[]} */
  const parts = state.mode === 'custom'
    ? state.foundTargets
        .filter(({ job }) => state.targets.includes(job))
        .map(({ job, metrics_count_estimate: count }) => ({ name: job, note: '', series: isCount(count) ? count : null }))
    : state.components
        .filter(({ component }) => state.selection[component] !== undefined)
        .map((component) => ({
          name: component.component,
          note: (state.selection[component.component] ?? []).join(', '),
          series: chosenSeries(component, state.selection),
        }));
  if (parts.length === 0) return [['Nothing is chosen yet', '', '']];
  /** @type {[string, string, string][]} */
  const rows = parts.map(({ name, note, series }) => [name, note, seriesText(series)]);
  if (parts.length > 1) {
    const known = parts.every(({ series }) => series !== null);
    rows.push(['Total', '', seriesText(known ? parts.reduce((sum, { series }) => sum + (series ?? 0), 0) : null)]);
  }
  return rows;
}
