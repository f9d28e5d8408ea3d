/** @import { Warning } from './api.js' */

/** @param {Warning} warning a text, or a code with a text */
export function warningText(warning) {
  return typeof warning === 'string' ? warning : (warning.text ?? warning.code ?? '');
}
