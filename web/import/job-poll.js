/** When to ask for the status of a job again, and when to stop. Decides only; see job-watch.js for the asking. */

/** @import { Job } from './api.js' */

/** Pause between an answer and the next question. */
export const POLL_MS = 1200;
/** How long one question may take. */
export const LIMIT_MS = 15_000;
/** Bad answers in a row after which nothing is asked any more. */
export const MOST_ERRORS = 5;
/** A running job that tells nothing new for so long is worth a warning. */
export const STALE_MS = 45_000;

/**
 * @typedef {object} PollState
 * @property {number} errors bad answers in a row
 * @property {string} updatedAt the last `updated_at`
 * @property {number} changedMs when it was first seen
 * @property {'polling' | 'ended' | 'lost'} phase
 * @property {boolean} stale
 */

/** @param {number} nowMs @returns {PollState} */
export function startPolling(nowMs) {
  return { errors: 0, updatedAt: '', changedMs: nowMs, phase: 'polling', stale: false };
}

/** @param {PollState} state @param {Job} job @param {number} nowMs @returns {PollState} */
export function goodAnswer(state, job, nowMs) {
  const updatedAt = job.updated_at ?? '';
  const changedMs = updatedAt !== '' && updatedAt === state.updatedAt ? state.changedMs : nowMs;
  const ended = job.state === 'completed' || job.state === 'failed' || job.state === 'canceled';
  return { errors: 0, updatedAt, changedMs, phase: ended ? 'ended' : 'polling', stale: !ended && nowMs - changedMs >= STALE_MS };
}

/** @param {PollState} state @returns {PollState} */
export function badAnswer(state) {
  const errors = state.errors + 1;
  return { ...state, errors, phase: errors >= MOST_ERRORS ? 'lost' : 'polling' };
}
