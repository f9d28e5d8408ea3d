/** What the data of the bundle will be, and what either format would weigh. */

/** @import { Estimate, Format } from '../api.js' */
/** @import { Store } from '../state.js' */

import { byId, find } from '../../shared/dom.js';
import { formatBytes } from '../../shared/format.js';
import { isCount } from '../selection.js';

const NO_BREAK = '\u00a0';

/**
 * @param {Store} store
 * @returns {{ paint: (estimate: Estimate) => void }} shows the sizes of an estimate, and none of an empty one
 */
export function attachFormatChoice(store) {
  const choice = byId('bundleFormat', HTMLFieldSetElement);
  const bundle = byId('estimateBytes', HTMLElement);
  const sizes = { jsonl: byId('jsonlSize', HTMLElement), native: byId('nativeSize', HTMLElement) };
  /** @type {Record<Format, string>} empty while unknown */
  let known = { jsonl: '', native: '' };

  const paintBundle = () => {
    bundle.textContent = known[store.state.format] || '–';
  };
  choice.addEventListener('change', () => {
    const { value } = find(choice, 'input:checked', HTMLInputElement);
    store.set({ format: value === 'native' ? 'native' : 'jsonl' });
  });
  store.watch(({ format }) => {
    find(choice, `input[value="${format}"]`, HTMLInputElement).checked = true;
    paintBundle();
  });

  /** @param {number | null | undefined} bytes */
  const told = (bytes) => (isCount(bytes) ? formatBytes(bytes) : '');
  return {
    paint({ bundle_bytes_jsonl: jsonl, bundle_bytes_native: native }) {
      known = { jsonl: told(jsonl), native: told(native) };
      for (const format of /** @type {const} */ (['jsonl', 'native'])) {
        // In one piece, also where the line is narrow.
        sizes[format].textContent = known[format] === '' ? '' : `, ${`about ${known[format]}`.replaceAll(' ', NO_BREAK)}`;
      }
      paintBundle();
    },
  };
}
