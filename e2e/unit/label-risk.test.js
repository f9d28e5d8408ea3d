import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decodeBitset, labelRisk, seriesTable } from '../../web/import/label-risk.js';

const KEPT = ['__name__', 'job', 'instance'];
const UNIVERSE = ['__name__', 'job', 'pod', 'node', 'zone', 'rack', 'host', 'shard', 'disk'];

/** Unpadded base64 of the labels of a series. @param {string[]} names */
function bits(names) {
  const bytes = Buffer.alloc(Math.ceil(UNIVERSE.length / 8));
  for (const name of names) bytes[UNIVERSE.indexOf(name) >> 3] |= 1 << (UNIVERSE.indexOf(name) & 7);
  return bytes.toString('base64').replace(/=+$/, '');
}

/** @param {string[][]} sets */
function summaryOf(sets) {
  return {
    label_universe: UNIVERSE,
    series_label_bitsets: sets.map(bits),
    series_label_counts: sets.map((set) => set.length),
    series_point_counts: sets.map((_, at) => (at + 1) * 10),
    max_labels_seen: Math.max(...sets.map((set) => set.length)),
  };
}

/** @param {string[][]} sets @param {{ limit?: number, dropped?: string[], added?: string[] }} choice */
function riskOf(sets, { limit = 4, dropped = [], added = [] }) {
  const summary = summaryOf(sets);
  return labelRisk(seriesTable(summary), summary, { limit, dropped: new Set(dropped), added, kept: KEPT });
}

test('a set of four labels that are all there is `Dw`', () => {
  assert.deepEqual(decodeBitset('Dw', 1), Uint8Array.of(0b1111));
  assert.deepEqual(decodeBitset('/w', 1), Uint8Array.of(255));
  assert.deepEqual(decodeBitset('AAE', 2), Uint8Array.of(0, 1));
});

test('a text that is no set is told apart', () => {
  assert.equal(decodeBitset('not base64!', 1), null);
  assert.equal(decodeBitset('Dw', 2), null);
  assert.equal(decodeBitset('A', 1), null);
});

test('an analysis without usable series has no table', () => {
  assert.equal(seriesTable({}), null);
  assert.equal(seriesTable({ ...summaryOf([UNIVERSE]), series_label_counts: [] }), null);
  assert.equal(seriesTable({ ...summaryOf([UNIVERSE]), series_label_bitsets: ['?'] }), null);
});

test('series over the limit are counted with their samples', () => {
  const risk = riskOf([UNIVERSE.slice(0, 3), UNIVERSE, UNIVERSE.slice(0, 6)], {});
  assert.equal(risk.kind, 'over');
  assert.equal(risk.series, 2);
  assert.equal(risk.samples, 20 + 30);
  assert.equal(risk.worst, 9);
  assert.equal(risk.need, 5);
  assert.equal(risk.total, 3);
});

test('dropped labels count only where a series has them', () => {
  const sets = [['__name__', 'job', 'pod', 'node', 'zone'], ['__name__', 'job', 'rack', 'host', 'shard']];
  assert.equal(riskOf(sets, { dropped: ['pod'] }).series, 1);
  assert.equal(riskOf(sets, { dropped: ['pod', 'disk'] }).series, 1);
  assert.equal(riskOf(sets, { dropped: ['pod', 'rack'] }).kind, 'fits');
});

test('an added label counts unless the series has it already', () => {
  const sets = [['__name__', 'job', 'pod', 'node']];
  assert.equal(riskOf(sets, {}).kind, 'fits');
  assert.equal(riskOf(sets, { added: ['vmgather_bundle'] }).worst, 5);
  assert.equal(riskOf(sets, { added: ['pod'] }).worst, 4);
  assert.equal(riskOf(sets, { added: ['pod'], dropped: ['pod'] }).worst, 4);
});

test('suggestions come from the series over the limit and are never protected', () => {
  const risk = riskOf([UNIVERSE, UNIVERSE.slice(0, 6), ['__name__', 'disk', 'shard']], {});
  assert.equal(risk.suggestions.length, 5);
  assert.deepEqual(risk.suggestions.slice(0, 2), ['pod', 'node']);
  for (const name of KEPT) assert.ok(!risk.suggestions.includes(name));
  assert.ok(!riskOf([UNIVERSE], { dropped: ['pod'] }).suggestions.includes('pod'));
});

test('without a limit nothing is judged', () => {
  const risk = riskOf([UNIVERSE], { limit: 0 });
  assert.equal(risk.kind, 'unknown');
  assert.equal(risk.worst, 9);
});

test('without a table the largest series of the summary stands in', () => {
  const summary = { max_labels_seen: 53, over_label_limit: 2, over_limit_points: 7, label_stats: [{ name: 'job', count: 9 }, { name: 'pod', count: 4 }] };
  const risk = labelRisk(null, summary, { limit: 40, dropped: new Set(), added: [], kept: KEPT });
  assert.deepEqual({ ...risk, suggestions: risk.suggestions }, { kind: 'over', limit: 40, series: 2, samples: 7, total: 0, worst: 53, need: 13, suggestions: ['pod'], capped: false });
});
