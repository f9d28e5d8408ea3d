/**
 * One export from start to end: starts it, follows it, cancels and resumes it. Polls the status; while the server
 * pushes events, polling rests.
 */

/** @import { Amendment, ExportConfig, JobStatus, Secrets } from './api.js' */
/** @import { Store } from './state.js' */

import { sentence } from '../shared/advice.js';
import { RequestError } from '../shared/request.js';
import { cancelExport, exportStatus, resumeExport, startExport } from './api.js';
import { choicesOf } from './payload.js';

const POLL_MS = 2000;

/**
 * @typedef {object} RunEvents
 * @property {() => void} begun there is an export to be canceled from now on
 * @property {(status: JobStatus) => void} progress a new status, also the first and the last one
 * @property {(text: string) => void} trouble the server did not answer a poll; empty when it does again
 * @property {(status: JobStatus) => void} ended completed, failed or canceled
 */

export class ExportRun {
  /** @param {Store} store @param {RunEvents} events */
  constructor(store, events) {
    this.store = store;
    this.events = events;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {EventSource | null} */
    this.source = null;
    /** Whether events broke off in this run; then polling does for the rest of it. */
    this.eventsBroke = false;
    /** Counts runs, so that a late answer of an earlier one is known as such. */
    this.generation = 0;
  }

  get busy() {
    return this.store.state.run === 'starting' || this.store.state.run === 'active';
  }

  /** @param {ExportConfig} config rejects with the error of the server; does nothing while an export runs */
  async start(config) {
    if (this.busy) return;
    this.store.set({ run: 'starting', result: null, jobId: '', begunWith: choicesOf(this.store.state) });
    try {
      this.begin(await startExport(config));
    } catch (error) {
      this.store.set({ run: 'idle' });
      throw error;
    }
  }

  /** @param {string} jobId @param {Secrets} [secrets] @param {Amendment} [amendment] rejects with the error of the server */
  async resume(jobId, secrets, amendment) {
    if (this.busy) return;
    const before = this.store.state.run;
    this.store.set({ run: 'starting' });
    try {
      const status = await resumeExport(jobId, secrets, amendment);
      this.know(jobId);
      this.begin({ ...status, job_id: status.job_id ?? jobId });
    } catch (error) {
      this.store.set({ run: before });
      throw error;
    }
  }

  /** Follows an export that this page did not start. @param {string} jobId */
  follow(jobId) {
    this.know(jobId);
    this.begin({ job_id: jobId, state: 'running' });
  }

  /** What is chosen on this page says nothing about an export that comes from elsewhere. @param {string} jobId */
  know(jobId) {
    if (jobId !== this.store.state.jobId) this.store.set({ begunWith: '' });
  }

  async cancel() {
    if (this.store.state.jobId !== '') await cancelExport(this.store.state.jobId);
  }

  /** @param {JobStatus} status */
  begin(status) {
    this.stop();
    this.generation += 1;
    this.eventsBroke = false;
    this.store.set({ jobId: status.job_id ?? '', run: 'active' });
    this.events.begun();
    this.events.progress({ progress: 0, ...status, state: 'pending' });
    if (status.events_url) this.listen(status.events_url);
    else void this.poll();
  }

  async poll() {
    const mine = this.generation;
    try {
      const status = await exportStatus(this.store.state.jobId);
      if (mine !== this.generation) return;
      this.events.trouble('');
      if (!this.take(status)) return;
      if (status.events_url && !this.eventsBroke) return this.listen(status.events_url);
    } catch (error) {
      if (mine !== this.generation) return;
      const failure = error instanceof RequestError ? error : new RequestError(String(error));
      if (failure.status === 404) {
        this.take({ state: 'failed', resumable: false, error: 'vmgather does not know this export any more. It may be among the unfinished ones on the first step.' });
        return;
      }
      this.events.trouble(`${sentence(failure.message)} Asking again.`);
    }
    this.timer = setTimeout(() => void this.poll(), POLL_MS);
  }

  /** @param {string} url of events whose data are statuses */
  listen(url) {
    const mine = this.generation;
    const source = (this.source = new EventSource(url));
    const fallBack = () => {
      source.close();
      if (mine !== this.generation) return;
      this.source = null;
      this.eventsBroke = true;
      void this.poll();
    };
    const receive = (/** @type {MessageEvent} */ event) => {
      if (mine !== this.generation) return;
      /** @type {JobStatus} */
      let status;
      try {
        status = JSON.parse(event.data);
      } catch {
        return fallBack();
      }
      this.events.trouble('');
      this.take(status);
    };
    source.addEventListener('message', receive);
    source.addEventListener('status', receive);
    source.addEventListener('error', fallBack);
  }

  /** @param {JobStatus} status @returns {boolean} whether the export goes on */
  take(status) {
    this.events.progress(status);
    const { state } = status;
    if (state !== 'completed' && state !== 'failed' && state !== 'canceled') return true;
    this.stop();
    this.generation += 1;
    this.store.set({ run: state, result: state === 'completed' ? { warnings: status.warnings, ...status.result } : null });
    this.events.ended(status);
    return false;
  }

  stop() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
