import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseUrl } from '../../web/gather/url.js';

/** @type {[input: string, url: string, base: string, tenant: string | null, multitenant?: boolean][]} */
const ACCEPTED = [
  ['http://vmselect:8481/select/0/prometheus', 'http://vmselect:8481', '/select/0/prometheus', '0'],
  ['http://vmsingle:18428', 'http://vmsingle:18428', '', null],
  ['http://localhost:18428', 'http://localhost:18428', '', null],
  ['https://victoria-metrics.example.com', 'https://victoria-metrics.example.com', '', null],
  ['https://vm.example.com/1011', 'https://vm.example.com', '/1011/prometheus', '1011'],
  ['http://vmselect:8481/select/123/prometheus', 'http://vmselect:8481', '/select/123/prometheus', '123'],
  ['http://vmauth:8427/select/123/prometheus', 'http://vmauth:8427', '/select/123/prometheus', '123'],
  ['https://vm.example.com/1011/ui/prometheus/api/v1/query?query=sum(1)', 'https://vm.example.com', '/1011/ui/prometheus', '1011'],
  ['http://vmselect:8481/select/multitenant', 'http://vmselect:8481', '/select/multitenant/prometheus', null, true],
  ['http://vmselect:8481/select/multitenant/prometheus', 'http://vmselect:8481', '/select/multitenant/prometheus', null, true],
  ['https://vm.example.com/select/multitenant/prometheus', 'https://vm.example.com', '/select/multitenant/prometheus', null, true],
  ['http://localhost:8427', 'http://localhost:8427', '', null],
  ['http://localhost:8481', 'http://localhost:8481', '', null],
  ['http://mock-endpoint:8428', 'http://mock-endpoint:8428', '', null],
  ['http://broken-vmselect', 'http://broken-vmselect', '', null],
  ['http://127.0.0.1:41234', 'http://127.0.0.1:41234', '', null],
  ['http://localhost:8481/select/0/prometheus', 'http://localhost:8481', '/select/0/prometheus', '0'],
  ['http://localhost:8426/1011/rw/prometheus', 'http://localhost:8426', '/1011/rw/prometheus', '1011'],
  ['vmselect.monitoring.svc.cluster.local:8481', 'http://vmselect.monitoring.svc.cluster.local:8481', '', null],
  ['localhost:8428', 'http://localhost:8428', '', null],
  ['https://vm.example.com/1011/', 'https://vm.example.com', '/1011/prometheus', '1011'],
  ['https://vm.example.com/1011/prometheus', 'https://vm.example.com', '/1011/prometheus', '1011'],
  ['https://vm.example.com/1011/rw/prometheus', 'https://vm.example.com', '/1011/rw/prometheus', '1011'],
  ['https://vm.example.com/prometheus/', 'https://vm.example.com', '/prometheus', null],
  ['https://vm.example.com/prometheus/api/v1/query', 'https://vm.example.com', '/prometheus', null],
  ['https://vm.example.com/team/prometheus?x=1', 'https://vm.example.com', '/team/prometheus', null],
  ['https://vm.example.com/foo/bar', 'https://vm.example.com', '/foo/bar/prometheus', null],
  ['http://vmselect:8481/select/0', 'http://vmselect:8481', '/select/0/prometheus', '0'],
  ['http://vmselect:8481/select/0/prometheus/api/v1/query?query=up', 'http://vmselect:8481', '/select/0/prometheus', '0'],
  ['http://vmselect:8481/select/0/vmui/', 'http://vmselect:8481', '/select/0/prometheus', '0'],
  ['http://vmselect:8481/select/1:2/prometheus', 'http://vmselect:8481', '/select/1:2/prometheus', '1:2'],
  ['http://vmsingle:8428/vmui/#/?g0.expr=up', 'http://vmsingle:8428', '', null],
  ['http://vmsingle:8428/prometheus/vmui/', 'http://vmsingle:8428', '/prometheus', null],
  ['http://vmsingle:8428/api/v1/query?query=up', 'http://vmsingle:8428', '', null],
  ['https://user:pw@vm.example.com/1011', 'https://vm.example.com', '/1011/prometheus', '1011'],
  ['HTTP://VM.Example.com:80/1011', 'http://vm.example.com', '/1011/prometheus', '1011'],
  ['http://[::1]:8428', 'http://[::1]:8428', '', null],
  ['http://victoria_metrics:8428', 'http://victoria_metrics:8428', '', null],
  ['  http://vmsingle:8428  ', 'http://vmsingle:8428', '', null],
];

for (const [input, url, base, tenant, multitenant = false] of ACCEPTED) {
  test(`reads ${input}`, () => {
    const parsed = parseUrl(input);
    assert.ok(parsed.ok);
    const { dropped_user_info: _, ok: __, ...rest } = parsed;
    assert.deepEqual(rest, {
      url,
      api_base_path: base,
      tenant_id: tenant,
      is_multitenant: multitenant,
      full_api_url: url + base,
    });
  });
}

const REJECTED = [
  'https://this-aint-no\\\\invalid-url', 'http://a b', 'ftp://vm', 'http://', 'http://vm:99999',
  'http://10.0.0.300:8428', 'javascript:alert(1)', 'http://-bad-.com', 'http://a..b',
];

for (const input of REJECTED) {
  test(`rejects ${input} with a reason`, () => {
    const parsed = parseUrl(input);
    assert.ok(!parsed.ok && !parsed.empty && parsed.reason.length > 10);
  });
}

test('tells an empty address from a wrong one', () => {
  for (const input of ['', '   ']) {
    const parsed = parseUrl(input);
    assert.ok(!parsed.ok && parsed.empty);
  }
});

test('tells that a user name in the address is not used', () => {
  for (const [input, dropped] of /** @type {const} */ ([['http://u:p@vm', true], ['http://vm', false]])) {
    const parsed = parseUrl(input);
    assert.ok(parsed.ok);
    assert.equal(parsed.dropped_user_info, dropped);
    assert.ok(!JSON.stringify(parsed).includes('u:p'));
  }
});
