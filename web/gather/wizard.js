/** Moves from step to step: caption, progress, rail, history, focus. Knows nothing of what is in a step. */

/** @import { Store } from './state.js' */
/** @import { Problem } from '../shared/error-summary.js' */

import { byId, find } from '../shared/dom.js';
import { showProblems } from '../shared/error-summary.js';
import { progressWidth, stepName, stepOfHash, stepSequence, stepSlug } from './sequence.js';

/**
 * What a step adds to its markup.
 *
 * @typedef {object} StepParts
 * @property {() => void} [enter] runs each time the step is shown
 * @property {() => Problem[]} [check] what keeps Next from going on; may choose defaults
 * @property {() => boolean} [open] whether a link may lead to the steps behind this one
 */

export class Wizard {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** @type {Map<number, StepParts>} */
    this.parts = new Map();
    this.main = byId('main', HTMLElement);
    /** @type {Map<number, HTMLElement>} */
    this.sections = new Map();
    for (const section of this.main.querySelectorAll('section.step')) {
      if (section instanceof HTMLElement) this.sections.set(Number(section.dataset.step), section);
    }
    for (const [step, section] of this.sections) {
      section.querySelector('[data-next]')?.addEventListener('click', () => this.next(step));
      section.querySelector('[data-back]')?.addEventListener('click', () => this.back(step));
    }
    addEventListener('popstate', () => this.follow(location.hash));
    store.watch(() => this.paintPosition());
  }

  get step() {
    return this.store.state.step;
  }

  get sequence() {
    const { mode, queryType } = this.store.state;
    return stepSequence(mode, queryType);
  }

  /** @param {number} step */
  section(step) {
    const section = this.sections.get(step);
    if (section === undefined) throw new Error(`there is no step ${step}`);
    return section;
  }

  /** @param {number} step @param {StepParts} parts */
  register(step, parts) {
    this.parts.set(step, parts);
  }

  /** @param {number} from the step whose button was pressed */
  next(from) {
    if (from !== this.step) return;
    const problems = this.parts.get(from)?.check?.() ?? [];
    showProblems(this.section(from), problems);
    if (problems.length > 0) return;
    const following = this.sequence[this.sequence.indexOf(from) + 1];
    if (following !== undefined) this.show(following);
  }

  /** @param {number} from */
  back(from) {
    const before = this.sequence[this.sequence.indexOf(from) - 1];
    if (from === this.step && before !== undefined) this.show(before);
  }

  /**
   * Shows a step at once and runs what belongs to entering it.
   *
   * @param {number} step
   * @param {{ history?: 'push' | 'replace' | 'none', focus?: boolean }} [options]
   */
  show(step, { history: entry = 'push', focus = true } = {}) {
    for (const [number, section] of this.sections) {
      section.classList.toggle('active', number === step);
      section.querySelector('[data-next]')?.classList.toggle('btn-primary', number === step);
    }
    const address = `${location.pathname}${location.search}${step === 1 ? '' : `#${stepSlug(step)}`}`;
    if (entry === 'push') history.pushState(null, '', address);
    if (entry === 'replace') history.replaceState(null, '', address);
    this.store.set({ step });
    scrollTo(0, 0);
    if (focus) find(this.section(step), '.step-title', HTMLElement).focus({ preventScroll: true });
    this.parts.get(step)?.enter?.();
  }

  /** Follows a link to a step, as far as the steps before it are done. @param {string} hash */
  follow(hash) {
    const wanted = stepOfHash(hash) ?? 1;
    const reachable = this.reachable();
    const target = reachable.includes(wanted) ? wanted : (reachable.filter((step) => step !== 7).at(-1) ?? 1);
    this.show(target, { history: target === wanted ? 'none' : 'replace' });
  }

  /** Steps that a link may lead to now. */
  reachable() {
    const steps = [];
    for (const step of this.sequence) {
      if (step === 7) break;
      steps.push(step);
      if (this.parts.get(step)?.open?.() === false) break;
    }
    // The last step is reached by an export, not by going on, and stays while choices for another one change.
    if (this.store.state.result !== null) steps.push(7);
    return steps;
  }

  paintPosition() {
    const { step, mode } = this.store.state;
    const sequence = this.sequence;
    const at = sequence.indexOf(step);
    if (at < 0) return;
    const caption = `Step ${at + 1} of ${sequence.length}: ${stepName(step, mode)}`;
    const info = byId('stepInfo', HTMLElement);
    if (info.textContent !== caption) info.textContent = caption;
    const width = progressWidth(sequence, step);
    byId('progress', HTMLElement).style.width = width;
    byId('progressTrack', HTMLElement).setAttribute('aria-valuenow', String(Math.round(parseFloat(width))));
    document.title = step === 1 ? 'vmgather' : `${stepName(step, mode)} - vmgather`;
  }
}
