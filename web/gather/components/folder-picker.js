/** A dialog that walks through the folders of the server. */

import { byId, el } from '../../shared/dom.js';
import { icon } from '../../shared/icon.js';
import { RequestError } from '../../shared/request.js';
import { listFolder } from '../api.js';

/**
 * @param {string} start
 * @returns {Promise<string | null>} the chosen folder; null if the dialog was left
 */
export function openFolderPicker(start) {
  const dialog = byId('dirPickerOverlay', HTMLDialogElement);
  const current = byId('dirPickerCurrent', HTMLElement);
  const list = byId('dirPickerList', HTMLElement);
  const status = byId('dirPickerStatus', HTMLElement);
  const up = byId('dirPickerParentBtn', HTMLButtonElement);
  const use = byId('dirPickerUseBtn', HTMLButtonElement);
  const closing = new AbortController();
  const { signal } = closing;
  let path = start;
  let parent = '';
  let newest = 0;

  /** @param {string} wanted */
  const load = async (wanted) => {
    newest += 1;
    const mine = newest;
    status.textContent = 'Reading the folder';
    try {
      const answer = await listFolder(wanted);
      if (mine !== newest) return;
      path = answer.path ?? wanted;
      parent = answer.parent ?? '';
      current.textContent = path;
      up.disabled = parent === '';
      use.disabled = false;
      const entries = answer.entries ?? [];
      list.replaceChildren(...entries.map(row));
      status.textContent = answer.exists === false ? 'This folder does not exist yet.' : entries.length === 0 ? 'No folders in here.' : '';
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (mine === newest) status.textContent = error.message;
    }
  };

  /** @param {{ name: string, path: string, writable?: boolean }} entry */
  const row = (entry) => {
    const button = el('button', { type: 'button', class: 'folder' }, icon(entry.writable === false ? 'lock' : 'folder'), entry.name,
      entry.writable === false ? el('span', { class: 'check__note' }, 'read-only') : null);
    button.addEventListener('click', () => void load(entry.path));
    return el('li', {}, button);
  };

  return new Promise((resolve) => {
    /** @param {string | null} chosen */
    const finish = (chosen) => {
      closing.abort();
      dialog.classList.remove('visible');
      if (dialog.open) dialog.close();
      resolve(chosen);
    };
    up.addEventListener('click', () => void load(parent), { signal });
    byId('dirPickerRefreshBtn', HTMLButtonElement).addEventListener('click', () => void load(path), { signal });
    byId('dirPickerCancelBtn', HTMLButtonElement).addEventListener('click', () => finish(null), { signal });
    use.addEventListener('click', () => finish(path), { signal });
    dialog.addEventListener('cancel', () => finish(null), { signal });
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) finish(null);
    }, { signal });
    current.textContent = start;
    list.replaceChildren();
    dialog.classList.add('visible');
    dialog.showModal();
    void load(start);
  });
}
