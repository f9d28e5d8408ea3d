/** The import page: puts the parts together. Everything is attached before the `load` event. */

import { byId, find } from '../shared/dom.js';
import { Store } from '../shared/store.js';
import { getHealth } from './api.js';
import { attachBundleDrop } from './components/bundle-drop.js';
import { attachConnection } from './components/connection.js';
import { attachImportsList } from './components/imports-list.js';
import { attachLabelLimit } from './components/label-limit.js';
import { attachLabelManager } from './components/label-manager.js';
import { attachMark } from './components/mark.js';
import { attachPlanBar } from './components/plan-bar.js';
import { attachPreflight } from './components/preflight.js';
import { attachProfiles } from './components/profiles.js';
import { attachRail } from './components/rail.js';
import { attachTimePanel } from './components/time-panel.js';
import { attachImportRun } from './import-run.js';
import { rememberedJob } from './session.js';
import { initialState } from './state.js';

const store = new Store(initialState());
const profiles = attachProfiles(store);
const { auth } = attachConnection(store, {
  tested() {
    void profiles.load();
    preflight.targetTested();
  },
});
attachBundleDrop(store, { chosen: () => void preflight.run() });
const preflight = attachPreflight(store, { auth, done: () => void profiles.load() });
attachLabelLimit(store);
attachLabelManager(store);
attachMark(store);
attachTimePanel(store);
attachRail(store);

const run = attachImportRun(store, {
  auth,
  accepted: () => void profiles.load(),
  changed: () => void imports.load(),
});
const imports = attachImportsList({ open: run.open, resume: run.resume, discard: run.discard, shown: () => store.state.jobId });

const plan = attachPlanBar(store);
plan.start.addEventListener('click', () => void run.start());
plan.reset.addEventListener('click', () => {
  preflight.reset();
  run.reset();
  profiles.clear();
  byId('connectionResult', HTMLElement).replaceChildren();
  byId('bundleFile', HTMLInputElement).value = '';
  store.set(initialState());
  void imports.load();
  scrollTo(0, 0);
  byId('pageTitle', HTMLElement).focus({ preventScroll: true });
});

find(document, '.skip-link', HTMLAnchorElement).addEventListener('click', (event) => {
  event.preventDefault();
  byId('main', HTMLElement).focus();
});

/** The page works without it, so nothing waits for this. */
const loadVersion = async () => {
  try {
    byId('appVersion', HTMLElement).textContent = (await getHealth()).version ?? '';
  } catch {
    // What needs the server says so when it is used.
  }
};
/** After a reload the import goes on being shown, if the server still has it. */
const goOn = async () => {
  const before = rememberedJob();
  const jobs = await imports.load();
  if (before !== '' && store.state.run === 'idle' && jobs.some(({ id }) => id === before)) run.open(before);
};
void profiles.load();
void goOn();
void loadVersion();
