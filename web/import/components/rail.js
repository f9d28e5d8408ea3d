/** The list of sections at the side: what is done, what was chosen, and links. */

/** @import { Store } from '../../shared/store.js' */
/** @import { ImportState } from '../state.js' */

import { byId, el } from '../../shared/dom.js';
import { formatDuration } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { addedLabels, isBusy } from '../state.js';
import { importUrl } from '../target-url.js';

/** @param {Store<ImportState>} store */
export function attachRail(store) {
  const list = byId('rail', HTMLElement);
  let painted = '';
  store.watch((state) => {
    const items = itemsOf(state);
    const key = JSON.stringify(items);
    if (key === painted) return;
    painted = key;
    const focused = document.activeElement instanceof HTMLAnchorElement && list.contains(document.activeElement) ? document.activeElement.hash : '';
    list.replaceChildren(...items.map(paint));
    for (const link of list.querySelectorAll('a')) if (link.hash === focused) link.focus();
  });
}

/** @param {ImportState} state */
function itemsOf(state) {
  const { tested, analysis, file, dropLabels, shiftMs, run } = state;
  const done = [tested, analysis !== null, analysis !== null, analysis !== null, run === 'completed'];
  const firstOpen = isBusy(state) ? 4 : done.indexOf(false);
  const labels = [dropLabels.length > 0 ? `${dropLabels.length} dropped` : '', Object.keys(addedLabels(state)).length > 0 ? 'marked' : ''];
  const chosen = [
    state.endpoint.trim() === '' ? '' : importUrl(state.endpoint, '').host,
    file?.name ?? '',
    labels.filter((text) => text !== '').join(', '),
    shiftMs === 0 ? '' : `${shiftMs > 0 ? '+' : '−'}${formatDuration(Math.abs(shiftMs) / 1000)}`,
    isBusy(state) ? 'running' : '',
  ];
  return ['Target', 'Bundle', 'Labels', 'Time', 'Import'].map((name, at) => ({ name, at, id: ['target', 'bundle', 'labels', 'time', 'run'][at], chosen: chosen[at], done: done[at], current: at === firstOpen }));
}

/** @param {{ name: string, at: number, id: string, chosen: string, done: boolean, current: boolean }} item */
function paint({ name, at, id, chosen, done, current }) {
  const marker = el('span', { class: 'rail__marker', 'aria-hidden': 'true' }, done ? icon('check') : String(at + 1));
  const text = el('span', { class: 'rail__text' }, name, done ? el('span', { class: 'visually-hidden' }, ', done') : null, chosen === '' ? null : el('span', { class: 'rail__chosen' }, chosen));
  const link = el('a', { class: `rail__row${current ? ' rail__row--current' : ''}${done ? ' rail__row--done' : ''}`, href: `#${id}`, 'aria-current': current ? 'step' : false }, marker, text);
  return el('li', {}, link);
}
