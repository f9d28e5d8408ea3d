/** Asks before something unfinished is deleted. */

import { byId } from './dom.js';

/** @param {string} text what is deleted, and that it is gone then @returns {Promise<boolean>} */
export function confirmDiscard(text) {
  const dialog = byId('discardDialog', HTMLDialogElement);
  const closing = new AbortController();
  const { signal } = closing;
  byId('discardText', HTMLElement).textContent = text;
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
