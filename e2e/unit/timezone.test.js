import assert from 'node:assert/strict';
import { test } from 'node:test';

import { describeMoment, describeOffset, fromWall, toWall } from '../../web/gather/timezone.js';

const ZONES = ['UTC', 'America/New_York', 'America/Los_Angeles', 'Europe/London', 'Europe/Paris',
  'Europe/Moscow', 'Asia/Tokyo', 'Asia/Shanghai', 'Asia/Singapore', 'Australia/Sydney', 'Asia/Kathmandu', 'local'];

/** @param {string} iso */
const at = (iso) => Date.parse(iso);

test('a wall clock is read in the zone it is shown in', () => {
  for (const zone of ZONES) {
    // Every hour of a leap year, so that all clock changes are among them.
    for (let ms = at('2028-01-01T00:00:00Z'); ms < at('2029-01-01T00:00:00Z'); ms += 3_600_000) {
      const wall = toWall(ms, zone);
      const first = fromWall(wall, zone, 'first');
      const last = fromWall(wall, zone, 'last');
      assert.ok(first === ms || last === ms, `${zone} ${wall}`);
    }
  }
});

test('shows no seconds', () => {
  assert.equal(toWall(at('2026-01-23T12:00:59.999Z'), 'UTC'), '2026-01-23T12:00');
});

test('applies the offset of the moment, not of today', () => {
  assert.equal(toWall(at('2026-01-23T12:00:00Z'), 'Europe/Paris'), '2026-01-23T13:00');
  assert.equal(toWall(at('2026-07-23T12:00:00Z'), 'Europe/Paris'), '2026-07-23T14:00');
  assert.equal(fromWall('2026-07-23T12:00', 'America/New_York', 'first'), at('2026-07-23T16:00:00Z'));
});

test('keeps seconds and milliseconds that were typed', () => {
  assert.equal(fromWall('2026-01-23T12:00:07', 'UTC', 'first'), at('2026-01-23T12:00:07Z'));
  assert.equal(fromWall('2026-01-23T12:00:07.25', 'Asia/Tokyo', 'first'), at('2026-01-23T03:00:07.250Z'));
});

test('a repeated hour widens the range to both of its moments', () => {
  assert.equal(fromWall('2026-10-25T01:30', 'Europe/London', 'first'), at('2026-10-25T00:30:00Z'));
  assert.equal(fromWall('2026-10-25T01:30', 'Europe/London', 'last'), at('2026-10-25T01:30:00Z'));
});

test('a skipped hour moves forward', () => {
  assert.equal(fromWall('2026-03-29T01:30', 'Europe/London', 'first'), at('2026-03-29T01:30:00Z'));
});

test('what is no date is nothing', () => {
  for (const wall of ['', 'now', '2026-02-30T12:00', '2026-13-01T12:00', '2026-01-01T25:00', '2026-01-01']) {
    assert.equal(fromWall(wall, 'UTC', 'first'), null, wall);
  }
});

test('names a moment and its offset', () => {
  const ms = at('2026-07-23T12:00:07Z');
  assert.equal(describeMoment(ms, 'Asia/Tokyo'), '2026-07-23 21:00:07');
  assert.equal(describeOffset(ms, 'Asia/Kathmandu'), 'UTC+05:45');
  assert.equal(describeOffset(ms, 'America/New_York'), 'UTC-04:00');
  assert.equal(describeOffset(ms, 'UTC'), 'UTC');
});
