/** Step 6: what leaves, how, and the export itself. */

/** @import { Auth, Connection, LabelChange } from '../api.js' */
/** @import { Wizard } from '../wizard.js' */

import { announce } from '../../shared/announce.js';
import { byId, el, find, show } from '../../shared/dom.js';
import { showProblems } from '../../shared/error-summary.js';
import { icon } from '../../shared/icon.js';
import { RequestError } from '../../shared/request.js';
import { attachBatching } from '../components/batching.js';
import { askCredentials } from '../components/credentials-dialog.js';
import { attachEstimate } from '../components/estimate.js';
import { attachLabelPickers } from '../components/label-picker.js';
import { attachLabelChanges, attachSamplePreview } from '../components/preview.js';
import { attachProgressPanel } from '../components/progress-panel.js';
import { SampleLoader } from '../components/sample-loader.js';
import { attachSelectionSummary } from '../components/selection-summary.js';
import { ExportRun } from '../export-run.js';
import { exportConfig, selectionConfig } from '../payload.js';
import { privacyText } from '../privacy-text.js';

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
  const section = wizard.section(6);
  const start = byId('startExportBtn', HTMLButtonElement);
  const options = byId('exportOptions', HTMLFieldSetElement);
  const panel = attachProgressPanel();

  /** Whether there is nothing to take, after taking everything if nothing was chosen. */
  const stillNothing = () => {
    if (store.state.mode === 'custom' && store.state.queryType === 'metricsql') return false;
    if (nothingChosen()) selectAll();
    return nothingChosen();
  };
  const loader = new SampleLoader(store, connection, stillNothing);
  const estimate = attachEstimate(store, connection);
  /** @type {LabelChange[]} */
  let changes = [];

  attachSelectionSummary(store);
  attachSwitches(store, loader);
  attachLabelPickers(store, loader);
  attachSamplePreview(store, loader);
  attachBatching(store);
  let paintedPrivacy = '';
  const paintPrivacy = () => {
    const { covered, headline, text } = privacyText(store.state.obfuscation, changes);
    const box = byId('privacySummary', HTMLElement);
    const key = `${headline}${text}${changes.length > 0}`;
    if (key === paintedPrivacy) return;
    paintedPrivacy = key;
    box.dataset.covered = String(covered);
    const words = el('span', {}, el('strong', {}, headline), ` ${text}`);
    if (changes.length > 0) words.append(' ', linkToChanges());
    box.replaceChildren(icon(covered ? 'shield' : 'shield-off'), words);
  };
  attachLabelChanges(store, loader, connection, (found) => {
    changes = found;
    paintPrivacy();
  });

  const run = new ExportRun(store, {
    progress: panel.paint,
    trouble: (text) => panel.notify(text, text === '' ? '' : 'warning'),
    ended(status) {
      if (status.state === 'completed') {
        panel.setButtons('ended');
        panel.hide();
        announce('The export is complete.');
        // A person who went back to look at an earlier step is not torn away.
        if (wizard.step === 6) wizard.show(7);
      } else if (status.state === 'canceled') {
        panel.setButtons('canceled');
        panel.notify('Export canceled. What was fetched is kept: resume it, or start anew.', 'warning');
        announce('Export canceled.');
      } else {
        panel.setButtons(status.resumable === false ? 'ended' : 'failed');
        panel.notify(`Export failed: ${status.error || 'no reason given'}${status.hint ? `. ${status.hint}` : ''}`, 'error');
        announce('The export failed.');
      }
    },
  });

  /** @param {string} text @param {string} [hint] */
  const problem = (text, hint = '') => showProblems(section, [{ text: hint === '' ? text : `${text} ${hint}` }]);

  const begin = async () => {
    if (run.busy || wizard.step !== 6) return;
    showProblems(section, []);
    if (stillNothing()) return problem('Nothing is selected. Choose something in Step 5.');
    const to = connection();
    if (to === null) return problem('Test the connection first: go back to the connection.');
    if (store.state.stagingDir.trim() === '') {
      return showProblems(section, [{ field: 'stagingDir', text: 'Enter a folder for unfinished data.' }]);
    }
    try {
      await guarded(() => run.start(exportConfig(store.state, to)));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      problem(`The export did not start: ${error.message}`, error.hint);
    }
  };

  /** Opens the panel for what is about to run, and puts it back if nothing does. @param {() => Promise<void>} action */
  const guarded = async (action) => {
    panel.open();
    find(section, '#runTitle', HTMLElement).focus({ preventScroll: true });
    scrollTo(0, 0);
    try {
      await action();
    } catch (error) {
      if (store.state.run === 'idle' || store.state.run === 'completed') panel.hide();
      else panel.setButtons(store.state.run === 'failed' ? 'failed' : 'canceled');
      throw error;
    }
  };

  /**
   * Resumes an export; credentials go along only when the server asks for them.
   *
   * @param {string} jobId
   * @param {Auth} [typed]
   */
  const resume = async (jobId, typed) => {
    try {
      await guarded(() => run.resume(jobId));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code !== 'auth_required') throw error;
      const known = typed !== undefined && typed.type !== 'none' && hasSecret(typed) ? typed : await askCredentials(error.message);
      if (known !== null) await guarded(() => run.resume(jobId, known));
    }
  };

  start.addEventListener('click', () => void begin());
  panel.resume.addEventListener('click', async () => {
    try {
      showProblems(section, []);
      await resume(store.state.jobId, auth());
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      problem(`The export was not resumed: ${error.message}`, error.hint);
    }
  });
  panel.cancel.addEventListener('click', async () => {
    panel.cancel.disabled = true;
    panel.notify('Canceling');
    try {
      await run.cancel();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      panel.cancel.disabled = !run.busy;
      panel.notify(error.message, 'error');
    }
  });

  store.watch((state) => {
    start.disabled = run.busy;
    options.disabled = run.busy;
    byId('exportInfo', HTMLElement).textContent = state.mode === 'cluster'
      ? 'The bundle is made for the VictoriaMetrics team. Decide here what may leave, look at it, then start.'
      : 'The bundle holds what your selector or query gives. Decide here which labels may leave, look at it, then start.';
    paintPrivacy();
  });

  let entered = '';
  wizard.register(6, {
    enter() {
      const to = connection();
      const now = to === null ? '' : JSON.stringify({ ...selectionConfig(store.state, to), obfuscation: null });
      if (now !== entered) loader.reset();
      entered = now;
      if (run.busy) return;
      void loader.load();
      void estimate.load();
    },
  });
  return { run, panel, resume };
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

/** @param {import('../state.js').Store} store @param {SampleLoader} loader */
function attachSwitches(store, loader) {
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

/** @param {Auth} auth */
function hasSecret({ password, token, header_value: value }) {
  return Boolean(password || token || value);
}
