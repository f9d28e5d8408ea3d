/** What a connection test is doing and what it found, row by row. */

/** @import { Attempt, Connection, Validation } from '../api.js' */

import { el } from '../../shared/dom.js';
import { formatCount } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';

/** @typedef {'pending' | 'progress' | 'success' | 'warning' | 'error'} Status */

/** @type {Record<Status, [import('../../shared/icon.js').IconName, string]>} */
const MARKS = {
  pending: ['ring', 'Waiting:'],
  progress: ['spinner', 'Working:'],
  success: ['check', 'Done:'],
  warning: ['alert', 'Warning:'],
  error: ['cross', 'Failed:'],
};

/** @param {HTMLElement} row @param {Status} status @param {string} text */
export function paintRow(row, status, text) {
  const [name, word] = MARKS[status];
  row.dataset.status = status;
  row.replaceChildren(icon(name), el('span', { class: 'visually-hidden' }, word), el('span', { class: 'row__text' }, ...prose(text)));
}

/** @param {Status} status @param {string} text */
export function makeRow(status, text) {
  const row = el('div', { class: 'row' });
  paintRow(row, status, text);
  return row;
}

/**
 * @param {Connection} connection the one to use from now on
 * @param {Validation} answer
 */
export function successSummary(connection, answer) {
  const components = answer.vm_components ?? [];
  return el(
    'div',
    { class: 'row row--summary', 'data-status': 'success' },
    icon('check'),
    el(
      'div',
      { class: 'row__summary' },
      el('strong', {}, 'Connection Successful!'),
      el(
        'dl',
        { class: 'facts facts--stacked' },
        fact('Version:', answer.version || 'Unknown'),
        fact('Components:', formatCount(answer.components ?? 0)),
        components.length > 0 ? fact('Found:', components.join(', ')) : null,
        fact('Final endpoint', answer.final_endpoint || connection.full_api_url || connection.url, true),
        connection.tenant_id ? fact('Tenant', String(connection.tenant_id)) : null,
        connection.is_multitenant ? fact('Tenants', 'all of them: series of all tenants are read together') : null,
      ),
      ...(answer.warnings ?? []).map((text) => el('p', { class: 'hint', 'data-status': 'warning' }, icon('alert'), el('span', {}, ...prose(text)))),
      attemptList(answer.attempts),
    ),
  );
}

/** @param {Validation} answer an answer that says no, or what is known of it */
export function failureBox(answer) {
  return el(
    'div',
    { class: 'error-message' },
    icon('alert'),
    el(
      'div',
      {},
      el('strong', {}, 'Connection Failed'),
      el('p', {}, ...prose(answer.error || answer.message || 'Error: the server gave no reason.')),
      answer.hint ? el('p', {}, ...prose(`What to do: ${answer.hint}`)) : null,
      answer.final_endpoint ? el('dl', { class: 'facts' }, fact('Final endpoint', answer.final_endpoint, true)) : null,
      attemptList(answer.attempts),
      el('p', { class: 'hint' }, 'More: Open browser console (F12), tab Network, to see the request and the whole answer.'),
    ),
  );
}

/** @param {string} name @param {string} value @param {boolean} [code] */
function fact(name, value, code = false) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, code ? el('code', {}, value) : value));
}

/** @param {Attempt[] | undefined} attempts */
function attemptList(attempts) {
  if (!attempts || attempts.length === 0) return null;
  const items = attempts.map(({ endpoint, success, error }) =>
    el(
      'li',
      { 'data-status': success ? 'success' : 'error' },
      icon(success ? 'check' : 'cross'),
      el('span', {}, el('code', {}, endpoint ?? 'unknown address'), ...prose(success ? ' – OK' : ` – FAIL${error ? `: ${error}` : ''}`)),
    ),
  );
  return el('div', { class: 'attempts' }, el('span', { class: 'field-label' }, 'Attempts'), el('ul', {}, ...items));
}
