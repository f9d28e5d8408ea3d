/** Step 6: what leaves, how, and the export itself. */

/** @import { Auth } from '../../shared/auth-fields.js' */
/** @import { Connection } from '../api.js' */
/** @import { Wizard } from '../wizard.js' */

import { byId } from '../../shared/dom.js';
import { attachBatching } from '../components/batching.js';
import { attachEstimate } from '../components/estimate.js';
import { attachExportControl } from '../components/export-control.js';
import { attachFormatChoice } from '../components/format-choice.js';
import { KnownLabels } from '../components/known-labels.js';
import { attachLabelChanges } from '../components/label-changes.js';
import { attachLabelPickers } from '../components/label-picker.js';
import { attachObfuscationSwitches } from '../components/obfuscation-switches.js';
import { attachSamplePreview } from '../components/preview.js';
import { attachPrivacySummary } from '../components/privacy-summary.js';
import { SampleLoader } from '../components/sample-loader.js';
import { attachSelectionSummary } from '../components/selection-summary.js';
import { selectionConfig } from '../payload.js';

const INFO = {
  cluster: 'The bundle is made for the VictoriaMetrics team. Decide here what may leave, look at it, then start.',
  custom: 'The bundle holds what your selector or query gives. Decide here which labels may leave, look at it, then start.',
};

/**
 * @param {Wizard} wizard
 * @param {object} needs
 * @param {() => Connection | null} needs.connection
 * @param {() => Auth} needs.auth
 * @param {() => void} needs.selectAll
 * @param {() => boolean} needs.nothingChosen
 */
export function attachObfuscation(wizard, { connection, auth, selectAll, nothingChosen }) {
  const { store } = wizard;
  /** Whether there is nothing to take, after taking everything if nothing was chosen. */
  const nothingToTake = () => {
    if (store.state.mode === 'custom' && store.state.queryType === 'metricsql') return false;
    if (nothingChosen()) selectAll();
    return nothingChosen();
  };
  const loader = new SampleLoader(store, connection, nothingToTake);
  const estimate = attachEstimate(store, connection, attachFormatChoice(store).paint);
  const control = attachExportControl(wizard, { connection, auth, nothingToTake });
  attachSelectionSummary(store);
  attachObfuscationSwitches(store, loader);
  attachSamplePreview(store, loader);
  const known = new KnownLabels(store, loader, connection);
  attachLabelPickers(store, loader, known);
  attachLabelChanges(store, known);
  attachPrivacySummary(store, known);
  attachBatching(store);
  store.watch(({ mode }) => {
    byId('exportInfo', HTMLElement).textContent = INFO[mode];
  });

  const fill = () => {
    waits = false;
    void loader.load();
    void estimate.load();
  };
  /** Whether an export ran when the step was entered: what is chosen is shown after it. */
  let waits = false;
  store.watch(({ step, run }) => {
    if (waits && step === 6 && (run === 'canceled' || run === 'failed') && connection() !== null) fill();
  });

  let entered = '';
  wizard.register(6, {
    enter() {
      const to = connection();
      const now = to === null ? '' : JSON.stringify({ ...selectionConfig(store.state, to), obfuscation: null });
      if (now !== entered) loader.reset();
      entered = now;
      if (control.run.busy) waits = true;
      else fill();
    },
  });
  return control;
}
