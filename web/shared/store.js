/** The state of a page: one object that tells when it changes. Secrets are never in it. */

/** @template {object} S */
export class Store extends EventTarget {
  /** @param {S} initial */
  constructor(initial) {
    super();
    this.state = initial;
  }

  /** @param {Partial<S>} changes */
  set(changes) {
    this.state = { ...this.state, ...changes };
    this.dispatchEvent(new Event('change'));
  }

  /** @param {(state: S) => void} listener called now and after each change */
  watch(listener) {
    this.addEventListener('change', () => listener(this.state));
    listener(this.state);
  }
}
