/** Starts, cancels and resumes exports, and shows how they go. */

/** @import { Auth } from '../../shared/auth-fields.js' */
/** @import { Amendment, Connection, Secrets } from '../api.js' */
/** @import { Wizard } from '../wizard.js' */

import { withAdvice } from '../../shared/advice.js';
import { announce } from '../../shared/announce.js';
import { askCredentials } from '../../shared/credentials-dialog.js';
import { byId, show } from '../../shared/dom.js';
import { showProblems } from '../../shared/error-summary.js';
import { RequestError } from '../../shared/request.js';
import { exportStatus } from '../api.js';
import { ExportRun } from '../export-run.js';
import { exportConfig, obfuscationOf, showsOther } from '../payload.js';
import { attachProgressPanel } from './progress-panel.js';

/**
 * @param {Wizard} wizard
 * @param {object} needs
 * @param {() => Connection | null} needs.connection
 * @param {() => Auth} needs.auth
 * @param {() => boolean} needs.nothingToTake
 */
export function attachExportControl(wizard, { connection, auth, nothingToTake }) {
  const { store } = wizard;
  const section = wizard.section(6);
  const start = byId('startExportBtn', HTMLButtonElement);
  const options = byId('exportOptions', HTMLFieldSetElement);
  /** What stands for the choices on this page. */
  const choices = [options, byId('exportInfoBox', HTMLElement), byId('privacySummary', HTMLElement)];
  const panel = attachProgressPanel(store);
  /** The search for originals stopped the export that was followed last. */
  let auditStopped = false;

  const run = new ExportRun(store, {
    begun: () => panel.setButtons('running'),
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
        const phase = status.code === 'audit' ? 'audit' : 'failed';
        panel.setButtons(status.resumable === false ? 'ended' : phase);
        auditStopped = status.code === 'audit';
        panel.notify(withAdvice(`Export failed: ${status.error || 'no reason given'}`, status.hint), 'error');
        announce('The export failed.');
      }
    },
  });

  /** @param {string} text @param {string} [hint] */
  const problem = (text, hint = '') => showProblems(section, [{ text: withAdvice(text, hint) }]);

  const begin = async () => {
    if (run.busy || wizard.step !== 6) return;
    showProblems(section, []);
    const to = connection();
    if (to === null) {
      return showProblems(section, [{ text: 'Test the connection first.', way: { text: 'Go to the connection', follow: () => wizard.show(3) } }]);
    }
    if (nothingToTake()) return problem('Nothing is selected. Choose something in Step 5.');
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

  /**
   * Opens the panel for what is about to run, and puts it back if nothing does.
   *
   * @param {() => Promise<void>} action
   * @param {boolean} [goesOn] it is the export that the panel shows
   */
  const guarded = async (action, goesOn = false) => {
    panel.open({ goesOn });
    byId('runTitle', HTMLElement).focus({ preventScroll: true });
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
   * What the server asks for again; null if the person leaves it at that, rejects if it asks for nothing. An address goes
   * only to the export that began at it: the page may be connected to another installation.
   *
   * @param {string} jobId
   * @param {unknown} error
   * @param {Auth} [typed]
   * @returns {Promise<Secrets | null>}
   */
  const askedFor = async (jobId, error, typed) => {
    if (!(error instanceof RequestError)) throw error;
    if (error.code === 'auth_required') {
      const known = typed !== undefined && typed.type !== 'none' && hasSecret(typed) ? typed : await askCredentials(error.message);
      return known === null ? null : { auth: known };
    }
    if (error.code !== 'url_required') throw error;
    const to = connection();
    if (to === null || !isSameHost(to.url, (await exportStatus(jobId)).source_url ?? '')) throw new RequestError(error.message, { hint: 'Enter and test the whole address in Step 3, then resume.' });
    return { connection: to };
  };

  /**
   * Resumes an export; secrets go along only when the server asks for them.
   *
   * @param {string} jobId
   * @param {Auth} [typed]
   * @param {Amendment} [amendment]
   */
  const resume = async (jobId, typed, amendment) => {
    const goesOn = jobId === store.state.jobId;
    try {
      await guarded(() => run.resume(jobId, undefined, amendment), goesOn);
    } catch (error) {
      const secrets = await askedFor(jobId, error, typed);
      if (secrets !== null) await guarded(() => run.resume(jobId, secrets, amendment), goesOn);
    }
  };

  start.addEventListener('click', () => void begin());
  /** @param {Amendment} [amendment] */
  const resumeThis = async (amendment) => {
    try {
      showProblems(section, []);
      await resume(store.state.jobId, auth(), amendment);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      problem(`The export was not resumed: ${error.message}`, error.hint);
    }
  };
  panel.resume.addEventListener('click', () => {
    if (!auditStopped) return void resumeThis();
    // What was chosen since then answers the search; names are replaced when the bundle is sealed.
    const { custom_labels, drop_labels } = obfuscationOf(store.state.obfuscation);
    void resumeThis({ custom_labels, drop_labels });
  });
  panel.accept.addEventListener('click', () => void resumeThis({ accept_audit: true }));
  panel.cancel.addEventListener('click', async () => {
    if (panel.cancel.ariaDisabled === 'true') return;
    // Disabled for real, it would lose the focus.
    panel.cancel.ariaDisabled = 'true';
    panel.notify('Canceling');
    try {
      await run.cancel();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      panel.cancel.ariaDisabled = null;
      panel.notify(withAdvice(error.message, error.hint), 'error');
    }
  });

  store.watch((state) => {
    start.disabled = run.busy;
    options.disabled = run.busy;
    for (const part of choices) show(part, !showsOther(state));
  });

  /** Shows the progress of an export that was started elsewhere or before a reload. @param {string} jobId */
  const watch = (jobId) => {
    panel.open({ goesOn: jobId === store.state.jobId });
    run.follow(jobId);
  };
  return { run, resume, watch };
}

/** @param {string} one @param {string} other */
function isSameHost(one, other) {
  const [host, wanted] = [one, other].map((url) => (URL.canParse(url) ? new URL(url).host : ''));
  return host !== '' && host === wanted;
}

/** @param {Auth} auth */
function hasSecret({ password, token, header_value: value }) {
  return Boolean(password || token || value);
}
