/** Asks for the status of one job until it ends or the server is lost. Never two questions at once. */

/** @import { Job } from './api.js' */
/** @import { PollState } from './job-poll.js' */

import { RequestError } from '../shared/request.js';
import { importStatus } from './api.js';
import { badAnswer, goodAnswer, LIMIT_MS, POLL_MS, startPolling } from './job-poll.js';

/**
 * @typedef {object} WatchEvents
 * @property {(job: Job, state: PollState) => void} status a good answer; the last one if the phase is `ended`
 * @property {(reason: string, state: PollState) => void} trouble a bad answer; the last one if the phase is `lost`
 */

export class JobWatch {
  /** @param {WatchEvents} events */
  constructor(events) {
    this.events = events;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {AbortController | null} */
    this.asking = null;
  }

  /** Watches this job from now on, and no other. @param {string} jobId */
  start(jobId) {
    this.stop();
    void this.ask(jobId, startPolling(Date.now()));
  }

  stop() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = null;
  }

  /** @param {string} jobId @param {PollState} before */
  async ask(jobId, before) {
    const asking = (this.asking = new AbortController());
    /** @type {PollState} */
    let state;
    try {
      const job = await importStatus(jobId, { timeoutMs: LIMIT_MS, signal: asking.signal });
      if (asking !== this.asking) return;
      state = goodAnswer(before, job, Date.now());
      this.events.status(job, state);
    } catch (error) {
      if (asking !== this.asking) return;
      if (!(error instanceof RequestError)) throw error;
      state = badAnswer(before);
      this.events.trouble(error.message, state);
    }
    if (asking !== this.asking || state.phase !== 'polling') return;
    this.timer = setTimeout(() => void this.ask(jobId, state), POLL_MS);
  }
}
