/** Says short sentences to people who listen to the page instead of looking at it. */

import { byId } from './dom.js';

/**
 * Says a text once, after what is being said. Needs an empty `role="status"` element with the id `announcer`.
 *
 * @param {string} text
 */
export function announce(text) {
  const region = byId('announcer', HTMLElement);
  // The same text twice in a row would be no change, and silent.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
