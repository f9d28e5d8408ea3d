import assert from 'node:assert/strict';
import { test } from 'node:test';

import { configOf, credentialsOf, recommendedStep, stateOfProfile } from '../../web/import/config.js';
import { Pace } from '../../web/import/pace.js';
import { profileText } from '../../web/import/profile-text.js';
import { initialState, markProblem } from '../../web/import/state.js';
import { importUrl } from '../../web/import/target-url.js';

test('the config has every field, and defaults that change nothing', () => {
  assert.deepEqual(configOf(initialState(), { type: 'none' }), {
    endpoint: '', tenant_id: '', auth_type: 'none', username: '', password: '', custom_header_name: '', custom_header_value: '',
    skip_tls_verify: false, metric_step_seconds: 30, batch_window_seconds: 30, drop_old: true, time_shift_ms: 0,
    max_labels_override: 40, drop_labels: [], add_labels: {}, timestamp_unit: 'ms',
  });
});

test('a token travels as a password', () => {
  assert.equal(credentialsOf({ type: 'bearer', token: 't' }).password, 't');
  assert.deepEqual(credentialsOf({ type: 'header', header_name: 'X-Key', header_value: 'v' }), { auth_type: 'header', username: '', password: '', custom_header_name: 'X-Key', custom_header_value: 'v' });
});

test('a tenant that is switched off is not sent, a mark only when it is switched on', () => {
  const state = { ...initialState(), tenant: '7', mark: { enabled: false, name: 'b', value: 'x', touched: true } };
  assert.equal(configOf(state, { type: 'none' }).tenant_id, '');
  assert.deepEqual(configOf(state, { type: 'none' }).add_labels, {});
  const on = { ...state, tenantEnabled: true, mark: { ...state.mark, enabled: true } };
  assert.equal(configOf(on, { type: 'none' }).tenant_id, '7');
  assert.deepEqual(configOf(on, { type: 'none' }).add_labels, { b: 'x' });
});

test('a mark needs a name that can be a label, and a value', () => {
  /** @param {string} name @param {string} value */
  const problem = (name, value) => markProblem({ ...initialState(), dropLabels: ['pod'], mark: { enabled: true, name, value, touched: true } });
  assert.equal(problem('vmgather_bundle', 'x'), '');
  for (const name of ['', '1a', 'a-b', 'job', '__name__', 'pod']) assert.notEqual(problem(name, 'x'), '', name);
  assert.notEqual(problem('vmgather_bundle', ''), '');
});

test('a profile fills everything but the secrets and the success', () => {
  const state = { ...initialState(), tested: true, ...stateOfProfile({ id: 'p', endpoint: 'http://vm', tenant_id: '7', auth_type: 'basic', username: 'u', drop_old: false, time_shift_ms: 5, max_labels_override: 30, drop_labels: ['pod', 'job'], metric_step_seconds: 60 }) };
  assert.equal(state.tested, false);
  assert.deepEqual([state.tenantEnabled, state.tenant, state.username, state.keepOld, state.shiftMs, state.limit, state.metricStep], [true, '7', 'u', true, 5, 30, '60']);
  assert.deepEqual(state.dropLabels, ['pod']);
  assert.deepEqual([stateOfProfile({ id: 'p' }).limit, stateOfProfile({ id: 'p' }).keepOld, stateOfProfile({ id: 'p' }).authType], [40, false, 'none']);
});

test('a profile is told with host, port and tenant', () => {
  assert.match(profileText({ id: 'p', endpoint: 'http://vm.example:8480/', tenant_id: '7', auth_type: 'basic', last_used_at: '2026-01-20T18:02:11Z' }), /^vm\.example:8480, tenant 7, user and password, used 2026-01-20 18:02 UTC$/);
  assert.equal(profileText({ id: 'p', endpoint: '127.0.0.1:8428' }), '127.0.0.1:8428, single tenant, no credentials');
});

test('larger files are recommended a larger step', () => {
  const MIB = 1024 * 1024;
  assert.deepEqual([49, 50, 199, 200].map((size) => recommendedStep(size * MIB)), [30, 60, 60, 300]);
});

test('the import URL follows from address and tenant', () => {
  const cases = [
    ['vm:8428', '', 'http://vm:8428/api/v1/import'],
    ['http://vm:8428/', '', 'http://vm:8428/api/v1/import'],
    ['http://vm:8428/api/v1/import', '', 'http://vm:8428/api/v1/import'],
    ['http://vm:8480', '1042', 'http://vm:8480/insert/1042/prometheus/api/v1/import'],
    ['http://vm/prefix/prometheus', '7:1', 'http://vm/prefix/insert/7:1/prometheus/api/v1/import'],
    ['http://vm/1234/prometheus', '1234', 'http://vm/1234/prometheus/api/v1/import'],
    ['http://vm/select/7/prometheus', '', 'http://vm/insert/7/prometheus/api/v1/import'],
    ['http://vm/insert/7', '7', 'http://vm/insert/7/prometheus/api/v1/import'],
    ['https://u:p@vm/a%2Fb?extra_label=x=y', '', 'https://vm/a%2Fb/api/v1/import'],
  ];
  for (const [endpoint, tenant, url] of cases) assert.equal(importUrl(endpoint, tenant).url, url, `${endpoint} ${tenant}`);
});

test('an address or a tenant that cannot be is refused with a reason', () => {
  const cases = [['', ''], ['ftp://vm', ''], ['http://a b', ''], ['http://vm\\x', ''], ['http://', ''], ['vm', 'a'], ['vm', '4294967296'], ['http://vm/insert/7/prometheus', '8']];
  for (const [endpoint, tenant] of cases) {
    const { url, error } = importUrl(endpoint, tenant);
    assert.equal(url, '', `${endpoint} ${tenant}`);
    assert.notEqual(error, '');
  }
});

test('the time left follows from what was handled lately', () => {
  const pace = new Pace();
  const job = { stage: 'importing', inflated_bytes: 10_000, summary: { processed_bytes: 1000, points: 10 } };
  assert.deepEqual(pace.take(job, 0), { samplesPerSecond: null, secondsLeft: null });
  assert.deepEqual(pace.take({ ...job, summary: { processed_bytes: 3000, points: 30 } }, 2000), { samplesPerSecond: 10, secondsLeft: 7 });
  assert.equal(pace.take({ ...job, stage: 'verifying', summary: { processed_bytes: 10_000, points: 99 } }, 4000).secondsLeft, null);
});

test('a job that begins again below is measured anew', () => {
  const pace = new Pace();
  pace.take({ stage: 'importing', inflated_bytes: 10_000, summary: { processed_bytes: 5000 } }, 0);
  assert.equal(pace.take({ stage: 'importing', inflated_bytes: 10_000, summary: { processed_bytes: 1000 } }, 2000).samplesPerSecond, null);
});
