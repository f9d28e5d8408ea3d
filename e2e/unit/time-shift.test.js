import assert from 'node:assert/strict';
import { test } from 'node:test';

import { alignStart, fileSpan, shiftToNow, withinNow } from '../../web/import/time-shift.js';
import { formatUtc, formatUtcSpan, fromInput, toInput } from '../../web/import/utc.js';

const NOW = Date.parse('2026-01-26T09:30:00.700Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SPAN = { startMs: NOW - 40 * DAY, endMs: NOW - 39 * DAY };

test('the file is told in its own time, whatever shift the analysis was asked with', () => {
  const summary = { start: '2026-01-23T10:00:00Z', end: '2026-01-23T16:00:00Z' };
  assert.deepEqual(fileSpan({ summary }, HOUR), { startMs: Date.parse('2026-01-23T09:00:00Z'), endMs: Date.parse('2026-01-23T15:00:00Z') });
  assert.deepEqual(fileSpan({ summary, first_timestamp_ms: 5, last_timestamp_ms: 9 }, HOUR), { startMs: 5, endMs: 9 });
  assert.equal(fileSpan({ summary: {} }, 0), null);
  assert.equal(fileSpan({}, 0), null);
});

test('the first sample is aligned to the chosen moment', () => {
  const wanted = NOW - 2 * DAY;
  const { shiftMs, clamped } = alignStart(SPAN, wanted, NOW);
  assert.equal(SPAN.startMs + shiftMs, wanted);
  assert.equal(clamped, false);
  assert.equal(alignStart(SPAN, SPAN.startMs - DAY, NOW).shiftMs, -DAY);
});

test('nothing is led into the future', () => {
  const { shiftMs, clamped } = alignStart(SPAN, NOW, NOW);
  assert.equal(clamped, true);
  assert.ok(SPAN.endMs + shiftMs <= NOW && SPAN.endMs + shiftMs > NOW - 1000);
  assert.deepEqual(withinNow(SPAN, 50 * DAY, NOW), { shiftMs: 39 * DAY, clamped: true });
  assert.deepEqual(withinNow(SPAN, 3 * DAY, NOW), { shiftMs: 3 * DAY, clamped: false });
});

test('what the file itself has in the future stays where it is', () => {
  const ahead = { startMs: NOW, endMs: NOW + DAY };
  assert.deepEqual(withinNow(ahead, 0, NOW), { shiftMs: 0, clamped: false });
  assert.deepEqual(withinNow(ahead, HOUR, NOW), { shiftMs: 0, clamped: true });
  assert.equal(shiftToNow(ahead, NOW).shiftMs, -DAY);
});

test('a shift to now ends with this second', () => {
  const { shiftMs } = shiftToNow({ startMs: 0, endMs: 1500 }, 10_000);
  assert.equal(shiftMs, 8000);
});

test('a bundle longer than the retention is led as far as now', () => {
  const long = { startMs: NOW - 100 * DAY, endMs: NOW - DAY };
  assert.deepEqual(withinNow(long, 69 * DAY, NOW), { shiftMs: DAY, clamped: true });
});

test('moments are told and read in UTC', () => {
  assert.equal(formatUtc(0), '1970-01-01 00:00:00');
  assert.equal(formatUtc(Infinity), 'out of range');
  assert.equal(formatUtcSpan(0, HOUR), '1970-01-01 00:00:00 – 01:00:00 UTC');
  assert.equal(formatUtcSpan(0, DAY), '1970-01-01 00:00:00 – 1970-01-02 00:00:00 UTC');
  assert.equal(fromInput(toInput(DAY)), DAY);
  assert.equal(fromInput('1970-01-02T00:00'), DAY);
  assert.equal(fromInput(''), null);
  assert.equal(fromInput('1970-13-02T00:00'), null);
});
