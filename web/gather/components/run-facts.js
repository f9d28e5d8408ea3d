/** What an export that runs is of, as its status tells: the choices on the page may be others by now. */

/** @import { JobStatus } from '../api.js' */
/** @import { Store } from '../state.js' */

import { byId, show } from '../../shared/dom.js';
import { formatName } from '../../shared/format-name.js';
import { rangeText } from './selection-summary.js';

const FACTS = /** @type {const} */ (['Source', 'Range', 'Format', 'Names']);

/** @param {Store} store */
export function attachRunFacts(store) {
  /** @param {typeof FACTS[number]} fact @param {string} text a fact that is not known takes no room */
  const write = (fact, text) => {
    byId(`export${fact}`, HTMLElement).textContent = text;
    show(byId(`export${fact}Row`, HTMLElement), text !== '');
  };
  return {
    /** Forgets the export before. */
    clear() {
      for (const fact of FACTS) write(fact, '');
    },

    /** @param {JobStatus} status */
    paint({ source_url: source, time_range: range, format, obfuscation_enabled: obfuscated }) {
      if (source) write('Source', source);
      const [fromMs, toMs] = [Date.parse(range?.start ?? ''), Date.parse(range?.end ?? '')];
      if (fromMs <= toMs) write('Range', rangeText({ fromMs, toMs, timezone: store.state.timezone }));
      if (formatName(format) !== '') write('Format', formatName(format));
      if (obfuscated !== undefined) write('Names', obfuscated ? 'replaced by pseudonyms' : 'real names leave as they are');
    },
  };
}
