/** Step 1: what will happen. */

/** @import { Store } from '../state.js' */

import { byId, el } from '../../shared/dom.js';

const LEAD = {
  cluster: 'Collects the internal metrics of a VictoriaMetrics installation into one ZIP file with a checksum.',
  custom: 'Collects the series of a selector, or the results of a MetricsQL query, into one ZIP file with a checksum.',
};

/** @type {Record<'cluster' | 'custom', [string, string][]>} */
const PATH = {
  cluster: [
    ['Choose a time range', 'the time of the trouble, and some quiet time before it'],
    ['Connect', 'one address and, if needed, credentials; the connection is tested'],
    ['Choose components', 'what was found in that time, with the number of series'],
    ['Decide what leaves', 'replace names by pseudonyms, look at samples, then export'],
    ['Send the file', 'you download it and send it yourself'],
  ],
  custom: [
    ['Choose a time range', 'the time of the trouble, and some quiet time before it'],
    ['Connect', 'one address and, if needed, credentials; the connection is tested'],
    ['Enter a selector or query', 'it is validated before it is used'],
    ['Decide what leaves', 'remove or replace labels, look at samples, then export'],
    ['Send the file', 'you download it and send it yourself'],
  ],
};

/** @param {Store} store */
export function attachWelcome(store) {
  const lead = byId('welcomeLead', HTMLElement);
  const list = byId('welcomeList', HTMLElement);
  let painted = '';
  store.watch(({ mode }) => {
    if (mode === painted) return;
    painted = mode;
    lead.textContent = LEAD[mode];
    list.replaceChildren(
      ...PATH[mode].map(([what, how]) => el('li', {}, el('span', {}, el('strong', {}, what), ` – ${how}`))),
    );
  });
}
