/** Inputs for one kind of credentials. Secrets live in these inputs only. */

import { el } from './dom.js';

/** @typedef {'none' | 'basic' | 'bearer' | 'header'} AuthType */
/**
 * @typedef {object} Auth
 * @property {AuthType} type
 * @property {string} [username]
 * @property {string} [password]
 * @property {string} [token]
 * @property {string} [header_name]
 * @property {string} [header_value]
 */
/** @typedef {{ key: Exclude<keyof Auth, 'type'>, label: string, id: string, secret: boolean }} Field */

/** @type {Record<string, Field[]>} */
const FIELDS = {
  none: [],
  basic: [
    { key: 'username', label: 'User', id: 'username', secret: false },
    { key: 'password', label: 'Password', id: 'password', secret: true },
  ],
  bearer: [{ key: 'token', label: 'Token', id: 'token', secret: true }],
  header: [
    { key: 'header_name', label: 'Header name', id: 'headerName', secret: false },
    { key: 'header_value', label: 'Header value', id: 'headerValue', secret: true },
  ],
};

/**
 * Fills a container with the inputs of a kind.
 *
 * @param {HTMLElement} container
 * @param {string} type
 * @param {{ prefix?: string, values?: Partial<Auth> }} [options] the prefix keeps ids apart
 */
export function renderAuthFields(container, type, { prefix = '', values = {} } = {}) {
  const groups = (FIELDS[type] ?? []).map(({ key, label, id, secret }) => {
    const input = el('input', {
      id: prefix + id,
      class: 'input input--short input--code',
      type: secret ? 'password' : 'text',
      autocomplete: 'off',
      autocapitalize: 'off',
      spellcheck: 'false',
      'data-key': key,
    });
    input.value = secret ? '' : (values[key] ?? '');
    return el('div', { class: 'form-group' }, el('label', { for: input.id }, label), input);
  });
  container.replaceChildren(...groups);
}

/**
 * The credentials as typed.
 *
 * @param {HTMLElement} container
 * @param {string} type
 * @returns {Auth}
 */
export function readAuthFields(container, type) {
  /** @type {Record<string, string>} */
  const values = {};
  for (const input of container.querySelectorAll('input')) values[input.dataset.key ?? ''] = input.value;
  return { type: /** @type {AuthType} */ (type), ...values };
}

/** @param {Auth} auth the same without what nobody may keep @returns {Auth} */
export function withoutSecrets({ type, username, header_name }) {
  return { type, ...(username === undefined ? {} : { username }), ...(header_name === undefined ? {} : { header_name }) };
}
