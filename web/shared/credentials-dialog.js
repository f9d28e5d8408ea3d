/** Asks for credentials that were never stored. */

/** @import { Auth } from './auth-fields.js' */

import { byId } from './dom.js';
import { prose } from './prose.js';
import { readAuthFields, renderAuthFields } from './auth-fields.js';

/**
 * @param {string} reason
 * @returns {Promise<Auth | null>} null if the person does not want to
 */
export function askCredentials(reason) {
  const dialog = byId('credentialsDialog', HTMLDialogElement);
  const form = byId('credentialsForm', HTMLFormElement);
  const type = byId('credentialsType', HTMLSelectElement);
  const fields = byId('credentialsFields', HTMLElement);
  const closing = new AbortController();
  const { signal } = closing;
  byId('credentialsText', HTMLElement).replaceChildren(...prose(reason));
  const render = () => renderAuthFields(fields, type.value, { prefix: 'credentials-' });
  render();
  type.addEventListener('change', render, { signal });
  dialog.showModal();

  return new Promise((resolve) => {
    /** @param {Auth | null} auth */
    const finish = (auth) => {
      closing.abort();
      fields.replaceChildren();
      if (dialog.open) dialog.close();
      resolve(auth);
    };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      finish(readAuthFields(fields, type.value));
    }, { signal });
    byId('credentialsCancelBtn', HTMLButtonElement).addEventListener('click', () => finish(null), { signal });
    dialog.addEventListener('cancel', () => finish(null), { signal });
  });
}
