/** Imports that the server knows: running ones to watch, unfinished ones to resume, also after a restart. */

/** @import { Job } from '../api.js' */

import { byId, el, show } from '../../shared/dom.js';
import { formatBytes, formatNoun } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { RequestError } from '../../shared/request.js';
import { listImports } from '../api.js';
import { formatUtc, parseMoment } from '../utc.js';
import { failureBox } from './boxes.js';

/**
 * @param {object} actions
 * @param {(jobId: string) => void} actions.open
 * @param {(jobId: string) => Promise<void>} actions.resume
 * @param {(jobId: string) => Promise<boolean>} actions.discard whether it is gone
 * @param {() => string} actions.shown the job that the page shows already
 */
export function attachImportsList({ open, resume, discard, shown }) {
  const section = byId('imports', HTMLElement);
  const list = byId('importsList', HTMLElement);
  const problem = byId('importsProblem', HTMLElement);
  const link = byId('importsLink', HTMLAnchorElement);

  /** @returns {Promise<Job[]>} what the server knows */
  const load = async () => {
    /** @type {Job[]} */
    let jobs = [];
    try {
      jobs = (await listImports()).imports ?? [];
    } catch (error) {
      // Without the list the page works all the same.
      if (error instanceof RequestError) return [];
      throw error;
    }
    const rows = jobs.filter(({ id }) => id !== undefined && id !== shown()).map(row).filter((one) => one !== null);
    list.replaceChildren(...rows);
    show(section, rows.length > 0);
    // The list stands below, where nothing moves when it comes; this leads there.
    show(link, rows.length > 0);
    link.textContent = `${formatNoun(rows.length, 'import')} on this machine`;
    return jobs;
  };

  /** @param {Job} job */
  const row = (job) => {
    const id = job.id ?? '';
    const target = job.import_url ?? job.remote_path ?? id;
    if (job.state === 'queued' || job.state === 'running') {
      return item('clock', 'Running', target, facts(job), [action('Watch', target, async () => open(id))]);
    }
    if (!job.resume_ready) return null;
    const buttons = [
      action('Resume', target, () => resume(id)),
      action('Discard', target, async () => {
        if (await discard(id)) await load();
      }, 'btn--danger'),
    ];
    return item('alert', job.state === 'canceled' ? 'Canceled' : 'Unfinished', target, [...facts(job), job.error ?? ''], buttons);
  };

  /** @param {string} text @param {string} what for people who hear the button alone @param {() => Promise<unknown>} run @param {string} [kind] */
  const action = (text, what, run, kind = '') => {
    const button = el('button', { type: 'button', class: `btn btn--small ${kind}`.trim() }, text, el('span', { class: 'visually-hidden' }, ` ${what}`));
    button.addEventListener('click', async () => {
      button.disabled = true;
      problem.replaceChildren();
      try {
        await run();
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        problem.replaceChildren(failureBox(`${text} failed`, error));
      }
      button.disabled = false;
    });
    return button;
  };

  return { load };
}

/** @param {Job} job */
function facts({ name = '', created_at: created, source_bytes: bytes, chunks_completed: done = 0, chunks_total: total }) {
  const moment = parseMoment(created);
  return [
    name,
    moment === null ? '' : `${formatUtc(moment).slice(0, 16)} UTC`,
    bytes === undefined ? '' : formatBytes(bytes),
    total === undefined ? '' : `${done} of ${formatNoun(total, 'chunk')} acknowledged`,
  ];
}

/**
 * @param {import('../../shared/icon.js').IconName} mark
 * @param {string} state
 * @param {string} name
 * @param {string[]} told empty ones are left out
 * @param {HTMLElement[]} buttons
 */
function item(mark, state, name, told, buttons) {
  const text = told.filter((one) => one !== '').join(', ');
  return el('li', { class: 'export-row' }, icon(mark),
    el('div', { class: 'export-row__text' }, el('span', { class: 'code export-row__name' }, name), el('span', { class: 'check__note' }, `${state}${text === '' ? '' : `: ${text}`}`)),
    el('div', { class: 'export-row__actions' }, ...buttons));
}
