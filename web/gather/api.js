/** The calls of the exporter and the shapes that go over the wire. Every field of a reply may be missing. */

/** @import { Auth } from '../shared/auth-fields.js' */

import { getJson, postJson } from '../shared/request.js';

/**
 * @typedef {object} Connection
 * @property {string} url
 * @property {string} api_base_path
 * @property {string | null} [tenant_id]
 * @property {boolean} [is_multitenant]
 * @property {string} full_api_url
 * @property {Auth} auth
 * @property {boolean} [skip_tls_verify]
 */

/**
 * @typedef {object} Validation
 * @property {boolean} [success]
 * @property {string} [message]
 * @property {string} [error]
 * @property {string} [hint]
 * @property {string} [code]
 * @property {string} [warning]
 * @property {string[]} [warnings]
 * @property {boolean} [is_victoria_metrics]
 * @property {string} [version]
 * @property {number} [components]
 * @property {string[]} [vm_components]
 * @property {string} [final_endpoint]
 * @property {Connection} [resolved_connection]
 * @property {Attempt[]} [attempts]
 */

/** @typedef {{ endpoint?: string, api_base_path?: string, success?: boolean, error?: string }} Attempt */

/**
 * @typedef {object} QueryValidation
 * @property {boolean} [success]
 * @property {string} [query_type]
 * @property {number} [result_count]
 * @property {boolean} [has_job]
 * @property {boolean} [has_instance]
 * @property {string[]} [sample_labels]
 * @property {string} [error]
 * @property {string} [message]
 */

/**
 * @typedef {object} Component
 * @property {string} component
 * @property {string[]} jobs
 * @property {number} [instance_count] -1 if not known
 * @property {number} [metrics_count_estimate] -1 if not known
 * @property {Record<string, number>} [job_metrics]
 */

/** @typedef {'jsonl' | 'native'} Format what the data of a bundle are */

/** @typedef {{ job: string, instance_count?: number, metrics_count_estimate?: number }} Target */

/**
 * @typedef {object} ObfuscationConfig
 * @property {boolean} enabled
 * @property {boolean} obfuscate_instance
 * @property {boolean} obfuscate_job
 * @property {boolean} preserve_structure
 * @property {string[]} custom_labels
 * @property {string[]} drop_labels
 * @property {string} [level]
 */

/**
 * @typedef {object} ExportConfig
 * @property {Connection} connection
 * @property {{ start: string, end: string }} time_range
 * @property {string[]} components
 * @property {string[]} jobs
 * @property {string} mode
 * @property {string} query_type
 * @property {string} query
 * @property {ObfuscationConfig} obfuscation
 * @property {Format} [format]
 * @property {string} [staging_dir]
 * @property {number} [metric_step_seconds]
 * @property {{ enabled: boolean, strategy: string, custom_interval_seconds: number }} [batching]
 */

/**
 * @typedef {object} Sample
 * @property {string} [name]
 * @property {string} [metric_name]
 * @property {Record<string, string>} [labels]
 * @property {number | string | null} [value]
 * @property {number} [timestamp] Unix milliseconds
 * @property {[number, number | null][]} [points] Unix milliseconds and values over the range
 */

/**
 * @typedef {object} Estimate
 * @property {number | null} [series]
 * @property {number | null} [samples]
 * @property {number | null} [bundle_bytes_jsonl]
 * @property {number | null} [bundle_bytes_native]
 * @property {number | null} [seconds]
 * @property {string[]} [warnings]
 */

/**
 * @typedef {object} LabelChange
 * @property {string} label
 * @property {string} action `replaced`, `kept` or `dropped`
 * @property {number} [distinct] distinct values
 * @property {number} [replaced] those of them that are replaced
 * @property {{ before: string, after?: string | null }[]} [examples]
 */

/** @typedef {string | { code?: string, text?: string }} Warning */

/**
 * @typedef {object} ExportResult
 * @property {string} [export_id]
 * @property {string} [archive_path]
 * @property {string} [archive_name]
 * @property {number} [archive_size]
 * @property {number} [archive_size_bytes]
 * @property {string} [format]
 * @property {number} [metrics_count]
 * @property {number} [metrics_exported]
 * @property {number} [series_count]
 * @property {number} [sample_count]
 * @property {string} [sha256]
 * @property {boolean} [obfuscation_applied]
 * @property {string} [map_path]
 * @property {Sample[]} [sample_data]
 * @property {Warning[]} [warnings]
 */

/**
 * @typedef {object} JobStatus
 * @property {string} [job_id]
 * @property {'pending' | 'running' | 'completed' | 'failed' | 'canceled'} [state]
 * @property {string} [stage]
 * @property {number} [total_batches]
 * @property {number} [completed_batches]
 * @property {number} [progress] 0 to 1
 * @property {number} [metrics_processed]
 * @property {number} [fetched_samples]
 * @property {number} [samples_per_second]
 * @property {number} [fetched_bytes]
 * @property {number} [batch_window_seconds]
 * @property {number} [average_batch_seconds]
 * @property {number} [last_batch_duration_seconds]
 * @property {string} [eta]
 * @property {string} [staging_path]
 * @property {boolean} [obfuscation_enabled]
 * @property {string} [format]
 * @property {boolean} [resumable]
 * @property {string} [source_url]
 * @property {TimeSpan} [time_range]
 * @property {string} [hint]
 * @property {string} [code]
 * @property {string} [events_url]
 * @property {string} [error]
 * @property {Warning[]} [warnings]
 * @property {ExportResult} [result]
 */

/** @typedef {{ start?: string, end?: string }} TimeSpan RFC 3339 */

/**
 * @typedef {object} InterruptedExport
 * @property {string} job_id
 * @property {string} [state] `running` while another process is at work on it
 * @property {string} [url]
 * @property {TimeSpan} [range]
 * @property {number} [slices_done]
 * @property {number} [slices_total]
 * @property {string} [error]
 */

/**
 * @typedef {object} FinishedExport
 * @property {string} export_id
 * @property {string} [archive_name]
 * @property {number} [size] bytes
 * @property {string} [format]
 * @property {string} [created]
 * @property {boolean} [obfuscated]
 * @property {number | null} [series_count]
 */

/** @typedef {{ active?: JobStatus[], interrupted?: InterruptedExport[], finished?: FinishedExport[] }} KnownExports */

/**
 * @typedef {object} ServerConfig
 * @property {string} [version]
 * @property {string} [default_staging_dir]
 * @property {string} [output_dir]
 * @property {string} [temp_dir]
 * @property {string} [os]
 * @property {boolean} [supports_dir_picker]
 * @property {string} [demo_url]
 * @property {string[]} [obfuscation_levels]
 */

/** @typedef {{ ok?: boolean, abs_path?: string, exists?: boolean, can_create?: boolean, message?: string }} FolderCheck */
/** @typedef {{ path?: string, parent?: string, exists?: boolean, entries?: { name: string, path: string, writable?: boolean }[] }} FolderList */
/** @typedef {{ signal?: AbortSignal, timeoutMs?: number }} Options */

/** Longer than any deadline of the server for such calls, so that its own words arrive first. */
const QUICK_MS = 45_000;
const SAMPLE_MS = 30_000;

/** @returns {Promise<ServerConfig>} */
export const getConfig = () => getJson('/api/config');

/** @param {Connection} connection @param {Options} [options] @returns {Promise<Validation>} */
export const validate = (connection, options) =>
  postJson('/api/validate', { connection }, { timeoutMs: QUICK_MS, ...options });

/** @param {Connection} connection @param {string} query @param {Options} [options] @returns {Promise<QueryValidation>} */
export const validateQuery = (connection, query, options) =>
  postJson('/api/validate-query', { connection, query }, { timeoutMs: QUICK_MS, ...options });

/**
 * @param {Connection} connection
 * @param {{ start: string, end: string }} timeRange
 * @param {Options} [options]
 * @returns {Promise<{ components?: Component[] | null, warnings?: string[] }>}
 */
export const discover = (connection, timeRange, options) =>
  postJson('/api/discover', { connection, time_range: timeRange }, { timeoutMs: QUICK_MS, ...options });

/**
 * @param {Connection} connection
 * @param {{ start: string, end: string }} timeRange
 * @param {string} selector
 * @param {Options} [options]
 * @returns {Promise<{ jobs?: Target[] | null, warnings?: string[] }>}
 */
export const discoverSelector = (connection, timeRange, selector, options) =>
  postJson('/api/discover-selector', { connection, time_range: timeRange, selector }, { timeoutMs: QUICK_MS, ...options });

/** @param {ExportConfig} config @param {Options} [options] @returns {Promise<{ samples?: Sample[] | null }>} */
export const sample = (config, options) =>
  postJson('/api/sample', { config, limit: 10 }, { timeoutMs: SAMPLE_MS, ...options });

/** @param {ExportConfig} config @param {Options} [options] @returns {Promise<Estimate>} */
export const estimate = (config, options) => postJson('/api/estimate', config, { timeoutMs: QUICK_MS, ...options });

/** @param {ExportConfig} config @param {Options} [options] @returns {Promise<{ labels?: LabelChange[] }>} */
export const preview = (config, options) => postJson('/api/preview', config, { timeoutMs: QUICK_MS, ...options });

/** @param {string} path @param {boolean} ensure @param {Options} [options] @returns {Promise<FolderCheck>} */
export const checkFolder = (path, ensure, options) =>
  postJson('/api/fs/check', { path, ensure }, { timeoutMs: QUICK_MS, ...options });

/** @param {string} path empty for the start folder @returns {Promise<FolderList>} */
export const listFolder = (path) => getJson(`/api/fs/list?path=${encodeURIComponent(path)}`, { timeoutMs: QUICK_MS });

/** @param {ExportConfig} config @returns {Promise<JobStatus>} */
export const startExport = (config) => postJson('/api/export/start', config);

/** @param {string} jobId @param {Options} [options] @returns {Promise<JobStatus>} */
export const exportStatus = (jobId, options) =>
  getJson(`/api/export/status?id=${encodeURIComponent(jobId)}`, { timeoutMs: QUICK_MS, ...options });

/** @param {string} jobId @returns {Promise<unknown>} */
export const cancelExport = (jobId) => postJson('/api/export/cancel', { job_id: jobId });

/**
 * What changes about what leaves, as an answer to the search for originals.
 *
 * @typedef {object} Amendment
 * @property {boolean} [accept_audit]
 * @property {string[]} [custom_labels]
 * @property {string[]} [drop_labels]
 */

/** @typedef {{ auth?: Auth, connection?: Connection }} Secrets what the server never stores: credentials, or the whole address with them */

/**
 * @param {string} jobId
 * @param {Secrets} [secrets] sent only when the server asked for them
 * @param {Amendment} [amendment]
 * @returns {Promise<JobStatus>}
 */
export const resumeExport = (jobId, secrets = {}, amendment) =>
  postJson('/api/export/resume', {
    job_id: jobId,
    ...secrets,
    ...(amendment === undefined ? {} : { amendment }),
  });

/** @param {string} jobId @returns {Promise<unknown>} */
export const discardExport = (jobId) => postJson('/api/export/discard', { job_id: jobId });

/** @returns {Promise<KnownExports>} */
export const listExports = () => getJson('/api/exports', { timeoutMs: QUICK_MS });

/** @param {ExportResult} result where its bundle is downloaded; null if the result does not tell */
export function downloadUrl(result) {
  if (result.archive_path) return `/api/download?path=${encodeURIComponent(result.archive_path)}`;
  return result.export_id ? `/api/download?id=${encodeURIComponent(result.export_id)}` : null;
}
