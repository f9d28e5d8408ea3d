/** The exporter page: puts the parts together. Everything is attached before the `load` event. */

import { byId, find } from '../shared/dom.js';
import { getConfig } from './api.js';
import { attachExportsList } from './components/exports-list.js';
import { attachModeSwitch } from './components/mode-switch.js';
import { attachRail } from './components/rail.js';
import { attachStaging } from './components/staging.js';
import { continuesSession, forgetSession, keepSession, restoreSession } from './session.js';
import { stepOfHash } from './sequence.js';
import { initialState, Store } from './state.js';
import { attachComplete } from './steps/complete.js';
import { attachComponents } from './steps/components.js';
import { attachConnection } from './steps/connection.js';
import { attachObfuscation } from './steps/obfuscation.js';
import { attachQuery } from './steps/query.js';
import { attachTimeRange } from './steps/time-range.js';
import { wholeMinute } from './timezone.js';
import { Wizard } from './wizard.js';

const continued = continuesSession();
if (!continued) forgetSession();
const kept = continued ? restoreSession() : {};
const store = new Store({ ...initialState(wholeMinute(Date.now())), ...kept, step: 1, run: 'idle' });

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

const exportsList = attachExportsList({
  watch(jobId) {
    control.watch(jobId);
    wizard.show(6);
  },
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

wizard.register(1, { enter: () => void exportsList.load() });
keepSession(store);
wizard.show(1, { history: 'none', focus: false });
goOn();

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
void loadDefaults();

/** After a reload: the step of the address, and the export that was under way or can be resumed. */
function goOn() {
  const wanted = stepOfHash(location.hash) ?? 1;
  const shown = wanted === 6 || wanted === 7;
  // A finished one is only wanted where it is shown; elsewhere it would take the person away.
  const follows = kept.run !== undefined && kept.run !== 'idle' && (kept.run !== 'completed' || wanted === 7);
  if (follows && kept.jobId) {
    control.watch(kept.jobId);
    if (shown) return wizard.show(6, { history: 'replace' });
  }
  if (location.hash.length > 1) wizard.follow(location.hash);
}
