/** Sample series as they will leave, with a small chart of their values. */

/** @import { Sample } from '../api.js' */
/** @import { Chart } from '../../shared/chart.js' */

import { lineChart } from '../../shared/chart.js';
import { el } from '../../shared/dom.js';
import { isNameless, sampleName } from '../sample-view.js';

/** Samples that get a card. */
export const SHOWN = 5;
const CHART_HEIGHT = 40;

/**
 * Cards for the first samples, and the charts in them, to be closed when the cards go.
 *
 * @param {Sample[]} samples
 * @param {boolean} query whether they are results of a query, which may have no name
 * @returns {{ cards: HTMLElement[], charts: Chart[] }}
 */
export function sampleCards(samples, query) {
  /** @type {Chart[]} */
  const charts = [];
  const cards = samples.slice(0, SHOWN).map((sample) => {
    const labels = Object.entries(sample.labels ?? {}).filter(([name]) => name !== '__name__');
    const card = el(
      'div',
      { class: 'sample' },
      el('div', { class: 'sample__head' }, el('span', { class: 'metric-name' }, sampleName(sample)), valueText(sample)),
    );
    if (query && isNameless(sample)) {
      card.append(el('p', { class: 'metric-note hint' }, 'Metric name removed by aggregation'));
    }
    card.append(el('div', { class: 'sample__labels' }, ...labels.map(([name, value]) => el('code', {}, `${name}="${value}"`))));
    const points = sample.points ?? [];
    if (points.length > 1) {
      const chart = lineChart({ label: `Values of ${sampleName(sample)} over the time range`, height: CHART_HEIGHT });
      chart.draw(points.map(([ms]) => ms / 1000), points.map(([, value]) => value));
      charts.push(chart);
      card.append(chart.element);
    }
    return card;
  });
  return { cards, charts };
}

/** @param {Sample} sample */
function valueText(sample) {
  if (sample.value === undefined) return null;
  const text = typeof sample.value === 'number' ? sample.value.toLocaleString(undefined, { maximumSignificantDigits: 6 }) : String(sample.value ?? 'NaN');
  return el('span', { class: 'sample__value' }, text);
}
