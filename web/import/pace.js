/** How fast a job goes on, and when it will be done, from what its statuses say one after the other. */

/** @import { Job } from './api.js' */

/** Older statuses say little about now. */
const WINDOW_MS = 15_000;
/** Rates over less than this say nothing. */
const SHORTEST_MS = 500;

/**
 * @typedef {object} Speed
 * @property {number | null} samplesPerSecond null while unknown
 * @property {number | null} secondsLeft
 */

export class Pace {
  constructor() {
    /** @type {{ at: number, bytes: number, samples: number }[]} */
    this.marks = [];
  }

  /** @param {Job} job @param {number} nowMs @returns {Speed} */
  take(job, nowMs) {
    const bytes = job.summary?.processed_bytes ?? job.resume_offset ?? 0;
    const samples = job.summary?.points ?? 0;
    // A resumed job may begin below where the last one was seen.
    if (this.marks.some((mark) => mark.bytes > bytes || mark.samples > samples)) this.marks = [];
    this.marks = [...this.marks.filter(({ at }) => nowMs - at <= WINDOW_MS), { at: nowMs, bytes, samples }];
    const [oldest] = this.marks;
    const elapsed = (nowMs - oldest.at) / 1000;
    if (elapsed * 1000 < SHORTEST_MS) return { samplesPerSecond: null, secondsLeft: null };
    const bytesPerSecond = (bytes - oldest.bytes) / elapsed;
    const left = (job.inflated_bytes ?? 0) - bytes;
    const known = job.stage === 'importing' && bytesPerSecond > 0 && left >= 0;
    return {
      samplesPerSecond: (samples - oldest.samples) / elapsed,
      secondsLeft: known ? left / bytesPerSecond : null,
    };
  }
}
