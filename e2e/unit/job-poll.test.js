import assert from 'node:assert/strict';
import { test } from 'node:test';

import { badAnswer, goodAnswer, MOST_ERRORS, STALE_MS, startPolling } from '../../web/import/job-poll.js';

/** @type {import('../../web/import/api.js').Job} */
const RUNNING = { state: 'running', updated_at: 'a' };

test('five bad answers in a row end the asking', () => {
  let state = startPolling(0);
  for (let count = 1; count < MOST_ERRORS; count += 1) {
    state = badAnswer(state);
    assert.deepEqual([state.errors, state.phase], [count, 'polling']);
  }
  assert.deepEqual([badAnswer(state).errors, badAnswer(state).phase], [5, 'lost']);
});

test('a good answer forgives the bad ones', () => {
  let state = badAnswer(badAnswer(badAnswer(badAnswer(startPolling(0)))));
  state = badAnswer(goodAnswer(state, RUNNING, 1));
  assert.deepEqual([state.errors, state.phase], [1, 'polling']);
});

test('every final state ends the asking', () => {
  for (const state of /** @type {const} */ (['completed', 'failed', 'canceled'])) {
    assert.equal(goodAnswer(startPolling(0), { state }, 0).phase, 'ended');
  }
  for (const state of /** @type {const} */ (['queued', 'running'])) {
    assert.equal(goodAnswer(startPolling(0), { state }, 0).phase, 'polling');
  }
});

test('a job that tells nothing new for long is stale until it does', () => {
  let state = goodAnswer(startPolling(0), RUNNING, 1000);
  state = goodAnswer(state, RUNNING, 1000 + STALE_MS - 1);
  assert.equal(state.stale, false);
  state = goodAnswer(state, RUNNING, 1000 + STALE_MS);
  assert.equal(state.stale, true);
  assert.equal(goodAnswer(state, { ...RUNNING, state: 'failed' }, 1000 + STALE_MS).stale, false);
  assert.equal(goodAnswer(state, { ...RUNNING, updated_at: 'b' }, 1000 + STALE_MS).stale, false);
});

test('a job without a time of update is never stale', () => {
  const state = goodAnswer(goodAnswer(startPolling(0), { state: 'running' }, 0), { state: 'running' }, STALE_MS * 2);
  assert.equal(state.stale, false);
});
