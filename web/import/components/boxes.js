/** Small pieces that several parts of the page are made of. */

import { el } from '../../shared/dom.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';

/** @param {string} name @param {...(Node | string)} value */
export function factRow(name, ...value) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, ...value));
}

/** @param {string[] | null | undefined} warnings */
export function warningLines(warnings) {
  return (warnings ?? []).map((text) => el('p', { class: 'hint', 'data-status': 'warning' }, icon('alert'), el('span', {}, ...prose(text))));
}

/** @param {string} title @param {{ message: string, hint: string }} failure */
export function failureBox(title, { message, hint }) {
  return el('div', { class: 'error-message' }, icon('alert'),
    el('div', {}, el('strong', {}, title), el('p', {}, ...prose(message)), hint === '' ? null : el('p', {}, ...prose(`What to do: ${hint}`))));
}
