import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareSamples, downloadName, isNameless, originalLabels, sampleName } from '../../web/gather/sample-view.js';

test('a sample always has a name', () => {
  assert.equal(sampleName({ name: 'a', metric_name: 'b' }), 'a');
  assert.equal(sampleName({ name: '', metric_name: 'b' }), 'b');
  assert.equal(sampleName({ labels: { __name__: 'c' } }), 'c');
  assert.equal(sampleName({}), 'unknown');
  assert.ok(isNameless({ name: 'unknown', metric_name: '' }) && !isNameless({ metric_name: 'up' }));
});

test('labels are listed once with an example', () => {
  assert.deepEqual(originalLabels([{ labels: { __name__: 'x', b: '', a: '1' } }, { labels: { b: '2' } }], []), [['a', '1'], ['b', '2']]);
});

test('labels that only the server saw are listed with their originals', () => {
  const told = [
    { label: '__name__', action: 'replaced', examples: [{ before: 'acme_up', after: 'metric_1' }] },
    { label: 'a', action: 'replaced', examples: [{ before: '9', after: 'a-1' }] },
    { label: 'env', action: 'kept', examples: [{ before: '', after: '' }, { before: 'prod', after: 'prod' }] },
    { label: 'team', action: 'dropped' },
  ];
  assert.deepEqual(originalLabels([{ labels: { a: '1' } }], told), [['a', '1'], ['env', 'prod'], ['team', '']]);
});

test('before and after are compared for the same samples only', () => {
  const before = [{ labels: { job: 'a', le: '1', pod: 'p' }, value: 1, timestamp: 2 }];
  const after = [{ labels: { job: 'job-1', le: '1' }, value: 1, timestamp: 2 }];
  assert.deepEqual(compareSamples(before, after).map(({ label, action }) => [label, action]), [['job', 'replaced'], ['le', 'kept'], ['pod', 'dropped']]);
  assert.deepEqual(compareSamples(before, [{ ...after[0], value: 9 }]), []);
  assert.deepEqual(compareSamples(before, []), []);
});

test('a bundle is named by itself, else by the end of its path', () => {
  assert.equal(downloadName({ archive_name: 'nice.zip', archive_path: '/tmp/export.zip' }), 'nice.zip');
  assert.equal(downloadName({ archive_path: '/tmp/export.zip' }), 'export.zip');
  assert.equal(downloadName({ archive_path: 'C\\\\tmp\\\\export.zip' }), 'export.zip');
  assert.equal(downloadName({}), 'vmexport.zip');
});
