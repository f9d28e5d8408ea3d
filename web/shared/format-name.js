/** What the formats of a bundle are called. */

/** @type {Record<string, string>} */
const NAMES = { jsonl: 'JSON lines', native: 'native blocks' };

/** @param {string | undefined} format @returns {string} empty if it is not known */
export function formatName(format) {
  return NAMES[format ?? ''] ?? '';
}
