import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exportConfig, obfuscationOf } from '../../web/gather/payload.js';
import { initialState, plainObfuscation } from '../../web/gather/state.js';

const CONNECTION = { url: 'http://vm', api_base_path: '', full_api_url: 'http://vm', auth: { type: /** @type {const} */ ('none') } };

test('obfuscation that is off carries nothing but removed labels', () => {
  const chosen = { ...plainObfuscation(), custom: ['pod'], drop: ['node'], level: 'strict' };
  assert.deepEqual(obfuscationOf(chosen), {
    enabled: false, obfuscate_instance: false, obfuscate_job: false, preserve_structure: true, custom_labels: [], drop_labels: ['node'],
  });
});

test('a level is sent only when it is not the default', () => {
  const on = { ...plainObfuscation(), enabled: true };
  assert.ok(!('level' in obfuscationOf(on)));
  assert.equal(obfuscationOf({ ...on, level: 'strict' }).level, 'strict');
});

test('cluster mode sends components and jobs, custom mode the query', () => {
  const state = { ...initialState(1_800_000_000_123), selection: { vmagent: ['b', 'a'] }, query: ' up ', targets: ['x'] };
  const cluster = exportConfig(state, CONNECTION);
  assert.deepEqual([cluster.components, cluster.jobs, cluster.query_type, cluster.query], [['vmagent'], ['a', 'b'], '', '']);
  assert.equal(cluster.time_range.end, '2027-01-15T08:00:00.123Z');
  const selector = exportConfig({ ...state, mode: 'custom', queryType: 'selector' }, CONNECTION);
  assert.deepEqual([selector.components, selector.jobs, selector.query_type, selector.query], [[], ['x'], 'selector', 'up']);
  const query = exportConfig({ ...state, mode: 'custom', queryType: 'metricsql' }, CONNECTION);
  assert.deepEqual(query.jobs, []);
});

test('the format of the bundle is always said', () => {
  const state = initialState(1_800_000_000_123);
  assert.equal(exportConfig(state, CONNECTION).format, 'jsonl');
  assert.equal(exportConfig({ ...state, format: 'native' }, CONNECTION).format, 'native');
});
