/** The line beside the start button: what will leave. */

/** @import { KnownLabels } from './known-labels.js' */
/** @import { Store } from '../state.js' */

import { byId, el, find } from '../../shared/dom.js';
import { icon } from '../../shared/icon.js';
import { privacyText } from '../privacy-text.js';

/** @param {Store} store @param {KnownLabels} known */
export function attachPrivacySummary(store, known) {
  const box = byId('privacySummary', HTMLElement);
  let painted = '';
  const paint = () => {
    const { changes } = known;
    const { covered, headline, text } = privacyText(store.state.obfuscation, changes);
    const key = `${headline}${text}${changes.length > 0}`;
    if (key === painted) return;
    painted = key;
    box.dataset.covered = String(covered);
    const words = el('span', {}, el('strong', {}, headline), ` ${text}`);
    if (changes.length > 0) words.append(' ', linkToChanges());
    box.replaceChildren(icon(covered ? 'shield' : 'shield-off'), words);
  };
  store.watch(paint);
  known.addEventListener('change', paint);
}

/** Opens the table of what changes, from wherever the page is scrolled to. */
function linkToChanges() {
  const link = el('a', { href: '#changesDetails' }, 'See which.');
  link.addEventListener('click', (event) => {
    event.preventDefault();
    const details = byId('changesDetails', HTMLDetailsElement);
    details.open = true;
    find(details, 'summary', HTMLElement).focus();
    details.scrollIntoView({ block: 'start' });
  });
  return link;
}
