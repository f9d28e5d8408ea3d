/** What was chosen so far and what is known of it. Secrets and what depends on them stay in the inputs. */

/** @import { Analysis } from './api.js' */
/** @import { AuthType } from '../shared/auth-fields.js' */

/** What the label limit is until the person or the target says otherwise. */
export const DEFAULT_LIMIT = 40;
export const MARK_NAME = 'vmgather_bundle';
export const PROTECTED = ['__name__', 'job', 'instance'];

/**
 * @typedef {object} ImportState
 * @property {string} endpoint as typed
 * @property {boolean} tenantEnabled
 * @property {string} tenant
 * @property {AuthType} authType
 * @property {string} username
 * @property {string} headerName
 * @property {boolean} skipTls
 * @property {boolean} tested the target as it stands answered
 * @property {File | null} file
 * @property {Analysis | null} analysis of this file; null until a preflight succeeded, and after one that failed
 * @property {number} analysisShiftMs the shift it was asked with
 * @property {boolean} reading a preflight runs
 * @property {number} limit of labels; 0 while the field is empty
 * @property {string[]} dropLabels
 * @property {{ enabled: boolean, name: string, value: string, touched: boolean }} mark
 * @property {number} shiftMs
 * @property {boolean} shiftClamped the wish would have led into the future
 * @property {boolean} keepOld
 * @property {string} unit of the timestamps
 * @property {string} metricStep
 * @property {'idle' | 'uploading' | 'active' | 'lost' | 'completed' | 'failed'} run `failed` also when it was canceled
 * @property {string} jobId
 */

/** @returns {ImportState} */
export function initialState() {
  return {
    endpoint: '',
    tenantEnabled: false,
    tenant: '',
    authType: 'none',
    username: '',
    headerName: '',
    skipTls: false,
    tested: false,
    file: null,
    analysis: null,
    analysisShiftMs: 0,
    reading: false,
    limit: DEFAULT_LIMIT,
    dropLabels: [],
    mark: { enabled: false, name: MARK_NAME, value: '', touched: false },
    shiftMs: 0,
    shiftClamped: false,
    keepOld: false,
    unit: 'ms',
    metricStep: 'auto',
    run: 'idle',
    jobId: '',
  };
}

/** @param {ImportState} state */
export function isBusy({ run }) {
  return run === 'uploading' || run === 'active';
}

export function noShift() {
  return { shiftMs: 0, shiftClamped: false };
}

/** @param {ImportState} state labels that every series gets */
export function addedLabels({ mark }) {
  const name = mark.name.trim();
  return mark.enabled && name !== '' && mark.value !== '' ? { [name]: mark.value } : {};
}

/** @param {ImportState} state why the mark cannot be used; empty if it can */
export function markProblem({ mark, dropLabels }) {
  const name = mark.name.trim();
  if (!mark.enabled) return '';
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return 'The name of a label has letters, digits and underscores, and no digit first.';
  if (PROTECTED.includes(name)) return `\`${name}\` of the bundle stays as it is; take another name.`;
  if (dropLabels.includes(name)) return `\`${name}\` is among the labels to drop.`;
  if (mark.value === '') return 'Give the label a value.';
  return '';
}
