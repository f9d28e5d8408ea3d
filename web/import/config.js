/** The state of the page as the import config of the API, and a profile back into state. */

/** @import { Auth } from '../shared/auth-fields.js' */
/** @import { Credentials, ImportConfig, Profile } from './api.js' */
/** @import { ImportState } from './state.js' */

import { addedLabels, DEFAULT_LIMIT, PROTECTED } from './state.js';

const MIB = 1024 * 1024;

/** @param {Auth} auth @returns {Credentials} the token of a bearer travels as a password */
export function credentialsOf(auth) {
  return {
    auth_type: auth.type,
    username: auth.username ?? '',
    password: auth.token ?? auth.password ?? '',
    custom_header_name: auth.header_name ?? '',
    custom_header_value: auth.header_value ?? '',
  };
}

/** @param {ImportState} state @param {Auth} auth @returns {ImportConfig} */
export function configOf(state, auth) {
  const step = state.metricStep === 'auto' ? recommendedStep(state.file?.size ?? 0) : Number(state.metricStep);
  return {
    endpoint: state.endpoint.trim(),
    tenant_id: state.tenantEnabled ? state.tenant.trim() : '',
    ...credentialsOf(auth),
    skip_tls_verify: state.skipTls,
    metric_step_seconds: step,
    batch_window_seconds: step,
    drop_old: !state.keepOld,
    time_shift_ms: state.shiftMs,
    max_labels_override: state.limit,
    drop_labels: [...state.dropLabels].sort(),
    add_labels: addedLabels(state),
    timestamp_unit: state.unit,
  };
}

/** @param {number} bytes of the file @returns {number} seconds; larger files are seen from further away */
export function recommendedStep(bytes) {
  if (bytes < 50 * MIB) return 30;
  return bytes < 200 * MIB ? 60 : 300;
}

/** @param {Profile} profile @returns {Partial<ImportState>} what it says of the state; nothing is tested with it yet */
export function stateOfProfile(profile) {
  const auth = profile.auth_type ?? 'none';
  const step = String(profile.metric_step_seconds ?? 'auto');
  return {
    endpoint: profile.endpoint ?? '',
    tenantEnabled: Boolean(profile.tenant_id),
    tenant: profile.tenant_id ?? '',
    authType: auth === 'basic' || auth === 'bearer' || auth === 'header' ? auth : 'none',
    username: profile.username ?? '',
    headerName: profile.custom_header_name ?? '',
    skipTls: profile.skip_tls_verify ?? false,
    tested: false,
    limit: profile.max_labels_override && profile.max_labels_override > 0 ? profile.max_labels_override : DEFAULT_LIMIT,
    dropLabels: (profile.drop_labels ?? []).filter((name) => !PROTECTED.includes(name)),
    shiftMs: profile.time_shift_ms ?? 0,
    shiftClamped: false,
    keepOld: profile.drop_old === false,
    metricStep: ['30', '60', '300'].includes(step) ? step : 'auto',
  };
}

/** What the answers of a preflight depend on, to tell whether they are of before. @param {ImportConfig} config */
export function preflightKey(config) {
  const { endpoint, tenant_id, auth_type, drop_labels, add_labels, drop_old, time_shift_ms, timestamp_unit } = config;
  return JSON.stringify([endpoint, tenant_id, auth_type, drop_labels, add_labels, drop_old, time_shift_ms, timestamp_unit]);
}
