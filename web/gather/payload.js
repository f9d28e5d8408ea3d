/** The bodies the page sends, built from what was chosen. */

/** @import { ParsedUrl } from './url.js' */
/** @import { Auth } from '../shared/auth-fields.js' */
/** @import { Connection, ExportConfig, ObfuscationConfig } from './api.js' */
/** @import { State } from './state.js' */

import { chosenComponents, chosenJobs } from './selection.js';

/**
 * @param {ParsedUrl} parsed
 * @param {Auth} auth
 * @param {boolean} skipTlsVerify
 * @returns {Connection}
 */
export function connectionOf(parsed, auth, skipTlsVerify) {
  return {
    url: parsed.url,
    api_base_path: parsed.api_base_path,
    tenant_id: parsed.tenant_id,
    is_multitenant: parsed.is_multitenant,
    full_api_url: parsed.full_api_url,
    auth,
    skip_tls_verify: skipTlsVerify,
  };
}

/**
 * @param {State['obfuscation']} chosen
 * @returns {ObfuscationConfig}
 */
export function obfuscationOf(chosen) {
  const { enabled, instance, job, level, custom, drop } = chosen;
  return {
    enabled,
    obfuscate_instance: enabled && instance,
    obfuscate_job: enabled && job,
    preserve_structure: true,
    custom_labels: enabled ? [...custom] : [],
    drop_labels: [...drop],
    // Servers that know no levels never see the field.
    ...(enabled && level === 'strict' ? { level } : {}),
  };
}

/**
 * @param {State} state
 * @returns {{ start: string, end: string }}
 */
export function timeRangeOf(state) {
  return { start: new Date(state.fromMs).toISOString(), end: new Date(state.toMs).toISOString() };
}

/**
 * What `/api/sample`, `/api/estimate` and the start of an export have in common.
 *
 * @param {State} state
 * @param {Connection} connection
 * @returns {ExportConfig}
 */
export function selectionConfig(state, connection) {
  return { connection, ...selected(state) };
}

/** @param {State} state */
function selected(state) {
  const custom = state.mode === 'custom';
  return {
    time_range: timeRangeOf(state),
    components: custom ? [] : chosenComponents(state.selection),
    jobs: jobsOf(state),
    mode: state.mode,
    query_type: custom ? state.queryType : '',
    query: custom ? state.query.trim() : '',
    obfuscation: obfuscationOf(state.obfuscation),
  };
}

/**
 * @param {State} state
 * @param {Connection} connection
 * @returns {ExportConfig}
 */
export function exportConfig(state, connection) {
  return {
    ...selectionConfig(state, connection),
    ...handling(state),
    staging_dir: state.stagingDir.trim(),
  };
}

/**
 * What was chosen for an export, as a text to compare: two that are the same make the same bundle of the same source.
 *
 * @param {State} state
 */
export function choicesOf(state) {
  return JSON.stringify([selected(state), handling(state)]);
}

/**
 * Whether an export is shown that was begun with other choices than those on the page, which would be taken for its own.
 * Once it has ended, they are those of the next one, if there is a connection for that.
 *
 * @param {State} state
 */
export function showsOther(state) {
  const { run, connection } = state;
  if (run === 'idle' || run === 'completed' || choicesOf(state) === state.begunWith) return false;
  return run === 'starting' || run === 'active' || connection === null;
}

/** @param {State} state */
function handling(state) {
  const window = windowSeconds(state);
  return {
    format: state.format,
    metric_step_seconds: state.metricStep === 'auto' ? 0 : Number(state.metricStep),
    batching: {
      enabled: true,
      strategy: window === 0 ? 'auto' : 'custom',
      custom_interval_seconds: window,
    },
  };
}

/** @param {State} state seconds; 0 leaves the choice to the server */
export function windowSeconds(state) {
  if (state.batchWindow === 'auto') return 0;
  return state.batchWindow === 'custom' ? state.customWindow : Number(state.batchWindow);
}

/** @param {State} state */
function jobsOf(state) {
  if (state.mode === 'cluster') return chosenJobs(state.selection);
  return state.queryType === 'selector' ? [...state.targets] : [];
}
