/** What a preflight found, row by row. */

/** @import { Analysis, Summary } from '../api.js' */

import { el } from '../../shared/dom.js';
import { formatCount, formatDuration, formatNoun } from '../../shared/format.js';
import { formatName } from '../../shared/format-name.js';
import { formatUtcSpan, parseMoment } from '../utc.js';
import { factRow, warningLines } from './boxes.js';
import { furtherWarnings, leftOutLists, seriesName } from './lines.js';

/** @param {Analysis} analysis @param {string[]} dropped the labels it was asked to drop @returns {Node[]} */
export function reportOf(analysis, dropped) {
  const { summary = {} } = analysis;
  const rows = [
    ...(analysis.source_kind ? [factRow('File:', sourceText(analysis))] : []),
    factRow('Time range:', rangeText(summary)),
    factRow('Samples:', samplesText(summary)),
    factRow('Mode:', modeText(analysis)),
    factRow('Label limit:', limitText(analysis)),
    factRow('Labels:', labelsText(summary, dropped)),
  ];
  const [example] = summary.examples ?? [];
  if (summary.metric_name || example) rows.push(factRow('For example:', seriesName(summary.metric_name, summary.labels ?? example)));
  return [
    el('dl', { class: 'facts facts--stacked' }, ...rows),
    ...warningLines(furtherWarnings(analysis.warnings, summary)),
    ...leftOutLists(summary),
  ];
}

/** @param {Analysis} analysis */
function sourceText({ source_kind: kind = '', source_format: format, timestamp_unit: unit }) {
  return [kind, formatName(format), unit ? `timestamps in ${unit}` : ''].filter((part) => part !== '').join(', ');
}

/** @param {Summary} summary */
function rangeText({ start, end }) {
  const [from, to] = [parseMoment(start), parseMoment(end)];
  if (from === null || to === null) return 'no sample would be sent';
  return `${formatUtcSpan(from, to)}, ${formatDuration((to - from) / 1000)}`;
}

/** @param {Summary} summary */
function samplesText({ points = 0, skipped_lines: skipped = 0, dropped_old: old = 0 }) {
  return [
    formatCount(points),
    `${formatNoun(skipped, 'line')} skipped`,
    `${formatNoun(old, 'sample')} dropped as too old`,
  ].join(', ');
}

/** Plain digits: scripts read this line. @param {Analysis} analysis */
function modeText({ analysis_mode: mode, summary = {} }) {
  const { scanned_lines: scanned = 0, sample_cut: cut = false } = summary;
  if (mode === 'full') return `full collection (${scanned} lines scanned)`;
  return `sample (${scanned} lines scanned${cut ? ', truncated: the file has more' : ', the file has no more'})`;
}

/** @param {Analysis} analysis */
function limitText(analysis) {
  const { max_labels_limit: limit = 0, max_labels_source: source, detected_max_labels_limit: detected = 0, summary = {} } = analysis;
  const known = source !== 'unknown' && limit > 0;
  return [
    `target maxLabelsPerTimeseries=${known ? limit : 'unknown'}${source === 'manual' ? ' (manual override)' : ''}`,
    ...(source === 'manual' && detected > 0 && detected !== limit ? [`the target itself says ${detected}`] : []),
    `${formatNoun(summary.analyzed_lines ?? 0, 'line')} analyzed`,
    `${formatCount(summary.over_label_limit ?? 0)} series over the limit`,
    `max seen=${summary.max_labels_seen ?? 0}`,
  ].join(', ');
}

/** @param {Summary} summary @param {string[]} dropped */
function labelsText({ total_labels: total, label_stats: stats = [] }, dropped) {
  const told = `${formatCount(total ?? stats.length)} distinct`;
  return dropped.length === 0 ? told : `${told}, ${formatCount(dropped.length)} of them dropped here`;
}
