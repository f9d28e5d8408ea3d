/** The target: address, tenant, credentials, and the test that it answers. */

/** @import { Auth } from '../../shared/auth-fields.js' */
/** @import { Store } from '../../shared/store.js' */
/** @import { EndpointCheck } from '../api.js' */
/** @import { ImportState } from '../state.js' */

import { announce } from '../../shared/announce.js';
import { readAuthFields, renderAuthFields } from '../../shared/auth-fields.js';
import { byId, el } from '../../shared/dom.js';
import { icon } from '../../shared/icon.js';
import { RequestError } from '../../shared/request.js';
import { checkEndpoint } from '../api.js';
import { configOf } from '../config.js';
import { importUrl } from '../target-url.js';
import { factRow, failureBox, warningLines } from './boxes.js';

const SERVERS = /** @type {Record<string, string>} */ ({ single: 'single node', cluster: 'cluster' });

/**
 * @param {Store<ImportState>} store
 * @param {{ tested: () => void }} events after a successful test
 * @returns {{ auth: () => Auth }} the credentials as typed
 */
export function attachConnection(store, { tested }) {
  const address = byId('vmUrl', HTMLInputElement);
  const hint = byId('vmUrlHint', HTMLElement);
  const tenantSwitch = byId('enableTenant', HTMLInputElement);
  const tenant = byId('tenantId', HTMLInputElement);
  const authType = byId('authType', HTMLSelectElement);
  const authFields = byId('authFields', HTMLElement);
  const skipTls = byId('skipTlsVerify', HTMLInputElement);
  const button = byId('testConnectionBtn', HTMLButtonElement);
  const result = byId('connectionResult', HTMLElement);
  const auth = () => readAuthFields(authFields, authType.value);
  let running = false;
  let shownHint = '';
  let seen = '';

  /** @param {string} text */
  const tell = (text) => result.replaceChildren(el('p', { class: 'hint' }, icon('info'), text));

  const inputs = () => JSON.stringify([address.value, tenantSwitch.checked, tenant.value, auth(), skipTls.checked]);

  /** Whatever changes here needs a new test. */
  const changed = () => {
    const typed = auth();
    // A field tells its last change again when it is left.
    if (inputs() === seen) return;
    const wasTested = store.state.tested;
    store.set({
      endpoint: address.value,
      tenantEnabled: tenantSwitch.checked,
      tenant: tenant.value,
      authType: typed.type,
      username: typed.username ?? '',
      headerName: typed.header_name ?? '',
      skipTls: skipTls.checked,
      tested: false,
    });
    if (wasTested) tell('The target or the credentials changed: test the connection again.');
    else if (!running) result.replaceChildren();
  };

  store.watch((state) => {
    if (address.value !== state.endpoint) address.value = state.endpoint;
    if (tenant.value !== state.tenant) tenant.value = state.tenant;
    tenantSwitch.checked = state.tenantEnabled;
    tenant.disabled = !state.tenantEnabled;
    skipTls.checked = state.skipTls;
    if (authType.value !== state.authType || (authFields.childElementCount === 0 && state.authType !== 'none')) {
      authType.value = state.authType;
      renderAuthFields(authFields, state.authType, { values: { username: state.username, header_name: state.headerName } });
    }
    button.disabled = running || state.endpoint.trim() === '';
    paintHint(state);
    seen = inputs();
  });

  /** @param {ImportState} state */
  function paintHint({ endpoint, tenantEnabled, tenant: id }) {
    const { url, error, userInfo } = importUrl(endpoint, tenantEnabled ? id.trim() : '');
    const empty = endpoint.trim() === '';
    const key = `${url}${error}${userInfo}`;
    if (shownHint === key) return;
    shownHint = key;
    hint.dataset.status = empty ? 'pending' : url === '' ? 'error' : 'success';
    hint.replaceChildren(
      icon(empty ? 'ring' : url === '' ? 'cross' : 'check'),
      el('span', {}, ...(url === '' ? [empty ? '' : 'Not valid: ', error] : ['Writes to ', el('code', {}, url), userInfo ? ' – user name and password in the address are not used; enter them below.' : ''])),
    );
  }

  const test = async () => {
    const sent = configOf(store.state, auth());
    running = true;
    store.set({ tested: false });
    result.replaceChildren(el('p', { class: 'hint', 'data-status': 'progress' }, icon('spinner'), 'Asking the target'));
    /** @type {EndpointCheck} */
    let answer = {};
    /** @type {RequestError | null} */
    let failure = null;
    try {
      answer = await checkEndpoint(sent);
      if (answer.ok === false) failure = new RequestError('The target does not take imports.');
    } catch (error) {
      failure = error instanceof RequestError ? error : new RequestError(String(error));
    }
    running = false;
    if (targetKey(sent) !== targetKey(configOf(store.state, auth()))) {
      tell('The target or the credentials changed during the test: test the connection again.');
      store.set({});
      return;
    }
    result.replaceChildren(failure === null ? success(answer) : refusal(failure));
    store.set({ tested: failure === null });
    announce(failure === null ? 'The target answers.' : 'The connection test failed.');
    if (failure === null) tested();
  };

  /** @param {RequestError} failure */
  const refusal = (failure) => {
    const box = failureBox('Connection failed', failure);
    if (!skipTls.checked && (failure.code === 'certificate' || /certificate/i.test(failure.message))) {
      const toSwitch = el('button', { type: 'button', class: 'btn btn--small', id: 'acceptCertificateBtn' }, 'Accept any TLS certificate');
      toSwitch.addEventListener('click', () => {
        skipTls.checked = true;
        changed();
        skipTls.focus();
      });
      box.lastElementChild?.append(
        el('p', {}, 'Nothing was sent, no credentials either. If you know that this server made its certificate itself, you can switch the check off and test again; whoever sits in between can then read everything.'),
        el('p', {}, toSwitch),
      );
    }
    return box;
  };

  byId('connectionForm', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (!running && store.state.endpoint.trim() !== '') void test();
  });
  tenantSwitch.addEventListener('change', () => {
    if (!tenantSwitch.checked) tenant.value = '';
    changed();
    if (tenantSwitch.checked) tenant.focus();
  });
  for (const input of [address, tenant, authFields]) {
    input.addEventListener('input', changed);
    input.addEventListener('change', changed);
  }
  authType.addEventListener('change', () => {
    const { username, headerName } = store.state;
    renderAuthFields(authFields, authType.value, { values: { username, header_name: headerName } });
    changed();
  });
  skipTls.addEventListener('change', changed);

  return { auth };
}

/** @param {import('../api.js').ImportConfig} config what makes it another target */
function targetKey({ endpoint, tenant_id, auth_type, username, password, custom_header_name, custom_header_value, skip_tls_verify }) {
  return JSON.stringify([endpoint, tenant_id, auth_type, username, password, custom_header_name, custom_header_value, skip_tls_verify]);
}

/** @param {EndpointCheck} answer */
function success({ import_url: importTo, query_url: queryAt, server = '', warnings }) {
  return el('div', { class: 'success-box success-box--plain' }, icon('check'),
    el('div', { class: 'outcome__text' },
      el('strong', {}, 'Connection successful'),
      importTo || queryAt ? el('dl', { class: 'facts facts--stacked' },
        importTo ? factRow('Writes to', el('code', {}, importTo)) : null,
        queryAt ? factRow('Verifies at', el('code', {}, queryAt)) : null,
        SERVERS[server] ? factRow('Found', SERVERS[server]) : null) : null,
      ...warningLines(warnings)));
}
