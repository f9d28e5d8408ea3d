/** Errors and hints of the server, which end without a full stop, as sentences in a line. */

/** @param {string} text */
export function sentence(text) {
  const whole = text.trim();
  return whole === '' || /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/**
 * `cannot write: disk full. What to do: make room.`
 *
 * @param {string} text what is wrong
 * @param {string} [hint] what to do about it
 */
export function withAdvice(text, hint = '') {
  return hint.trim() === '' ? text : `${sentence(text)} What to do: ${sentence(hint)}`;
}
