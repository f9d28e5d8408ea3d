import assert from 'node:assert/strict';
import { test } from 'node:test';

import { progressWidth, stepOfHash, stepSequence, stepSlug } from '../../web/gather/sequence.js';

test('each mode has its own steps', () => {
  assert.deepEqual(stepSequence('cluster', ''), [1, 2, 3, 5, 6, 7]);
  assert.deepEqual(stepSequence('custom', ''), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(stepSequence('custom', 'selector'), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(stepSequence('custom', 'metricsql'), [1, 2, 3, 4, 6, 7]);
});

test('progress has decimals only when it needs them', () => {
  assert.equal(progressWidth([1, 2, 3, 5, 6, 7], 1), '0%');
  assert.equal(progressWidth([1, 2, 3, 5, 6, 7], 2), '20%');
  assert.equal(progressWidth([1, 2, 3, 4, 5, 6, 7], 2), '16.67%');
  assert.equal(progressWidth([1, 2, 3, 4, 5, 6, 7], 7), '100%');
});

test('the address of a step leads back to it', () => {
  for (const step of [1, 2, 3, 4, 5, 6, 7]) assert.equal(stepOfHash(`#${stepSlug(step)}`), step);
  assert.equal(stepOfHash('#elsewhere'), null);
});
