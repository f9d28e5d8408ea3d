/** Small line charts in the colours of the page. The library is loaded when the first one is drawn. */

import { el } from './dom.js';

/** Distances of marks on the time axis, in seconds. */
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** @type {Promise<typeof import('./vendor/uplot/uPlot.js')> | null} */
let loading = null;

/** The library with its style sheet, loaded once. */
function library() {
  loading ??= (async () => {
    const sheet = el('link', { rel: 'stylesheet', href: '/static/shared/vendor/uplot/uPlot.css' });
    const styled = new Promise((resolve) => sheet.addEventListener('load', resolve, { once: true }));
    document.head.append(sheet);
    const [{ default: UPlot }] = await Promise.all([import('./vendor/uplot/uPlot.js'), styled]);
    return UPlot;
  })();
  return loading;
}

/**
 * @typedef {object} Chart
 * @property {HTMLElement} element
 * @property {(times: number[], values: (number | null)[]) => void} draw Unix seconds, ascending; null is a gap
 * @property {() => void} close stops following size and theme
 */

/**
 * @param {object} options
 * @param {string} options.label what a person who does not see it is told
 * @param {number} options.height in pixels
 * @param {boolean} [options.axes] a value axis and a time axis
 * @param {(value: number) => string} [options.format] a value for the axis
 * @returns {Chart}
 */
export function lineChart({ label, height, axes = false, format = String }) {
  const element = el('div', { class: 'chart', role: 'img', 'aria-label': label });
  element.style.height = `${height}px`;
  /** @type {import('./vendor/uplot/uPlot.js') | null} */
  let plot = null;
  /** @type {[number[], (number | null)[]]} */
  let data = [[], []];
  let wanted = false;

  const build = async () => {
    const UPlot = await library();
    if (!wanted || element.clientWidth === 0) return;
    plot?.destroy();
    const colour = (/** @type {string} */ name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis = {
      show: axes,
      stroke: colour('--color-text-quiet'),
      font: '11px "Plex Sans", sans-serif',
      grid: { stroke: colour('--color-line'), width: 1 },
      ticks: { show: false },
    };
    plot = new UPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { show: false },
        legend: { show: false },
        padding: axes ? [8, 8, 0, 0] : [4, 1, 4, 1],
        scales: { y: { range: (_, low, high) => (axes ? fromZero(high) : low === high ? [low - 1, high + 1] : [low, high]) } },
        axes: [
          { ...axis, size: 22, space: 90, incrs: SECONDS, grid: { show: false }, values: (_, splits) => splits.map(clock) },
          // Halves of one would be rounded to marks that repeat.
          { ...axis, size: 52, values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? format(value) : '')) },
        ],
        series: [{}, { stroke: colour('--color-accent'), width: 1.5, points: { show: false }, fill: axes ? colour('--color-accent-faint') : '' }],
      },
      data,
      element,
    );
  };
  const resize = new ResizeObserver(() => {
    if (!wanted) return;
    if (plot === null) void build();
    else if (element.clientWidth > 0) plot.setSize({ width: element.clientWidth, height });
  });
  resize.observe(element);
  const theme = matchMedia('(prefers-color-scheme: dark)');
  const repaint = () => void build();
  theme.addEventListener('change', repaint);

  return {
    element,
    draw(times, values) {
      data = [times, values];
      wanted = true;
      if (plot === null) void build();
      else plot.setData(data);
    },
    close() {
      wanted = false;
      resize.disconnect();
      theme.removeEventListener('change', repaint);
      plot?.destroy();
      plot = null;
    },
  };
}

/**
 * An axis for values from 0 up, with some air above them, also where there are none or only zeros.
 *
 * @param {number | null} high
 * @returns {[number, number]}
 */
function fromZero(high) {
  return [0, high === null || high <= 0 ? 1 : high * 1.1];
}

/** @param {number} seconds Unix seconds as `14:05:09` in the zone of the browser */
function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString(undefined, { hourCycle: 'h23' });
}
