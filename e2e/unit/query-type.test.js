import assert from 'node:assert/strict';
import { test } from 'node:test';

import { queryKind } from '../../web/gather/query-type.js';

const SELECTORS = [
  '{job="vmstorage"}', 'vm_app_version{job="vmselect"}', '{job=~"vm.*", instance=~"vm-.*"}', '{job=~"job-.*"}',
  'up', 'vm:rule:sum', 'up {}', ' {a="1" or b="2"} ', '{path="/a(b)c{d}"}', '{msg="line\nbreak"}', '{q="\\"}("}', "{a='}'}", '{a=`}`}',
];
const EXPRESSIONS = [
  'rate(vm_rows_inserted_total[5m])', 'topk(20, sum(rate(http_requests_total[1m])) by (job))',
  'avg_over_time(vm_cache_size_bytes[10m])', 'up offset 5m', 'a or b', '1', 'up[5m]', '{a="1"} or {b="2"}', '{a="1"', '{a="1}', 'up == 0',
];

test('selectors are told from expressions', () => {
  for (const query of SELECTORS) assert.equal(queryKind(query), 'selector', query);
  for (const query of EXPRESSIONS) assert.equal(queryKind(query), 'metricsql', query);
});

test('blanks are no query', () => {
  for (const query of ['', ' \n ']) assert.equal(queryKind(query), 'empty');
});
