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
  assert.equal(privacyText(ON, known).text, 'in addr, instance, job and 1 more. 1 label stays as it is.');
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
