/** The calls of the import page, and the shapes that go over the wire. Absent fields are normal. */

import { deleteJson, getJson, postJson } from '../shared/request.js';
import { upload } from './upload.js';

/** @returns {Promise<{ version?: string }>} */
export const getHealth = () => getJson('/api/health');

/** @param {ImportConfig} config @returns {Promise<EndpointCheck>} */
export const checkEndpoint = (config) => postJson('/api/check-endpoint', config);

/**
 * Looks at a bundle without sending anything on.
 *
 * @param {File} bundle
 * @param {ImportConfig} config
 * @param {{ full: boolean, signal: AbortSignal, onProgress: (fraction: number) => void }} options
 * @returns {Promise<Analysis>}
 */
export function analyze(bundle, config, { full, ...options }) {
  const form = new FormData();
  form.append('config', JSON.stringify(config));
  if (full) form.append('full_collection', '1');
  form.append('bundle', bundle, bundle.name);
  return upload('/api/analyze', form, options);
}

/**
 * Hands the bundle over; the server then imports it.
 *
 * @param {File} bundle
 * @param {ImportConfig} config
 * @param {{ signal: AbortSignal, onProgress: (fraction: number) => void }} options
 * @returns {Promise<{ job_id: string, job?: Job }>}
 */
export function startImport(bundle, config, options) {
  const form = new FormData();
  // The server refuses a bad target before it reads the bundle.
  form.append('config', JSON.stringify(config));
  form.append('bundle', bundle, bundle.name);
  return upload('/api/upload', form, options);
}

/** @param {string} jobId @param {{ timeoutMs: number, signal?: AbortSignal }} options @returns {Promise<Job>} */
export const importStatus = (jobId, options) => getJson(`/api/import/status?id=${encodeURIComponent(jobId)}`, options);

/** @param {string} jobId @param {Partial<ImportConfig>} [config] what the server asks for again @returns {Promise<{ job_id?: string, status?: string }>} */
export const resumeImport = (jobId, config = {}) => postJson(`/api/import/resume?id=${encodeURIComponent(jobId)}`, config);

/** @param {string} jobId */
export const cancelImport = (jobId) => postJson(`/api/import/cancel?id=${encodeURIComponent(jobId)}`, {});

/** @param {string} jobId */
export const discardImport = (jobId) => postJson(`/api/import/discard?id=${encodeURIComponent(jobId)}`, {});

/** @returns {Promise<{ imports?: Job[] }>} */
export const listImports = () => getJson('/api/imports');

/** @returns {Promise<{ profiles?: Profile[] }>} */
export const recentProfiles = () => getJson('/api/profiles/recent');

/** @param {string} id */
export const forgetProfile = (id) => deleteJson(`/api/profiles/recent/${encodeURIComponent(id)}`);

/**
 * @typedef {object} Credentials
 * @property {string} auth_type `none`, `basic`, `bearer` or `header`
 * @property {string} username
 * @property {string} password also the bearer token
 * @property {string} custom_header_name
 * @property {string} custom_header_value
 */

/**
 * @typedef {object} ImportSettings
 * @property {string} endpoint as typed
 * @property {string} tenant_id
 * @property {boolean} skip_tls_verify
 * @property {number} metric_step_seconds
 * @property {number} batch_window_seconds
 * @property {boolean} drop_old
 * @property {number} time_shift_ms
 * @property {number} max_labels_override 0 leaves it to the target
 * @property {string[]} drop_labels
 * @property {Record<string, string>} add_labels
 * @property {string} timestamp_unit `ms`, `s`, `us`, `ns` or `auto`
 */

/** @typedef {Credentials & ImportSettings} ImportConfig */

/**
 * @typedef {object} EndpointCheck
 * @property {boolean} [ok]
 * @property {string} [import_url]
 * @property {string} [query_url]
 * @property {string} [server] `single`, `cluster` or `unknown`
 * @property {string[]} [warnings]
 */

/**
 * What was read or sent. The per-series arrays come from an analysis only.
 *
 * @typedef {object} Summary
 * @property {string} [metric_name] of the first series
 * @property {Record<string, string>} [labels] some labels of the first series
 * @property {string} [start] RFC 3339, oldest sample after the shift
 * @property {string} [end] RFC 3339, newest sample after the shift
 * @property {number} [total_points] samples read
 * @property {number} [points] samples kept or acknowledged
 * @property {number} [bytes] sent
 * @property {number} [source_bytes] uploaded
 * @property {number} [inflated_bytes] uncompressed
 * @property {number} [processed_bytes] handled so far, uncompressed
 * @property {number} [chunks] acknowledged requests
 * @property {Record<string, string>[]} [examples]
 * @property {number} [skipped_lines]
 * @property {Record<string, number>} [skipped_reasons]
 * @property {{ line: number, reason: string }[]} [first_errors]
 * @property {number} [dropped_old] samples before the retention cut-off
 * @property {Record<string, number>} [dropped_reasons] samples left out of good lines, by reason
 * @property {boolean} [normalized_ts]
 * @property {number} [analyzed_lines]
 * @property {number} [scanned_lines]
 * @property {number} [sample_limit]
 * @property {boolean} [sample_cut]
 * @property {number} [max_labels_seen]
 * @property {number} [max_labels_limit]
 * @property {number} [over_label_limit] series
 * @property {number} [over_limit_points] their samples
 * @property {number} [total_labels]
 * @property {{ name: string, count: number }[]} [label_stats]
 * @property {string[]} [label_universe]
 * @property {string[]} [series_label_bitsets] base64 without padding
 * @property {number[]} [series_label_counts]
 * @property {number[]} [series_point_counts]
 * @property {boolean} [simulation_series_capped]
 */

/**
 * @typedef {object} Analysis
 * @property {Summary} [summary]
 * @property {'sample' | 'full'} [analysis_mode]
 * @property {number} [retention_cutoff] Unix ms; 0 when unknown or nothing is dropped
 * @property {number} [suggested_shift_ms] from the file as it is to where the target keeps all of it; 0 if it does
 * @property {number} [max_labels_limit]
 * @property {number} [detected_max_labels_limit]
 * @property {'metrics' | 'manual' | 'unknown'} [max_labels_source]
 * @property {string[]} [protected_labels]
 * @property {string[] | null} [warnings]
 * @property {number} [first_timestamp_ms] Unix ms, oldest sample of the file before shift and cut
 * @property {number} [last_timestamp_ms] Unix ms, newest one
 * @property {string} [source_kind] how the data are packed, such as `bundle`
 * @property {string} [source_format] what they are: `jsonl` or `native`
 * @property {string} [timestamp_unit] `ms`, `s`, `us` or `ns`
 * @property {string} [export_id] of the bundle, if its metadata have one
 */

/**
 * @typedef {object} Verification
 * @property {boolean} [verified]
 * @property {string} [query]
 * @property {number} [series_seen]
 * @property {string} [start]
 * @property {string} [end]
 * @property {string} [message]
 * @property {number} [series_compared]
 * @property {number} [samples_compared]
 * @property {{ job?: string, sent?: number, found?: number | null }[]} [jobs] nothing found: the target does not tell
 * @property {{ series?: string, reason?: string, detail?: string }[]} [differences] reason: `missing`, `deduplicated`, `extra`, `value`, or a text
 */

/**
 * @typedef {object} Job
 * @property {string} [id]
 * @property {'queued' | 'running' | 'completed' | 'failed' | 'canceled'} [state]
 * @property {string} [stage]
 * @property {string} [message]
 * @property {string} [name] of the file
 * @property {number} [percent]
 * @property {number} [source_bytes]
 * @property {number} [inflated_bytes]
 * @property {number} [chunks_completed]
 * @property {number} [chunks_total]
 * @property {number} [chunk_size] bytes
 * @property {Summary} [summary]
 * @property {Verification} [verification]
 * @property {string} [remote_path]
 * @property {string} [import_url]
 * @property {string} [query_url]
 * @property {number} [resume_offset]
 * @property {boolean} [resume_ready]
 * @property {string} [error]
 * @property {string} [hint]
 * @property {string[]} [warnings]
 * @property {string} [created_at]
 * @property {string} [updated_at]
 */

/**
 * Settings of an import that worked, without secrets.
 *
 * @typedef {Partial<ImportSettings> & { id: string, auth_type?: string, username?: string, custom_header_name?: string, last_used_at?: string }} Profile
 */
