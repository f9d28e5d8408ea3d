/** Whether names are replaced, how far, and in `instance` and `job`. */

/** @import { SampleLoader } from './sample-loader.js' */
/** @import { Store } from '../state.js' */

import { byId, find, show } from '../../shared/dom.js';
import { prose } from '../../shared/prose.js';

/** What each level makes of the choices. */
const NOTES = {
  standard: {
    instance: 'The host becomes `777.777.X.Y`, the port stays.',
    others: 'Labels of the series, with one of their values. Chosen with obfuscation on.',
  },
  strict: {
    instance: 'Host and port are replaced, as in `777.777.X.Y:port-N`.',
    others: 'Strict already replaces what is not known to be public. In a label chosen here it replaces public values too.',
  },
};

/** @param {Store} store @param {SampleLoader} loader */
export function attachObfuscationSwitches(store, loader) {
  const enable = byId('enableObfuscation', HTMLInputElement);
  const options = byId('obfuscationOptions', HTMLElement);
  const levels = byId('obfuscationLevels', HTMLElement);
  const instance = find(options, '[data-label="instance"]', HTMLInputElement);
  const job = find(options, '[data-label="job"]', HTMLInputElement);

  enable.addEventListener('change', () => {
    store.setObfuscation(enable.checked ? { enabled: true, instance: true, job: true } : { enabled: false });
    void loader.load();
  });
  instance.addEventListener('change', () => {
    store.setObfuscation({ instance: instance.checked });
    loader.loadSoon();
  });
  job.addEventListener('change', () => {
    store.setObfuscation({ job: job.checked });
    loader.loadSoon();
  });
  levels.addEventListener('change', () => {
    const level = find(levels, 'input:checked', HTMLInputElement).value;
    store.setObfuscation(level === 'strict' ? { level, instance: true, job: true } : { level });
    void loader.load();
  });
  let noted = '';
  store.watch(({ obfuscation, config }) => {
    const level = obfuscation.enabled && obfuscation.level === 'strict' ? 'strict' : 'standard';
    if (level !== noted) {
      noted = level;
      byId('instanceNote', HTMLElement).replaceChildren(...prose(NOTES[level].instance));
      byId('advancedLabelsNote', HTMLElement).textContent = NOTES[level].others;
    }
    enable.checked = obfuscation.enabled;
    show(options, obfuscation.enabled);
    instance.checked = obfuscation.instance;
    job.checked = obfuscation.job;
    // Strict leaves nothing to choose.
    for (const box of [instance, job]) box.disabled = obfuscation.level === 'strict';
    show(levels, config.obfuscation_levels?.includes('strict') === true);
    find(levels, `input[value="${obfuscation.level}"]`, HTMLInputElement).checked = true;
  });
}
