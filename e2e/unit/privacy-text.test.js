import assert from 'node:assert/strict';
import { test } from 'node:test';

import { privacyText } from '../../web/gather/privacy-text.js';
import { plainObfuscation } from '../../web/gather/state.js';

const ON = { ...plainObfuscation(), enabled: true };
const change = (/** @type {string} */ label, /** @type {string} */ action) => ({ label, action });

test('without obfuscation it says in plain words what leaves', () => {
  const { covered, headline, text } = privacyText(plainObfuscation(), [change('job', 'kept')]);
  assert.equal(covered, false);
  assert.equal(headline, 'Nothing is replaced.');
  assert.match(text, /host names, addresses, job names and all other labels leave as they are/);
});

test('what is known of labels is told, else what was asked for', () => {
  assert.equal(privacyText(ON, []).text, 'in instance, job. Look at the preview for what stays.');
  const known = [change('addr', 'replaced'), change('instance', 'replaced'), change('job', 'replaced'), change('url', 'replaced'), change('le', 'kept')];
  assert.equal(privacyText(ON, known).text, 'in instance, job, addr and 1 more. 1 label stays as it is.');
});

test('hosts, jobs and other addresses are named before metric names, which have a name for people', () => {
  const known = [change('__name__', 'replaced'), change('customer', 'replaced'), { ...change('url', 'replaced'), examples: [{ before: 'http://vm-1/x', after: 'http://777.777.1.1/x' }] }];
  assert.equal(privacyText(ON, known).text, 'in url, customer, metric name.');
  assert.equal(privacyText(ON, [...known, change('job', 'replaced'), change('instance', 'replaced')]).text, 'in instance, job, url and 2 more.');
});

test('a removed label is not called a replaced one', () => {
  const chosen = { ...ON, custom: ['pod'], drop: ['job', 'pod'] };
  assert.equal(privacyText(chosen, []).text, 'in instance. Look at the preview for what stays. Removed: job, pod.');
  assert.equal(privacyText({ ...chosen, instance: false }, []).text, 'wherever else they stand. Look at the preview for what stays. Removed: job, pod.');
  assert.equal(privacyText({ ...chosen, instance: false, job: false }, []).covered, false);
  const { covered, headline, text } = privacyText({ ...ON, drop: ['job'] }, [change('job', 'dropped')]);
  assert.deepEqual([covered, headline, text], [true, 'No label leaves.', 'Only values and times do. Removed: job.']);
});

test('an obfuscation that replaces nothing is no cover', () => {
  assert.equal(privacyText({ ...ON, instance: false, job: false }, []).covered, false);
  assert.equal(privacyText(ON, [change('le', 'kept')]).covered, false);
});

test('removed labels are named at every level', () => {
  for (const chosen of [plainObfuscation(), ON, { ...ON, level: 'strict' }]) {
    assert.match(privacyText({ ...chosen, drop: ['pod'] }, []).text, /Removed: pod\.$/);
  }
});
