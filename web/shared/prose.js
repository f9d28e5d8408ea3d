/** Texts of the server, in which backticks mark literals. */

import { el } from './dom.js';

/**
 * Text nodes and `<code>` elements for a text.
 *
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function prose(text) {
  const parts = text.split('`');
  // An odd number of backticks marks nothing for certain, so the text stays as it is.
  if (parts.length % 2 === 0) return [text];
  return parts.map((part, at) => (at % 2 === 1 ? el('code', {}, part) : part)).filter((part) => part !== '');
}
