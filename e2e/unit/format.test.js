import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatBytes, formatCompact, formatDuration, formatKilobytes, formatNoun } from '../../web/shared/format.js';

test('sizes grow their unit', () => {
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(1023), '1,023 B');
  assert.equal(formatBytes(1024), '1.00 KiB');
  assert.equal(formatBytes(1_583_141), '1.51 MiB');
  assert.equal(formatKilobytes(1_583_141), '1,546.04 KB');
});

test('durations have at most two parts', () => {
  assert.equal(formatDuration(0), '0 s');
  assert.equal(formatDuration(0.4), 'under 1 s');
  assert.equal(formatDuration(45), '45 s');
  assert.equal(formatDuration(200), '3 min 20 s');
  assert.equal(formatDuration(7200), '2 h');
  assert.equal(formatDuration(3605), '1 h');
  assert.equal(formatDuration(93_784), '1 d 2 h');
});

test('moving figures stay short', () => {
  assert.equal(formatCompact(950), '950');
  assert.equal(formatCompact(12_345), '12.3 k');
  assert.equal(formatCompact(1_200_000), '1.20 M');
});

test('nouns agree with their number', () => {
  assert.equal(formatNoun(1, 'series', 'series'), '1 series');
  assert.equal(formatNoun(1, 'job'), '1 job');
  assert.equal(formatNoun(1200, 'job'), '1,200 jobs');
});
