/** Unfinished and finished exports that the server knows, shown on the first step. */

/** @import { FinishedExport, KnownExport } from '../api.js' */

import { byId, el, show } from '../../shared/dom.js';
import { showProblems } from '../../shared/error-summary.js';
import { formatBytes, formatNoun } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { RequestError } from '../../shared/request.js';
import { discardExport, listExports } from '../api.js';
import { describeMoment } from '../timezone.js';
import { isCount } from '../selection.js';
import { confirmDiscard } from './discard-dialog.js';
import { download } from './download.js';

const FINISHED_SHOWN = 5;

/**
 * @param {object} actions
 * @param {(jobId: string) => Promise<void>} actions.resume
 * @param {(jobId: string) => void} actions.watch
 */
export function attachExportsList({ resume, watch }) {
  const section = byId('exports', HTMLElement);
  const interruptedList = byId('interruptedExports', HTMLElement);
  const finishedList = byId('finishedExports', HTMLElement);

  const load = async () => {
    /** @type {Awaited<ReturnType<typeof listExports>>} */
    let known;
    try {
      known = await listExports();
    } catch (error) {
      // Without the list the wizard works all the same.
      if (error instanceof RequestError) return;
      throw error;
    }
    const running = known.running ?? [];
    const interrupted = known.interrupted ?? [];
    const finished = (known.finished ?? []).slice(0, FINISHED_SHOWN);
    interruptedList.replaceChildren(...running.map(runningRow), ...interrupted.map(interruptedRow));
    finishedList.replaceChildren(...finished.map(finishedRow));
    show(interruptedList, running.length + interrupted.length > 0);
    show(finishedList, finished.length > 0);
    show(section, running.length + interrupted.length + finished.length > 0);
  };

  /** @param {() => Promise<void>} action */
  const attempt = async (action) => {
    try {
      showProblems(section, []);
      await action();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      showProblems(section, [{ text: error.hint === '' ? error.message : `${error.message} ${error.hint}` }]);
    }
  };

  /** @param {KnownExport} one */
  const runningRow = (one) => {
    const open = action('Watch', describe(one), () => watch(one.job_id ?? ''));
    return row('clock', 'Running', describe(one), progressText(one), [open]);
  };

  /** @param {KnownExport} one */
  const interruptedRow = (one) => {
    const id = one.job_id ?? '';
    const buttons = [
      action('Resume', describe(one), () => attempt(() => resume(id))),
      action('Discard', describe(one), () => attempt(async () => {
        if (!(await confirmDiscard(`${describe(one)}. ${progressText(one)}`))) return;
        await discardExport(id);
        await load();
      }), 'btn--danger'),
    ];
    return row('alert', 'Unfinished', describe(one), progressText(one), buttons);
  };

  /** @param {FinishedExport} one */
  const finishedRow = (one) => {
    const size = one.archive_size_bytes ?? one.archive_size;
    const facts = [
      one.completed_at ? moment(one.completed_at) : '',
      isCount(size) ? formatBytes(size) : '',
      isCount(one.series_count) ? formatNoun(one.series_count, 'series', 'series') : '',
      one.obfuscation_applied === false ? 'nothing replaced' : one.obfuscation_applied ? 'names replaced' : '',
    ];
    const name = one.archive_name || one.export_id || 'bundle';
    // By id: the path may lie outside of where this server writes now.
    const { archive_path: _, ...byExportId } = one;
    const get = action('Download', name, () => download(one.export_id ? { ...byExportId, archive_name: name } : one));
    return row('file', 'Finished', name, facts.filter((fact) => fact !== '').join(', '), [get]);
  };

  return { load };
}

/**
 * @param {import('../../shared/icon.js').IconName} mark
 * @param {string} state
 * @param {string} name
 * @param {string} facts
 * @param {HTMLElement[]} buttons
 */
function row(mark, state, name, facts, buttons) {
  return el('li', { class: 'export-row' }, icon(mark),
    el('div', { class: 'export-row__text' }, el('span', { class: 'code export-row__name' }, name), el('span', { class: 'check__note' }, `${state}${facts === '' ? '' : `: ${facts}`}`)),
    el('div', { class: 'export-row__actions' }, ...buttons));
}

/**
 * @param {string} text
 * @param {string} what the export concerned, for people who hear the button alone
 * @param {() => unknown} run
 * @param {string} [kind]
 */
function action(text, what, run, kind = '') {
  const button = el('button', { type: 'button', class: `btn btn--small ${kind}`.trim() }, text, el('span', { class: 'visually-hidden' }, ` ${what}`));
  button.addEventListener('click', async () => {
    button.disabled = true;
    await run();
    button.disabled = false;
  });
  return button;
}

/** @param {KnownExport} one */
function describe({ endpoint, time_range: range, job_id: id }) {
  const span = range?.start && range.end ? `${moment(range.start)} – ${moment(range.end)}` : '';
  return [endpoint ?? '', span].filter((part) => part !== '').join(', ') || (id ?? 'export');
}

/** @param {KnownExport} one */
function progressText({ completed_batches: done, total_batches: total, progress }) {
  if (isCount(done) && isCount(total) && total > 0) return `${done} of ${formatNoun(total, 'batch', 'batches')} fetched`;
  return isCount(progress) ? `${Math.round(progress * 100)} % done` : '';
}

/** @param {string} iso */
function moment(iso) {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? iso : describeMoment(ms, 'local').slice(0, 16);
}
