/** The exporter page: puts the parts together. Everything is attached before the `load` event. */

import { byId, find } from '../shared/dom.js';
import { getConfig } from './api.js';
import { attachExportsList } from './components/exports-list.js';
import { attachModeSwitch } from './components/mode-switch.js';
import { attachRail } from './components/rail.js';
import { attachStaging } from './components/staging.js';
import { continuesSession, forgetSession, keepSession, restoreSession } from './session.js';
import { initialState, Store } from './state.js';
import { attachComplete } from './steps/complete.js';
import { attachComponents } from './steps/components.js';
import { attachConnection } from './steps/connection.js';
import { attachObfuscation } from './steps/obfuscation.js';
import { attachQuery } from './steps/query.js';
import { attachTimeRange } from './steps/time-range.js';
import { Wizard } from './wizard.js';

const continued = continuesSession();
if (!continued) forgetSession();
const kept = continued ? restoreSession() : {};
const store = new Store({ ...initialState(Date.now()), ...kept, step: 1, run: 'idle' });

const wizard = new Wizard(store);
attachTimeRange(wizard);
const { current, auth } = attachConnection(wizard);
attachQuery(wizard, current);
const { selectAll, nothingChosen } = attachComponents(wizard, current);
const control = attachObfuscation(wizard, { connection: current, auth, selectAll, nothingChosen });
attachComplete(wizard);
const staging = attachStaging(store);
attachModeSwitch(store);
attachRail(wizard);

/** @param {string} jobId */
const watch = (jobId) => {
  wizard.show(6);
  control.watch(jobId);
};
const exportsList = attachExportsList({
  watch,
  async resume(jobId) {
    await control.resume(jobId);
    if (control.run.busy) wizard.show(6);
  },
});

const skip = find(document, '.skip-link', HTMLAnchorElement);
skip.addEventListener('click', (event) => {
  event.preventDefault();
  byId('main', HTMLElement).focus();
});

keepSession(store);
wizard.show(1, { history: 'none', focus: false });
const goesOn = kept.run === 'active' || kept.run === 'starting' || kept.run === 'completed';
if (goesOn && kept.jobId) watch(kept.jobId);
else if (location.hash.length > 1) wizard.follow(location.hash);

/** Fills in what the server knows. The page works without it, so nothing waits for this. */
const loadDefaults = async () => {
  try {
    const config = await getConfig();
    byId('appVersion', HTMLElement).textContent = config.version ?? '';
    store.set({ config });
  } catch {
    // The page has defaults of its own; what needs the server says so when it is used.
  }
  await staging.check();
};
void exportsList.load();
void loadDefaults();
