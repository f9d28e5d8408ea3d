/** Step 3: the address, the credentials, and the test that both work. */

/** @import { Auth } from '../../shared/auth-fields.js' */
/** @import { Connection, Validation } from '../api.js' */
/** @import { Wizard } from '../wizard.js' */

import { announce } from '../../shared/announce.js';
import { readAuthFields, renderAuthFields, withoutSecrets } from '../../shared/auth-fields.js';
import { byId, el, show } from '../../shared/dom.js';
import { icon } from '../../shared/icon.js';
import { RequestError } from '../../shared/request.js';
import { validate } from '../api.js';
import { failureBox, makeRow, paintRow, successSummary } from '../components/connection-rows.js';
import { connectionOf } from '../payload.js';
import { parseUrl, withoutDoubt } from '../url.js';

/**
 * @typedef {object} ConnectionStep
 * @property {() => Connection | null} current the tested connection with the secrets of the inputs
 * @property {() => Auth} auth the credentials as typed
 */

/** @param {Wizard} wizard @returns {ConnectionStep} */
export function attachConnection(wizard) {
  const { store } = wizard;
  const address = byId('vmUrl', HTMLInputElement);
  const hint = byId('vmUrlHint', HTMLElement);
  const authType = byId('authType', HTMLSelectElement);
  const authFields = byId('authFields', HTMLElement);
  const skipTls = byId('skipTlsVerify', HTMLInputElement);
  const testButton = byId('testConnectionBtn', HTMLButtonElement);
  const nextButton = byId('step3Next', HTMLButtonElement);
  const nextHint = byId('step3NextHint', HTMLElement);
  const result = byId('connectionResult', HTMLElement);

  /** The inputs as a text, to tell whether they are still those of the last success. */
  const fingerprint = () => JSON.stringify([address.value.trim(), auth(), skipTls.checked]);
  const auth = () => readAuthFields(authFields, authType.value);
  let tested = '';
  let running = '';

  const paint = () => {
    const parsed = parseUrl(address.value);
    testButton.disabled = !parsed.ok;
    // Disabled for real during the test, it would lose the focus.
    testButton.ariaDisabled = running === '' ? null : 'true';
    nextButton.disabled = store.state.connection === null || fingerprint() !== tested;
    show(nextHint, nextButton.disabled);
    if (parsed.ok) {
      const tenant = parsed.is_multitenant ? ', all tenants' : parsed.tenant_id === null ? '' : `, tenant ${parsed.tenant_id}`;
      paintHint('success', icon('check'), 'Valid: ', el('code', {}, parsed.full_api_url), tenant);
      if (parsed.dropped_user_info) hint.append(' – user name and password in it are not used; enter them below.');
    } else if (parsed.empty) {
      paintHint('pending', icon('ring'), parsed.reason);
    } else {
      paintHint('error', icon('cross'), 'Not valid: ', parsed.reason);
    }
  };
  /** @param {string} status @param {Node} mark @param {...(Node | string)} parts */
  const paintHint = (status, mark, ...parts) => {
    hint.dataset.status = status;
    hint.replaceChildren(mark, el('span', {}, ...parts));
  };

  /** Whatever changes here needs a new test. */
  const changed = () => {
    if (store.state.connection !== null && fingerprint() !== tested) {
      store.set({ connection: null, components: [], selection: {}, foundTargets: [], targets: [], queryType: '' });
      result.replaceChildren(el('p', { class: 'hint' }, icon('info'), 'The address or the credentials changed: test the connection again.'));
    }
    const parsed = parseUrl(address.value);
    const typed = auth();
    store.set({
      address: parsed.ok ? parsed.full_api_url : withoutDoubt(address.value),
      authType: authType.value,
      username: typed.username ?? '',
      headerName: typed.header_name ?? '',
      skipTls: skipTls.checked,
    });
    paint();
  };

  /** @param {Connection} connection what was sent */
  const run = async (connection) => {
    const sent = fingerprint();
    running = sent;
    tested = '';
    store.set({ connection: null });
    const rows = {
      url: makeRow('success', `Address: ${connection.full_api_url}`),
      host: makeRow('success', 'Host check complete: the address is well formed'),
      detection: makeRow('progress', 'Asking who answers'),
      connection: makeRow('pending', 'Connection'),
    };
    const list = el('div', { id: 'validationSteps', class: 'checks' }, rows.url, rows.host, rows.detection, rows.connection);
    result.replaceChildren(list);
    paint();

    /** @type {Validation} */
    let answer;
    try {
      answer = await validate(connection);
    } catch (error) {
      const failure = error instanceof RequestError ? error : new RequestError(String(error));
      answer = { ...failure.body, success: false, error: failure.message, hint: failure.hint };
    }
    running = '';
    queueMicrotask(() => result.scrollIntoView({ block: 'nearest' }));
    if (fingerprint() !== sent) {
      result.replaceChildren(el('p', { class: 'hint' }, icon('info'), 'The inputs changed during the test: test the connection again.'));
    } else if (!answer.success) {
      paintRow(rows.detection, 'error', 'No VictoriaMetrics found there');
      paintRow(rows.connection, 'error', `Connection failed: ${answer.error || answer.message || 'no reason given'}`);
      list.append(failureBox(answer));
      announce('The connection test failed.');
    } else if (answer.is_victoria_metrics === false) {
      paintRow(rows.detection, 'warning', 'Something answers there, but it shows no sign of VictoriaMetrics');
      paintRow(rows.connection, 'warning', answer.warning || answer.warnings?.[0] || 'Enter the address of VictoriaMetrics itself.');
      announce('Something answers there, but it is not VictoriaMetrics.');
    } else {
      succeed(connection, answer, rows, list);
      tested = sent;
    }
    paint();
  };

  /** @param {Connection} sent @param {Validation} answer @param {Record<'detection' | 'connection', HTMLElement>} rows @param {HTMLElement} list */
  const succeed = (sent, answer, rows, list) => {
    const resolved = { ...sent, ...answer.resolved_connection, auth: withoutSecrets(sent.auth) };
    const names = answer.vm_components ?? [];
    paintRow(rows.detection, 'success', `VictoriaMetrics detected${names.length > 0 ? `: ${names.join(', ')}` : ''}`);
    paintRow(rows.connection, 'success', `Connection successful, version ${answer.version || 'unknown'}`);
    list.append(successSummary(resolved, answer));
    store.set({ connection: resolved });
    announce('The test is done: you can go on.');
  };

  byId('connectionForm', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const parsed = parseUrl(address.value);
    if (running !== '') return;
    if (parsed.ok) void run(connectionOf(parsed, auth(), skipTls.checked));
    else paint();
  });
  address.addEventListener('input', changed);
  address.addEventListener('change', changed);
  authType.addEventListener('change', () => {
    renderAuthFields(authFields, authType.value, {
      values: { username: store.state.username, header_name: store.state.headerName },
    });
    changed();
  });
  authFields.addEventListener('input', changed);
  authFields.addEventListener('change', changed);
  skipTls.addEventListener('change', changed);
  byId('useDemoBtn', HTMLButtonElement).addEventListener('click', () => {
    address.value = store.state.config.demo_url ?? '';
    authType.value = 'none';
    renderAuthFields(authFields, 'none');
    changed();
    testButton.focus();
  });
  store.watch(({ config }) => show(byId('demoOffer', HTMLElement), config.demo_url !== undefined));

  // After a reload the address is there again, and so is a success that needs no secrets.
  address.value = store.state.address;
  authType.value = store.state.authType;
  skipTls.checked = store.state.skipTls;
  renderAuthFields(authFields, authType.value, {
    values: { username: store.state.username, header_name: store.state.headerName },
  });
  if (store.state.connection !== null) {
    if (store.state.connection.auth.type === 'none') {
      tested = fingerprint();
      result.replaceChildren(el('p', { class: 'hint', 'data-status': 'success' }, icon('check'), 'Tested before the page was loaded again.'));
    } else {
      store.set({ connection: null });
      result.replaceChildren(el('p', { class: 'hint' }, icon('info'), 'The page was loaded again, and secrets are never stored: enter them once more and test the connection.'));
    }
  }
  paint();

  const current = () => {
    const { connection } = store.state;
    return connection === null || fingerprint() !== tested ? null : { ...connection, auth: auth() };
  };
  wizard.register(3, {
    enter: paint,
    check: () => (current() === null ? [{ field: 'vmUrl', text: 'Test the connection first.' }] : []),
    open: () => current() !== null,
  });
  return { current, auth };
}
