/** What was chosen so far. Secrets are never in it. */

/** @import { Component, Connection, ExportResult, Format, ServerConfig, Target } from './api.js' */
/** @import { Mode, QueryType } from './sequence.js' */
/** @import { Selection } from './selection.js' */

import { Store as ChangeStore } from '../shared/store.js';

/**
 * @typedef {object} State
 * @property {Mode} mode
 * @property {number} step the `data-step` that is shown
 * @property {string} timezone IANA name or `local`
 * @property {number | null} preset seconds; null if the range was typed
 * @property {number} fromMs Unix milliseconds
 * @property {number} toMs Unix milliseconds
 * @property {string} address what to show in the address field after a reload, without user name and query
 * @property {string} authType
 * @property {string} username
 * @property {string} headerName
 * @property {boolean} skipTls
 * @property {Connection | null} connection the tested connection without secrets; null until a test succeeded
 * @property {string} query
 * @property {QueryType} queryType empty until the query is validated
 * @property {Component[]} components what discovery found
 * @property {Selection} selection
 * @property {Target[]} foundTargets
 * @property {string[]} targets chosen jobs of a selector
 * @property {{ enabled: boolean, instance: boolean, job: boolean, level: string, custom: string[], drop: string[] }} obfuscation
 * @property {Format} format
 * @property {string} metricStep
 * @property {string} batchWindow
 * @property {number} customWindow seconds
 * @property {string} stagingDir
 * @property {string} jobId empty while no export was started
 * @property {'idle' | 'starting' | 'active' | 'canceled' | 'failed' | 'completed'} run
 * @property {string} begunWith the choices that the export was begun with; empty if it was begun elsewhere
 * @property {ExportResult | null} result
 * @property {ServerConfig} config
 */

/** @returns {State['obfuscation']} */
export function plainObfuscation() {
  return { enabled: false, instance: true, job: true, level: 'standard', custom: [], drop: [] };
}

/**
 * @param {number} nowMs
 * @returns {State}
 */
export function initialState(nowMs) {
  return {
    mode: 'cluster',
    step: 1,
    timezone: 'local',
    preset: 3600,
    fromMs: nowMs - 3_600_000,
    toMs: nowMs,
    address: '',
    authType: 'none',
    username: '',
    headerName: '',
    skipTls: false,
    connection: null,
    query: '',
    queryType: '',
    components: [],
    selection: {},
    foundTargets: [],
    targets: [],
    obfuscation: plainObfuscation(),
    format: 'jsonl',
    metricStep: 'auto',
    batchWindow: 'auto',
    customWindow: 600,
    stagingDir: '/tmp/vmgather',
    jobId: '',
    run: 'idle',
    begunWith: '',
    result: null,
    config: {},
  };
}

/** What a change of mode throws away. */
export function modeReset() {
  return {
    connection: null,
    query: '',
    queryType: /** @type {QueryType} */ (''),
    components: [],
    selection: {},
    foundTargets: [],
    targets: [],
    obfuscation: plainObfuscation(),
  };
}

/**
 * Another range: what was discovered counts the series of the range before. The selection stays as a wish, which
 * the next discovery takes up.
 *
 * @param {State} state
 * @param {{ fromMs?: number, toMs?: number }} range
 * @returns {Partial<State>}
 */
export function withRange({ fromMs, toMs }, range) {
  const same = (range.fromMs ?? fromMs) === fromMs && (range.toMs ?? toMs) === toMs;
  return same ? range : { ...range, components: [], foundTargets: [], targets: [] };
}

/** The store of this page. @extends {ChangeStore<State>} */
export class Store extends ChangeStore {
  /** @param {Partial<State['obfuscation']>} changes */
  setObfuscation(changes) {
    this.set({ obfuscation: { ...this.state.obfuscation, ...changes } });
  }
}
