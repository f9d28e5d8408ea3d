import { can, CONNECTED, gate } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { connect, expectStep, next, section, toConnection } from '../fixtures/wizard.js';

const ATTEMPTS = [
  { endpoint: 'http://vmselect:8481', success: false, error: 'unsupported URL format' },
  { endpoint: 'http://vmselect:8481/select/0/prometheus', api_base_path: '/select/0/prometheus', success: true },
];

test.beforeEach(async ({ page }) => {
  await page.goto('/');
  await toConnection(page);
});

test('help is folded, opens, shows eleven examples and folds again', async ({ page }) => {
  const help = section(page, 3).locator('details.help-section');
  await expect(help).toHaveCount(1);
  await expect(help).not.toHaveAttribute('open');
  await help.locator('summary').click();
  await expect(help.locator('.url-example')).toHaveCount(11);
  for (const text of ['http://vmselect:8481', 'http://vmsingle:18428']) {
    await expect(help.getByText(text).first()).toBeVisible();
  }
  await expect(page.getByText('From Grafana datasource:')).toHaveCount(1);
  await expect(page.getByText('How it works')).toHaveCount(1);
  await help.locator('summary').click();
  await expect(help).not.toHaveAttribute('open');
});

test('the address is judged as it is typed', async ({ page }) => {
  const hint = page.locator('#vmUrlHint');
  const button = page.getByRole('button', { name: 'Test Connection' });
  await expect(page.locator('#vmUrl')).toHaveValue('');
  await expect(button).toBeDisabled();
  await page.fill('#vmUrl', 'https://this-aint-no\\\\invalid-url');
  await expect(hint).toHaveAttribute('data-status', 'error');
  await expect(hint).toContainText('Not valid');
  await expect(button).toBeDisabled();
  await page.fill('#vmUrl', 'vmselect.monitoring.svc.cluster.local:8481');
  await expect(hint).toHaveAttribute('data-status', 'success');
  await expect(hint).toContainText('http://vmselect.monitoring.svc.cluster.local:8481');
  await expect(button).toBeEnabled();
  await page.fill('#vmUrl', 'http://user:geheim@vm/1011');
  await expect(hint).toContainText('tenant 1011');
  await expect(hint).toContainText('user name and password in it are not used');
});

test('a success shows its rows, its summary, and the way on', async ({ page }) => {
  const api = await can(page, {
    '/api/validate': {
      ...CONNECTED,
      version: 'v1.150.0',
      components: 7,
      vm_components: ['vmagent', 'vmselect'],
      final_endpoint: 'http://vmselect:8481/select/0/prometheus',
      attempts: ATTEMPTS,
      resolved_connection: { url: 'http://vmselect:8481', api_base_path: '/select/0/prometheus', full_api_url: 'http://vmselect:8481/select/0/prometheus', auth: { type: 'none' } },
    },
  });
  await expect(page.locator('#connectionResult')).toBeEmpty();
  await connect(page, 'http://vmselect:8481');
  expect(api.to('/api/validate')[0].body.connection).toEqual({
    url: 'http://vmselect:8481', api_base_path: '', tenant_id: null, is_multitenant: false,
    full_api_url: 'http://vmselect:8481', auth: { type: 'none' }, skip_tls_verify: false,
  });
  const rows = page.locator('#validationSteps > div');
  await expect(rows.nth(0)).toContainText('http://vmselect:8481');
  await expect(rows.nth(1)).toContainText('Host check complete');
  await expect(page.locator('#validationSteps').getByText('VictoriaMetrics detected')).toHaveCount(1);
  await expect(page.locator('#validationSteps').getByText(/Connection Successful/)).toHaveCount(1);
  await expect(page.locator('#validationSteps').getByText(/Connection Successful/)).toHaveText('Connection Successful!');
  await expect(page.getByText(/connection successful/i).first()).toBeVisible();
  for (const text of ['Version:', 'v1.150.0', 'Components:', '7', 'Final endpoint', 'Attempts', 'select/0/prometheus']) {
    await expect(page.locator('#validationSteps')).toContainText(text);
  }
  await next(page);
  await expect.poll(() => api.to('/api/discover').length).toBe(1);
  expect(api.to('/api/discover')[0].body.connection.full_api_url).toBe('http://vmselect:8481/select/0/prometheus');
});

test('the smallest success is enough', async ({ page }) => {
  await can(page);
  await connect(page, 'http://localhost:18428');
  await expect(page.locator('#validationSteps')).toContainText('Version:');
  await expect(page.locator('#validationSteps')).toContainText('Components:');
  await expect(page.locator('#validationSteps')).not.toContainText('undefined');
});

test('the path of the address is shown while the test runs', async ({ page }) => {
  const held = gate();
  await can(page, {
    '/api/validate': async () => {
      await held.opened;
      return CONNECTED;
    },
  });
  await page.fill('#vmUrl', 'http://localhost:8426/1011/rw/prometheus');
  await page.click('#testConnectionBtn');
  await expect(page.locator('#validationSteps')).toContainText('/1011/rw/prometheus');
  await expect(page.locator('#validationSteps')).toContainText('Host check complete');
  await expect(page.locator('#validationSteps [data-status="progress"]')).toHaveCount(1);
  await expect(page.locator('#step3Next')).toBeDisabled();
  held.open();
  await expect(page.locator('#step3Next')).toBeEnabled();
});

for (const [name, type, fields, sent] of /** @type {[string, string, Record<string, string>, object][]} */ ([
  ['none', 'none', {}, { type: 'none' }],
  ['basic', 'basic', { username: 'sre', password: 'geheim' }, { type: 'basic', username: 'sre', password: 'geheim' }],
  ['bearer', 'bearer', { token: 'geheim' }, { type: 'bearer', token: 'geheim' }],
  ['header', 'header', { headerName: 'X-Key', headerValue: 'geheim' }, { type: 'header', header_name: 'X-Key', header_value: 'geheim' }],
])) {
  test(`credentials of type ${name} are sent and stored nowhere`, async ({ page }) => {
    const api = await can(page);
    await page.selectOption('#authType', type);
    for (const [id, value] of Object.entries(fields)) await page.fill(`#${id}`, value);
    await connect(page);
    await next(page);
    await expect.poll(() => api.to('/api/discover').length).toBe(1);
    expect(api.to('/api/validate')[0].body.connection.auth).toEqual(sent);
    expect(api.to('/api/discover')[0].body.connection.auth).toEqual(sent);
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.cookie]));
    expect(stored).not.toContain('geheim');
  });
}

test('inputs of credentials are there for their own type only', async ({ page }) => {
  const ids = ['username', 'password', 'token', 'headerName', 'headerValue'];
  const shown = async () => {
    const found = [];
    for (const id of ids) if ((await page.locator(`#${id}`).count()) === 1) found.push(id);
    return found;
  };
  expect(await shown()).toEqual([]);
  const rendered = await page.evaluate(() => {
    const select = /** @type {HTMLSelectElement} */ (document.getElementById('authType'));
    select.value = 'basic';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    return document.getElementById('password') !== null;
  });
  expect(rendered).toBe(true);
  expect(await shown()).toEqual(['username', 'password']);
  await page.selectOption('#authType', 'bearer');
  expect(await shown()).toEqual(['token']);
  await page.selectOption('#authType', 'header');
  expect(await shown()).toEqual(['headerName', 'headerValue']);
});

test('a change of address, credentials or TLS takes the success back', async ({ page }) => {
  await can(page);
  await page.selectOption('#authType', 'basic');
  await page.fill('#username', 'sre');
  for (const change of [
    () => page.fill('#password', 'other'),
    () => page.fill('#vmUrl', 'http://elsewhere:8428'),
    () => page.check('#skipTlsVerify'),
    () => page.selectOption('#authType', 'none'),
  ]) {
    await connect(page);
    await change();
    await expect(page.locator('#step3Next')).toBeDisabled();
  }
});

test('an answer to inputs that changed meanwhile opens nothing', async ({ page }) => {
  const held = gate();
  await can(page, {
    '/api/validate': async () => {
      await held.opened;
      return CONNECTED;
    },
  });
  await page.fill('#vmUrl', 'http://first:8428');
  await page.click('#testConnectionBtn');
  await page.fill('#vmUrl', 'http://second:8428');
  held.open();
  await expect(page.locator('#connectionResult')).toContainText('changed');
  await expect(page.locator('#step3Next')).toBeDisabled();
});

for (const [name, status, answer, text] of /** @type {[string, number, object, string[]][]} */ ([
  ['400', 400, { error: 'bad address', hint: 'add /select/0/prometheus', final_endpoint: 'http://broken-vmselect', attempts: [{ endpoint: 'http://broken-vmselect', success: false, error: 'no route' }] }, ['bad address', 'add /select/0/prometheus', 'Final endpoint', 'Attempts', 'no route']],
  ['401', 401, { error: '401 Unauthorized' }, ['401 Unauthorized']],
  ['502', 502, { error: 'no such host' }, ['no such host', 'Failed']],
  ['200 with success false', 200, { success: false, error: 'connection refused', hint: 'check the port' }, ['connection refused', 'check the port']],
])) {
  test(`a failure told by ${name} shows the words of the server`, async ({ page }) => {
    await can(page, { '/api/validate': { status, body: answer } });
    await page.fill('#vmUrl', 'http://broken-vmselect');
    await page.click('#testConnectionBtn');
    const box = page.locator('#connectionResult .error-message');
    await expect(box).toHaveCount(1);
    for (const part of [...text, 'Open browser console']) await expect(box).toContainText(part);
    await expect(page.locator('#validationSteps > div').first()).toBeVisible();
    await expect(page.locator('#step3Next')).toBeDisabled();
    await expect(page.getByRole('button', { name: 'Test Connection' })).toBeEnabled();
  });
}

test('a server that breaks off is told, and the test can be repeated', async ({ page }) => {
  const api = await can(page, { '/api/validate': 'abort' });
  await page.fill('#vmUrl', 'http://vm:8428');
  await page.click('#testConnectionBtn');
  await expect(page.locator('#connectionResult .error-message')).toContainText('does not answer');
  api.answer('/api/validate', CONNECTED);
  await page.click('#testConnectionBtn');
  await expect(page.locator('#step3Next')).toBeEnabled();
});

test('what is not VictoriaMetrics gets a warning and no way on', async ({ page }) => {
  await can(page, { '/api/validate': { success: true, is_victoria_metrics: false, warning: 'this looks like Prometheus' } });
  await page.fill('#vmUrl', 'http://prometheus:9090');
  await page.click('#testConnectionBtn');
  await expect(page.locator('#validationSteps')).toContainText('this looks like Prometheus');
  await expect(page.locator('#step3Next')).toBeDisabled();
});

test('an untested connection keeps the step and says why', async ({ page }) => {
  await expect(page.locator('#step3Next')).toBeDisabled();
  await page.mouse.move(0, 0);
  await expect(page.locator('#step3NextTooltip')).toBeHidden();
  await page.locator('#step3NextWrapper').hover();
  await expect(page.locator('#step3NextTooltip')).toBeVisible();
  await expect(page.locator('#step3NextTooltip')).toContainText('Test');
  await expectStep(page, 3);
});

test('all tenants of a cluster are named as such', async ({ page }) => {
  const api = await can(page);
  await connect(page, 'http://vmselect:8481/select/multitenant');
  expect(api.to('/api/validate')[0].body.connection).toMatchObject({ is_multitenant: true, tenant_id: null, api_base_path: '/select/multitenant/prometheus' });
  await expect(page.locator('#validationSteps')).toContainText('all of them');
});

test('texts of the server are never markup', async ({ page }) => {
  await can(page, { '/api/validate': { ...CONNECTED, version: '<img src=x onerror=document.title="owned">', vm_components: ['<b>x</b>'] } });
  await connect(page);
  await expect(page.locator('#validationSteps')).toContainText('<img src=x');
  await expect(page.locator('#validationSteps img, #validationSteps b')).toHaveCount(0);
});

test('an address that cannot be resolved fails with words of the real server', async ({ page }) => {
  await page.fill('#vmUrl', 'http://nonexistent-host-xyz:8428');
  await page.click('#testConnectionBtn');
  const box = page.locator('#connectionResult .error-message');
  await expect(box).toBeVisible({ timeout: 15_000 });
  await expect(box).toContainText('Open browser console');
});

test('the focus stays on the test while it runs and after it', async ({ page }) => {
  const held = gate();
  const api = await can(page, {
    '/api/validate': async () => {
      await held.opened;
      return CONNECTED;
    },
  });
  await page.fill('#vmUrl', 'http://vm:8428');
  const button = page.locator('#testConnectionBtn');
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await expect(button).toBeFocused();
  await page.keyboard.press('Enter');
  held.open();
  await expect(page.locator('#step3Next')).toBeEnabled();
  await expect(button).toBeFocused();
  await expect(button).toBeEnabled();
  expect(api.to('/api/validate')).toHaveLength(1);
});

for (const [typed, kept] of /** @type {const} */ ([
  ['https://', 'https://'],
  ['vm select', 'vm select'],
  ['http://sre:geheim', ''],
  ['http://sre:geheim@vm select', ''],
  ['http://vm select?token=geheim', ''],
])) {
  test(`of ${typed}, half typed, a reload keeps ${kept === '' ? 'nothing' : 'all'}`, async ({ page }) => {
    await page.fill('#vmUrl', typed);
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain('geheim');
    await page.reload();
    await expectStep(page, 3);
    await expect(page.locator('#vmUrl')).toHaveValue(kept);
  });
}
