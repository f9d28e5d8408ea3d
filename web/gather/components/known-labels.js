/** What is known of the labels of the selection: how they are called in the source, and what becomes of each. */

/** @import { Connection, LabelChange } from '../api.js' */
/** @import { SampleLoader } from './sample-loader.js' */
/** @import { Store } from '../state.js' */

import { preview } from '../api.js';
import { selectionConfig } from '../payload.js';
import { compareSamples, originalLabels } from '../sample-view.js';

/** Follows the samples. Tells every change, also of the samples, by `change`. */
export class KnownLabels extends EventTarget {
  /**
   * @param {Store} store
   * @param {SampleLoader} loader
   * @param {() => Connection | null} connection
   */
  constructor(store, loader, connection) {
    super();
    this.store = store;
    this.loader = loader;
    this.connection = connection;
    /** Whether the server was asked about the choice as it is now. @type {'unknown' | 'asking' | 'told' | 'failed'} */
    this.phase = 'unknown';
    /** What the choice as it is now does; empty while that is not known. @type {LabelChange[]} */
    this.changes = [];
    /** The last answer for this selection, with whatever choice. @type {LabelChange[]} */
    this.told = [];
    /** @type {AbortController | null} */
    this.running = null;
    loader.addEventListener('change', () => void this.follow());
  }

  /**
   * Labels of the source, sorted, with an original value each; null where only a pseudonym is known.
   *
   * @returns {[name: string, example: string | null][]}
   */
  originals() {
    const { plain, loaded } = this.loader;
    const { enabled, level } = this.store.state.obfuscation;
    const labels = originalLabels(plain.length > 0 || enabled ? plain : loaded.samples, this.told);
    // Better names alone than nothing to choose from. The strict level replaces names too.
    if (labels.length > 0 || this.phase !== 'failed' || level === 'strict') return labels;
    return originalLabels(loaded.samples, []).map(([name]) => [name, null]);
  }

  async follow() {
    this.running?.abort();
    this.running = null;
    const { phase, samples } = this.loader.loaded;
    if (phase === 'empty') this.told = [];
    // What was known belongs to another choice, and must not speak for this one.
    if (phase !== 'ready') return this.become(phase === 'failed' ? 'failed' : phase === 'loading' ? 'asking' : 'unknown', []);
    const to = this.connection();
    if (to === null || samples.length === 0) return this.become('unknown', []);
    this.become('asking', []);
    const { plain } = this.loader;
    const compared = plain.length > 0 ? compareSamples(plain, samples) : [];
    const mine = (this.running = new AbortController());
    try {
      const answer = await preview(selectionConfig(this.store.state, to), { signal: mine.signal });
      if (mine.signal.aborted) return;
      this.told = answer.labels ?? [];
      this.become('told', answer.labels ?? compared);
    } catch {
      if (!mine.signal.aborted) this.become('failed', compared);
    }
  }

  /** @param {KnownLabels['phase']} phase @param {LabelChange[]} changes */
  become(phase, changes) {
    this.phase = phase;
    this.changes = this.store.state.obfuscation.enabled ? changes : [];
    this.dispatchEvent(new Event('change'));
  }
}
