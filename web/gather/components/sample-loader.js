/** Loads sample series for the preview. Only the newest result counts; a failure stays until something changes. */

/** @import { Connection, Sample } from '../api.js' */
/** @import { Store } from '../state.js' */

import { RequestError } from '../../shared/request.js';
import { sample } from '../api.js';
import { selectionConfig } from '../payload.js';

const PAUSE_MS = 250;

/**
 * @typedef {object} Loaded
 * @property {'empty' | 'loading' | 'ready' | 'failed'} phase
 * @property {Sample[]} samples the newest ones, kept while others are loaded
 * @property {string} error
 * @property {string} hint
 */

export class SampleLoader extends EventTarget {
  /**
   * @param {Store} store
   * @param {() => Connection | null} connection
   * @param {() => boolean} nothingChosen asked after everything was chosen, if nothing was
   */
  constructor(store, connection, nothingChosen) {
    super();
    this.store = store;
    this.connection = connection;
    this.nothingChosen = nothingChosen;
    /** @type {Loaded} */
    this.loaded = { phase: 'empty', samples: [], error: '', hint: '' };
    /** Samples as they are without obfuscation, for a comparison. @type {Sample[]} */
    this.plain = [];
    /** @type {AbortController | null} */
    this.running = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pause = undefined;
  }

  /** Forgets what was loaded, for another selection. */
  reset() {
    this.stop();
    this.plain = [];
    this.become({ phase: 'empty', samples: [], error: '', hint: '' });
  }

  stop() {
    clearTimeout(this.pause);
    this.running?.abort();
    this.running = null;
  }

  /** Loads after a short pause, so that several changes in a row make one request. */
  loadSoon() {
    this.stop();
    this.become({ ...this.loaded, phase: 'loading', error: '', hint: '' });
    this.pause = setTimeout(() => void this.load(), PAUSE_MS);
  }

  /** Loads now. Never rejects. */
  async load() {
    this.stop();
    if (this.nothingChosen()) {
      this.become({ ...this.loaded, phase: 'failed', error: 'Nothing is selected. Choose something in Step 5.', hint: '' });
      return;
    }
    const to = this.connection();
    if (to === null) {
      this.become({ ...this.loaded, phase: 'failed', error: 'Test the connection first.', hint: '' });
      return;
    }
    const mine = (this.running = new AbortController());
    const { enabled, drop } = this.store.state.obfuscation;
    this.become({ ...this.loaded, phase: 'loading', error: '', hint: '' });
    try {
      const answer = await sample(selectionConfig(this.store.state, to), { signal: mine.signal });
      if (mine.signal.aborted) return;
      const samples = answer.samples ?? [];
      if (!enabled && drop.length === 0) this.plain = samples;
      this.become({ phase: 'ready', samples, error: '', hint: '' });
    } catch (error) {
      if (mine.signal.aborted) return;
      const failure = error instanceof RequestError ? error : new RequestError(String(error));
      // A selection without series is an answer, not a failure.
      if (failure.code === 'no_series') return this.become({ phase: 'ready', samples: [], error: '', hint: '' });
      this.become({ ...this.loaded, phase: 'failed', error: failure.message, hint: failure.hint });
    } finally {
      if (this.running === mine) this.running = null;
    }
  }

  /** @param {Loaded} loaded */
  become(loaded) {
    this.loaded = loaded;
    this.dispatchEvent(new Event('change'));
  }
}
