/**
 * Remembers the choices of this tab over an accidental reload. Only named fields are kept, and none of them can
 * hold a secret: the address comes from the parser, which drops user name and query.
 */

/** @import { State, Store } from './state.js' */

const KEY = 'vmgather_session';
const KEPT = /** @type {const} */ ([
  'mode', 'step', 'timezone', 'preset', 'fromMs', 'toMs', 'address', 'authType', 'username', 'headerName', 'skipTls',
  'connection', 'query', 'queryType', 'components', 'selection', 'foundTargets', 'targets', 'obfuscation',
  'format', 'metricStep', 'batchWindow', 'customWindow', 'stagingDir', 'jobId', 'run', 'begunWith',
]);

/** @param {Store} store */
export function keepSession(store) {
  store.addEventListener('change', () => {
    const kept = Object.fromEntries(KEPT.map((field) => [field, store.state[field]]));
    try {
      sessionStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // Without storage a reload starts anew; nothing else depends on it.
    }
  });
}

/** @returns {Partial<State>} */
export function restoreSession() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    return Object.fromEntries(KEPT.filter((field) => field in kept).map((field) => [field, kept[field]]));
  } catch {
    return {};
  }
}

export function forgetSession() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept then.
  }
}

/**
 * Whether this load of the page goes on with what the tab did before: after a reload, on the way back, or with a
 * link to a step. A plain visit starts anew.
 *
 * @returns {boolean}
 */
export function continuesSession() {
  const [entry] = performance.getEntriesByType('navigation');
  const kind = entry instanceof PerformanceNavigationTiming ? entry.type : 'navigate';
  return kind !== 'navigate' || location.hash.length > 1;
}
