/** What an import sent, what it left out, and what the target has of it. */

/** @import { Job, Summary, Verification } from '../api.js' */

import { byId, el, show } from '../../shared/dom.js';
import { formatBytes, formatCount, formatNoun } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';
import { formatUtcSpan, parseMoment } from '../utc.js';
import { factRow, warningLines } from './boxes.js';
import { furtherWarnings, leftOutLists, seriesName } from './lines.js';

export function attachOutcome() {
  const box = byId('importResult', HTMLElement);
  return {
    hide() {
      show(box, false);
      box.replaceChildren();
    },
    /** @param {Job} job */
    paint(job) {
      const { verification } = job;
      box.replaceChildren(...(verification === undefined ? [] : [verificationPanel(verification)]), summaryPanel(job));
      show(box, true);
    },
  };
}

/** @param {Job} job */
function summaryPanel(job) {
  const { summary = {}, import_url: url, remote_path: path } = job;
  const [from, to] = [parseMoment(summary.start), parseMoment(summary.end)];
  const example = summary.examples?.[0];
  return el('section', { class: 'panel', 'aria-labelledby': 'sentTitle' },
    el('h4', { id: 'sentTitle' }, 'What was sent'),
    el('dl', { class: 'readouts' },
      readout('Samples', formatCount(summary.points ?? 0)),
      readout('Sent', formatBytes(summary.bytes ?? 0)),
      readout('Chunks', formatCount(summary.chunks ?? job.chunks_completed ?? 0)),
      readout('Too old', formatCount(summary.dropped_old ?? 0))),
    el('dl', { class: 'facts facts--stacked' },
      from === null || to === null ? null : factRow('Time range', formatUtcSpan(from, to)),
      url || path ? factRow('Target', el('code', {}, url ?? path ?? '')) : null,
      summary.metric_name || example ? factRow('For example', seriesName(summary.metric_name, summary.labels ?? example)) : null,
      factRow('Left out', leftOut(summary))),
    ...leftOutLists(summary),
    ...warningLines(furtherWarnings(job.warnings, summary, job.verification?.message)));
}

/** @param {Summary} summary */
function leftOut({ skipped_lines: skipped = 0, dropped_old: old = 0 }) {
  if (skipped === 0 && old === 0) return 'nothing';
  const parts = [...(old > 0 ? [`${formatNoun(old, 'sample')} older than the retention`] : []), ...(skipped > 0 ? [`${formatNoun(skipped, 'line')} that could not be used`] : [])];
  return parts.join(', ');
}

/** @param {Verification} verification */
function verificationPanel(verification) {
  const { verified = false, message = '', query, jobs = [], differences = [], series_compared: series, samples_compared: samples, series_seen: seen } = verification;
  const [from, to] = [parseMoment(verification.start), parseMoment(verification.end)];
  const compared = [
    ...(series === undefined ? [] : [formatNoun(series, 'series', 'series')]),
    ...(samples === undefined ? [] : [formatNoun(samples, 'sample')]),
  ];
  return el('section', { class: 'panel', 'aria-labelledby': 'verificationTitle', id: 'verification' },
    el('div', { class: 'verdict', 'data-status': verified ? 'success' : 'warning' },
      el('span', { class: 'verdict__icon' }, icon(verified ? 'check' : 'alert')),
      el('div', { class: 'outcome__text' },
        el('h4', { id: 'verificationTitle' }, verified ? 'Verified: the target has what was sent' : 'Not verified'),
        message === '' ? null : el('p', { class: 'verdict__message' }, ...prose(message)))),
    el('dl', { class: 'facts facts--stacked' },
      compared.length === 0 ? null : factRow('Compared', `${compared.join(', ')}, value by value`),
      seen === undefined ? null : factRow('Series seen', formatCount(seen)),
      from === null || to === null ? null : factRow('Time range', formatUtcSpan(from, to)),
      query ? factRow('Asked for', el('code', {}, query)) : null),
    jobs.length === 0 ? null : jobTable(jobs),
    differences.length === 0 ? null : differenceList(differences));
}

/** Words of the server for what differs. */
const REASONS = /** @type {Record<string, string>} */ ({
  missing: 'Samples are missing.',
  deduplicated: 'Samples are missing that the deduplication of the target removes: nothing is wrong.',
  extra: 'The target has more samples than were sent.',
  value: 'A value is another one.',
});

/** @param {NonNullable<Verification['jobs']>} jobs */
function jobTable(jobs) {
  const head = el('thead', {}, el('tr', {}, ...['Job', 'Sent', 'Found', 'Difference'].map((text, at) => el('th', { scope: 'col', class: at > 0 ? 'figure' : '' }, text))));
  const body = jobs.map(({ job = '', sent = 0, found }) => {
    const told = typeof found === 'number';
    const same = sent === found;
    return el('tr', {},
      el('th', { scope: 'row' }, job === '' ? 'without a job' : el('code', {}, job)),
      el('td', { class: 'figure' }, formatCount(sent)),
      el('td', { class: 'figure' }, told ? formatCount(found) : 'not told'),
      el('td', { class: 'figure', 'data-status': same ? 'success' : 'warning' }, same ? 'none' : told ? `${found < sent ? '−' : '+'}${formatCount(Math.abs(found - sent))}` : '–'));
  });
  // Reached with the keyboard, as it may be wider than the window.
  return el('div', { class: 'table-box', tabindex: '0', role: 'group', 'aria-label': 'Samples by job' }, el('table', { class: 'job-table' }, el('caption', { class: 'field-label' }, 'Samples by job'), head, el('tbody', {}, ...body)));
}

/** @param {NonNullable<Verification['differences']>} differences */
function differenceList(differences) {
  return el('div', { class: 'differences' },
    el('span', { class: 'field-label' }, 'What differs'),
    el('ul', { class: 'differences__list' },
      ...differences.map(({ series = '', reason = '', detail = '' }) =>
        el('li', {}, el('code', {}, series), el('span', {}, ...prose(REASONS[reason] ?? reason)), detail === '' ? null : el('span', { class: 'check__note' }, ...prose(detail))))));
}

/** @param {string} name @param {string} value */
function readout(name, value) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, value));
}
