import assert from 'node:assert/strict';
import { test } from 'node:test';

import { chosenComponents, chosenJobs, chosenSeries, everything, sharedJobs, withComponent, withJob } from '../../web/gather/selection.js';

const STORAGE = { component: 'vmstorage', jobs: ['s'], metrics_count_estimate: 42 };
const AGENT = { component: 'vmagent', jobs: ['eu', 'us'], metrics_count_estimate: 1200, job_metrics: { eu: 700, us: 500 } };

test('a component takes all its jobs along', () => {
  const chosen = withComponent({}, AGENT, true);
  assert.deepEqual(chosenJobs(chosen), ['eu', 'us']);
  assert.deepEqual(withComponent(chosen, AGENT, false), {});
});

test('the last job takes its component along', () => {
  const one = withJob({}, AGENT, 'us', true);
  assert.deepEqual(chosenComponents(one), ['vmagent']);
  assert.deepEqual(withJob(one, AGENT, 'us', false), {});
});

test('everything is every job once', () => {
  const all = everything([STORAGE, AGENT, { component: 'vmauth', jobs: ['s'] }]);
  assert.deepEqual(chosenJobs(all), ['eu', 's', 'us']);
});

test('series are told only when they are known', () => {
  assert.equal(chosenSeries(STORAGE, everything([STORAGE])), 42);
  assert.equal(chosenSeries(AGENT, withJob({}, AGENT, 'eu', true)), 700);
  assert.equal(chosenSeries({ ...AGENT, job_metrics: undefined }, withJob({}, AGENT, 'eu', true)), null);
  assert.equal(chosenSeries({ ...STORAGE, metrics_count_estimate: -1 }, everything([STORAGE])), null);
});

test('a job of several components is told when only one of them is chosen', () => {
  const [auth, insert] = [{ component: 'vmauth', jobs: ['edge'] }, { component: 'vminsert', jobs: ['edge'] }];
  assert.deepEqual(sharedJobs([auth, insert], withComponent({}, auth, true)), [{ job: 'edge', components: ['vminsert'] }]);
  assert.deepEqual(sharedJobs([auth, insert], everything([auth, insert])), []);
});
