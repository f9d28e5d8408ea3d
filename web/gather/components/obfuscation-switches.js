/** Whether names are replaced, how far, and in `instance` and `job`. */

/** @import { SampleLoader } from './sample-loader.js' */
/** @import { Store } from '../state.js' */

import { byId, find, show } from '../../shared/dom.js';

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
  store.watch(({ obfuscation, config }) => {
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
