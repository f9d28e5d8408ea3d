/** Asks before unfinished data are deleted. */

import { byId } from '../../shared/dom.js';

/** @param {string} what @returns {Promise<boolean>} */
export function confirmDiscard(what) {
  const dialog = byId('discardDialog', HTMLDialogElement);
  const closing = new AbortController();
  const { signal } = closing;
  byId('discardText', HTMLElement).textContent = `${what}. What was fetched is deleted and cannot be brought back.`.replace('..', '.');
  dialog.showModal();
  return new Promise((resolve) => {
    /** @param {boolean} confirmed */
    const finish = (confirmed) => {
      closing.abort();
      if (dialog.open) dialog.close();
      resolve(confirmed);
    };
    byId('discardConfirmBtn', HTMLButtonElement).addEventListener('click', () => finish(true), { signal });
    byId('discardCancelBtn', HTMLButtonElement).addEventListener('click', () => finish(false), { signal });
    dialog.addEventListener('cancel', () => finish(false), { signal });
  });
}
