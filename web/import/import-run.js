/** One import from the button to its end: uploads, follows, cancels, resumes. */

/** @import { Auth } from '../shared/auth-fields.js' */
/** @import { Store } from '../shared/store.js' */
/** @import { Job } from './api.js' */
/** @import { PollState } from './job-poll.js' */
/** @import { ImportState } from './state.js' */
/** @import { StatusAction } from './components/status-panel.js' */

import { byId } from '../shared/dom.js';
import { confirmDiscard } from '../shared/discard-dialog.js';
import { askCredentials } from '../shared/credentials-dialog.js';
import { RequestError } from '../shared/request.js';
import { cancelImport, discardImport, resumeImport, startImport } from './api.js';
import { attachOutcome } from './components/outcome.js';
import { attachProgressPanel } from './components/progress-panel.js';
import { attachStatusPanel } from './components/status-panel.js';
import { configOf, credentialsOf } from './config.js';
import { MOST_ERRORS, STALE_MS } from './job-poll.js';
import { JobWatch } from './job-watch.js';
import { rememberJob } from './session.js';
import { isBusy, markProblem } from './state.js';
import { formatUtc, parseMoment } from './utc.js';

/**
 * @param {Store<ImportState>} store
 * @param {{ auth: () => Auth, accepted: () => void, changed: () => void }} options `accepted` after an upload, `changed` when a job begins or stops being followed
 */
export function attachImportRun(store, { auth, accepted, changed }) {
  const panel = attachProgressPanel();
  const status = attachStatusPanel();
  const outcome = attachOutcome();
  const title = byId('runTitle', HTMLElement);
  const box = byId('statusPanel', HTMLElement);
  /** @type {AbortController | null} */
  let uploading = null;

  const watch = new JobWatch({
    status(job, poll) {
      panel.paint(job);
      panel.debug(jobLine(job, store.state.jobId));
      if (poll.phase === 'ended') return finish(job);
      if (store.state.run !== 'active') store.set({ run: 'active' });
      if (poll.stale) status.show('warning', 'No progress', [`The job has told nothing new for ${STALE_MS / 1000} s. It may wait for the target.`], [retry()]);
      else status.hide();
    },
    trouble(reason, poll) {
      panel.debug(`Polling errors: ${poll.errors}/${MOST_ERRORS}: ${reason}`);
      if (poll.phase === 'lost') lose(poll);
    },
  });

  /** @param {PollState} poll */
  const lose = (poll) => {
    panel.markBroken();
    status.show('error', 'Lost connection to import job', [`${poll.errors} questions in a row brought no answer. The import may go on all the same; ask again when vmgather can be reached.`], [retry()]);
    box.scrollIntoView({ block: 'nearest' });
    store.set({ run: 'lost' });
    changed();
  };

  /** @returns {StatusAction} */
  const retry = () => ({ id: 'retryStatusBtn', text: 'Retry Status', run: () => follow(store.state.jobId) });

  /** @param {Job} job */
  const finish = (job) => {
    store.set({ run: job.state === 'completed' ? 'completed' : 'failed' });
    const again = job.resume_ready ? [resumeAction(store.state.jobId), discardAction(store.state.jobId)] : [];
    if (job.state === 'completed') {
      rememberJob('');
      outcome.paint(job);
      status.show('success', 'Import complete', [job.verification?.verified === false ? 'Everything was sent. Not all of it could be verified: see below.' : 'Everything was sent.']);
      title.focus({ preventScroll: true });
      box.scrollIntoView({ block: 'center' });
    } else if (job.state === 'canceled') {
      status.show('warning', 'Import canceled', [job.resume_ready ? 'You can resume from the saved offset: only what was not acknowledged is sent.' : 'What was sent until then stays at the target.'], again);
    } else {
      status.show('error', 'Import failed', [job.error ?? 'The server gave no reason.', job.hint ?? '', job.resume_ready ? 'You can resume from the saved offset: only what was not acknowledged is sent.' : ''], again);
      if (job.summary && (job.summary.points || job.summary.skipped_lines)) outcome.paint(job);
    }
    if (job.state !== 'completed') box.scrollIntoView({ block: 'nearest' });
    changed();
  };

  /** @param {string} jobId @returns {StatusAction} */
  const resumeAction = (jobId) => ({ id: 'resumeImportBtn', text: 'Resume import', run: () => resume(jobId) });

  /** @param {string} jobId @returns {StatusAction} */
  const discardAction = (jobId) => ({
    id: 'discardImportBtn',
    text: 'Discard',
    danger: true,
    async run() {
      if (!(await discard(jobId))) return;
      rememberJob('');
      panel.hide();
      outcome.hide();
      status.show('info', 'Import discarded', ['The uploaded bundle is deleted here. What was sent until then stays at the target.']);
      store.set({ run: 'idle', jobId: '' });
      changed();
    },
  });

  /** @param {string} jobId */
  function follow(jobId) {
    rememberJob(jobId);
    store.set({ jobId, run: 'active' });
    status.hide();
    watch.start(jobId);
    changed();
  }

  /** Shows a job that this page did not start. @param {string} jobId */
  const open = (jobId) => {
    panel.open();
    outcome.hide();
    follow(jobId);
    reveal();
  };

  /** @param {string} jobId @returns {Promise<boolean>} whether the person wanted it and it is gone */
  const discard = async (jobId) => {
    if (!(await confirmDiscard('The uploaded bundle is deleted here, and the import cannot be resumed. What was sent until then stays at the target.'))) return false;
    await discardImport(jobId);
    return true;
  };

  /** @param {string} jobId @returns {Promise<boolean>} false if the person gave up */
  const resumed = async (jobId) => {
    try {
      await resumeImport(jobId);
      return true;
    } catch (error) {
      // A server that was started anew has no secrets any more.
      if (!(error instanceof RequestError) || error.code !== 'auth_required') throw error;
      if (error.message.includes('`endpoint`')) return resumedAt(jobId);
      const typed = await askCredentials(error.message);
      if (typed === null) return false;
      await resumeImport(jobId, credentialsOf(typed));
      return true;
    }
  };

  /** The address held a query string, which is not kept: it comes from the form. @param {string} jobId */
  const resumedAt = async (jobId) => {
    const endpoint = store.state.endpoint.trim();
    if (endpoint === '') {
      throw new RequestError('The address is needed again.', { hint: 'Its query string was not kept. Enter the whole address above, with its credentials, then resume.' });
    }
    await resumeImport(jobId, { endpoint, ...credentialsOf(auth()) });
    return true;
  };

  /** @param {string} jobId */
  const resume = async (jobId) => {
    try {
      if (await resumed(jobId)) open(jobId);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      status.show('error', 'The import could not be resumed', [error.message, error.hint], [resumeAction(jobId)]);
    }
  };

  const start = async () => {
    const { state } = store;
    if (state.file === null || isBusy(state)) return;
    if (markProblem(state) !== '') {
      byId(state.mark.value === '' ? 'markValue' : 'markName', HTMLElement).focus();
      return;
    }
    const { file } = state;
    const mine = (uploading = new AbortController());
    store.set({ run: 'uploading', jobId: '' });
    status.hide();
    outcome.hide();
    panel.open();
    panel.upload(0, file.size);
    reveal();
    try {
      const answer = await startImport(file, configOf(state, auth()), {
        signal: mine.signal,
        onProgress: (fraction) => panel.upload(fraction, file.size),
      });
      if (answer.job) panel.paint(answer.job);
      follow(answer.job_id);
      accepted();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      panel.markBroken();
      if (error.aborted) panel.hide();
      if (error.aborted) status.show('info', 'Upload canceled', ['Nothing was sent to the target.']);
      else status.show('error', 'The import did not start', [error.message, error.hint]);
      store.set({ run: 'idle' });
    } finally {
      uploading = null;
    }
  };

  const cancel = async () => {
    if (uploading !== null) return uploading.abort();
    panel.cancel.disabled = true;
    try {
      await cancelImport(store.state.jobId);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      status.show('error', 'The import could not be canceled', [error.message, error.hint]);
      panel.cancel.disabled = false;
    }
  };

  /** Brings the panel into view and says where we are. */
  const reveal = () => {
    title.focus({ preventScroll: true });
    byId('importProgressPanel', HTMLElement).scrollIntoView({ block: 'center' });
  };

  panel.cancel.addEventListener('click', () => void cancel());
  return {
    start,
    open,
    resume,
    discard,
    reset() {
      watch.stop();
      rememberJob('');
      panel.hide();
      status.hide();
      outcome.hide();
      box.className = 'status';
    },
  };
}

/** @param {Job} job @param {string} jobId for whoever looks for a fault */
function jobLine({ id, state, stage = '', chunks_completed: done = 0, chunks_total: total, updated_at: updated }, jobId) {
  const moment = parseMoment(updated);
  return [
    `Job ${id ?? jobId}: ${state ?? 'unknown'}`,
    stage === state ? '' : stage,
    `chunks ${done}/${total ?? '?'}`,
    moment === null ? '' : `updated ${formatUtc(moment)} UTC`,
  ].filter((part) => part !== '').join(', ');
}
