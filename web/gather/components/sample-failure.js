/** What is shown in place of samples while there are none. */

/** @import { SampleLoader } from './sample-loader.js' */

import { el } from '../../shared/dom.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';

/** @param {string} id */
export function waiting(id) {
  return el('div', { id, class: 'waiting' }, icon('spinner'), el('span', {}, 'Loading samples'));
}

/**
 * Why samples could not be loaded, with a button that loads them again.
 *
 * @param {SampleLoader} loader
 * @param {string} title
 * @param {string} action text of the button
 */
export function sampleFailure(loader, title, action) {
  const { error, hint } = loader.loaded;
  const again = el('button', { type: 'button', class: 'btn btn--small' }, action);
  again.addEventListener('click', () => {
    // The button goes at once, and must not take the focus along.
    again.closest('details')?.querySelector('summary')?.focus();
    void loader.load();
  });
  return el('div', { class: 'error-message' }, icon('alert'),
    el('div', {}, el('strong', {}, title), el('p', {}, ...prose(error)), hint === '' ? null : el('p', {}, ...prose(hint)), el('p', {}, again)));
}
