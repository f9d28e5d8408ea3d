import { analysisOf, connect, FILE, ready } from '../fixtures/import-answers.js';
import { expect, test } from '../fixtures/import-page.js';

const PROFILE = {
  id: 'p1', endpoint: 'http://127.0.0.1:8480', tenant_id: '1042', auth_type: 'basic', username: 'sre', drop_old: false, time_shift_ms: 7_200_000,
  max_labels_override: 30, drop_labels: ['pod'], metric_step_seconds: 60, last_used_at: '2026-01-20T18:02:11Z',
};

test('everything is there from the start, and the network is quiet', async ({ page, api }) => {
  await page.goto('/', { waitUntil: 'networkidle' });
  for (const id of ['vmUrl', 'enableTenant', 'authType', 'testConnectionBtn', 'maxLabelsOverride', 'startImportBtn', 'resetBtn']) {
    await expect(page.locator(`#${id}`)).toBeVisible();
  }
  await expect(page.locator('#maxLabelsOverride')).toHaveValue('40');
  await expect(page.locator('#vmUrl')).toBeEditable();
  await expect(page.locator('#enableTenant')).not.toBeChecked();
  await expect(page.locator('#tenantId')).toBeDisabled();
  await expect(page.locator('#testConnectionBtn')).toBeDisabled();
  await expect(page.locator('#fullPreflightBtn')).toBeDisabled();
  await expect(page.locator('#startImportBtn')).toBeDisabled();
  await expect(page.locator('#analysisDetails')).toBeHidden();
  await expect(page.locator('#maxLabelsRisk')).toBeHidden();
  await expect(page.locator('#importProgressPanel')).toHaveClass(/hidden/);
  await expect(page.locator('#recentProfilesSelect option').first()).toHaveAttribute('value', '');
  await expect(page.locator('#metricStep')).toHaveValue('auto');
  await expect(page.locator('#appVersion')).toHaveText('v1.0.0');
  expect(api.to('/api/analyze')).toHaveLength(0);
  expect(await page.evaluate(() => [...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, at, all) => all.indexOf(id) !== at))).toEqual([]);
});

test('a test sends the whole config and shows the profile right after', async ({ page, api }) => {
  await page.goto('/');
  await page.check('#enableTenant');
  await page.fill('#tenantId', '1042');
  await page.selectOption('#authType', 'bearer');
  await page.fill('#token', 'secret-token');
  api.answer('/api/check-endpoint', () => {
    api.answer('/api/profiles/recent', { profiles: [PROFILE] });
    return { ok: true };
  });
  await connect(page, 'http://127.0.0.1:8480');
  const option = page.locator('#recentProfilesSelect option', { hasText: '127.0.0.1:8480' });
  await expect(option).toHaveCount(1);
  await expect(option).toContainText('tenant 1042');
  expect(api.to('/api/check-endpoint').map(({ body }) => body)).toEqual([{
    endpoint: 'http://127.0.0.1:8480', tenant_id: '1042', auth_type: 'bearer', username: '', password: 'secret-token', custom_header_name: '', custom_header_value: '',
    skip_tls_verify: false, metric_step_seconds: 30, batch_window_seconds: 30, drop_old: true, time_shift_ms: 0, max_labels_override: 40, drop_labels: [],
    add_labels: {}, timestamp_unit: 'ms',
  }]);
});

test('switching the tenant off clears it', async ({ page, api }) => {
  await page.goto('/');
  await page.check('#enableTenant');
  await expect(page.locator('#tenantId')).toBeEnabled();
  await page.fill('#tenantId', '7');
  await page.uncheck('#enableTenant');
  await expect(page.locator('#tenantId')).toHaveValue('');
  await expect(page.locator('#tenantId')).toBeDisabled();
  await connect(page);
  expect(api.to('/api/check-endpoint')[0].body.tenant_id).toBe('');
});

test('credentials have fields only for their kind', async ({ page, api }) => {
  await page.goto('/');
  const fields = /** @type {Record<string, string[]>} */ ({ basic: ['username', 'password'], bearer: ['token'], header: ['headerName', 'headerValue'], none: [] });
  const all = Object.values(fields).flat();
  for (const [type, ids] of Object.entries(fields)) {
    await page.selectOption('#authType', type);
    for (const id of all) await expect(page.locator(`#${id}`)).toHaveCount(ids.includes(id) ? 1 : 0);
  }
  await page.selectOption('#authType', 'basic');
  await page.fill('#username', 'u');
  await page.fill('#password', 'p');
  await connect(page);
  expect(api.to('/api/check-endpoint')[0].body).toMatchObject({ auth_type: 'basic', username: 'u', password: 'p' });
});

test('the hint says where an import would be written, or what is wrong', async ({ page, api: _ }) => {
  await page.goto('/');
  await page.fill('#vmUrl', 'vm:8480/select/7/prometheus');
  await expect(page.locator('#vmUrlHint')).toHaveAttribute('data-status', 'success');
  await expect(page.locator('#vmUrlHint')).toContainText('http://vm:8480/insert/7/prometheus/api/v1/import');
  await page.fill('#vmUrl', 'http://user:hidden@vm:8480/');
  await expect(page.locator('#vmUrlHint')).not.toContainText('hidden');
  await expect(page.locator('#vmUrlHint')).toContainText('are not used');
  await page.fill('#vmUrl', 'ftp://vm');
  await expect(page.locator('#vmUrlHint')).toHaveAttribute('data-status', 'error');
  await expect(page.locator('#testConnectionBtn')).toBeEnabled();
});

test('a refusal shows the words of the server', async ({ page, api }) => {
  await page.goto('/');
  api.answer('/api/check-endpoint', { status: 502, body: { error: 'the target answered 401: <b>no</b>', hint: 'check the password' } });
  await page.fill('#vmUrl', 'http://vm');
  await page.click('#testConnectionBtn');
  await expect(page.locator('#connectionResult .error-message')).toContainText('the target answered 401: <b>no</b>');
  await expect(page.locator('#connectionResult')).toContainText('check the password');
  await expect(page.locator('#connectionResult b')).toHaveCount(0);
  await expect(page.locator('#startImportBtn')).toBeDisabled();
});

test('whatever changes at the target withdraws the success', async ({ page, api }) => {
  await ready(page, api);
  const changes = [
    () => page.fill('#vmUrl', 'http://other:8428'),
    () => page.check('#enableTenant'),
    () => page.selectOption('#authType', 'basic'),
    () => page.fill('#password', 'x'),
    () => page.check('#skipTlsVerify'),
  ];
  for (const change of changes) {
    await change();
    await expect(page.locator('#startImportBtn')).toBeDisabled();
    await expect(page.locator('#connectionResult')).not.toContainText('Connection successful');
    await page.click('#testConnectionBtn');
    await expect(page.locator('#connectionResult')).toContainText('Connection successful');
    await expect(page.locator('#startImportBtn')).toBeEnabled();
  }
});

test('an untrusted certificate is never accepted by itself', async ({ page, api }) => {
  await page.goto('/');
  api.answer('/api/check-endpoint', (/** @type {any} */ { body }) =>
    body.skip_tls_verify ? { ok: true } : { status: 502, body: { error: 'the certificate is not trusted', code: 'certificate' } });
  await page.fill('#vmUrl', 'https://vm');
  await page.click('#testConnectionBtn');
  await expect(page.locator('#connectionResult')).toContainText('the certificate is not trusted');
  await expect(page.locator('#skipTlsVerify')).not.toBeChecked();
  expect(api.to('/api/check-endpoint')).toHaveLength(1);
  await page.click('#acceptCertificateBtn');
  await expect(page.locator('#skipTlsVerify')).toBeChecked();
  await expect(page.locator('#skipTlsVerify')).toBeFocused();
  expect(api.to('/api/check-endpoint')).toHaveLength(1);
  await page.click('#testConnectionBtn');
  await expect(page.locator('#connectionResult')).toContainText('Connection successful');
  api.answer('/api/analyze', analysisOf);
  await page.setInputFiles('#bundleFile', FILE);
  await expect(page.locator('#analysisDetails')).toBeVisible();
  expect(api.to('/api/analyze')[0].config.skip_tls_verify).toBe(true);
});

test('a profile fills in all but the secrets, and has to be tested', async ({ page, api }) => {
  api.answer('/api/profiles/recent', { profiles: [PROFILE] });
  await page.goto('/');
  await page.selectOption('#recentProfilesSelect', 'p1');
  await expect(page.locator('#vmUrl')).toHaveValue('http://127.0.0.1:8480');
  await expect(page.locator('#tenantId')).toHaveValue('1042');
  await expect(page.locator('#authType')).toHaveValue('basic');
  await expect(page.locator('#username')).toHaveValue('sre');
  await expect(page.locator('#password')).toHaveValue('');
  await expect(page.locator('#maxLabelsOverride')).toHaveValue('30');
  await expect(page.locator('#keepOld')).toBeChecked();
  await expect(page.locator('#metricStep')).toHaveValue('60');
  await expect(page.locator('#timeShiftMinutes')).toHaveValue('120');
  api.answer('/api/analyze', analysisOf);
  await page.setInputFiles('#bundleFile', FILE);
  await expect(page.locator('#analysisDetails')).toBeVisible();
  await expect(page.locator('#startImportBtn')).toBeDisabled();
  expect(api.to('/api/analyze')[0].config).toMatchObject({ drop_labels: ['pod'], time_shift_ms: 7_200_000, max_labels_override: 30, drop_old: false, metric_step_seconds: 60 });
  await expect(page.locator('[data-drop-label="pod"]')).toBeChecked();
});

test('a profile can be forgotten', async ({ page, api }) => {
  api.answer('/api/profiles/recent', { profiles: [PROFILE] });
  api.answer('/api/profiles/recent/p1', () => {
    api.answer('/api/profiles/recent', { profiles: [] });
    return { status: 200, body: {} };
  });
  await page.goto('/');
  await page.selectOption('#recentProfilesSelect', 'p1');
  await page.click('#forgetProfileBtn');
  await expect(page.locator('#recentProfilesSelect option')).toHaveCount(1);
  expect(api.to('/api/profiles/recent/p1').map(({ method }) => method)).toEqual(['DELETE']);
});

test('no secret is stored or comes into the address', async ({ page, api }) => {
  await page.goto('/');
  await page.selectOption('#authType', 'basic');
  await page.fill('#username', 'sre');
  await page.fill('#password', 'very-secret');
  await connect(page);
  api.answer('/api/analyze', analysisOf);
  api.answer('/api/upload', { job_id: 'job-1' });
  api.answer('/api/import/status', { id: 'job-1', state: 'running' });
  await page.setInputFiles('#bundleFile', FILE);
  await page.click('#startImportBtn');
  await expect(page.locator('#importProgressEtaDetail')).toContainText('Job job-1');
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.cookie]));
  expect(kept).not.toContain('very-secret');
  expect(kept).toContain('job-1');
});

test('Reset clears everything', async ({ page, api }) => {
  await ready(page, api);
  await page.fill('#maxLabelsOverride', '20');
  await page.locator('#labelManagerSummary').click();
  await page.check('[data-drop-label="label_07"]');
  await page.click('#shiftToNowBtn');
  await page.click('#resetBtn');
  await expect(page.locator('#vmUrl')).toHaveValue('');
  await expect(page.locator('#maxLabelsOverride')).toHaveValue('40');
  await expect(page.locator('#analysisDetails')).toBeHidden();
  await expect(page.locator('#maxLabelsRisk')).toBeHidden();
  await expect(page.locator('#labelManagerRows input')).toHaveCount(0);
  await expect(page.locator('#connectionResult')).toBeEmpty();
  await expect(page.locator('#timeShiftMinutes')).toHaveValue('0');
  await expect(page.locator('#startImportBtn')).toBeDisabled();
  await expect(page.locator('#pageTitle')).toBeFocused();
});

test('the page stands before scripts run, and they move nothing', async ({ page, api, browser, baseURL, afterwards }) => {
  api.answer('/api/imports', { imports: [{ id: 'job-7', state: 'failed', resume_ready: true, import_url: 'http://vm/api/v1/import' }] });
  api.answer('/api/profiles/recent', { profiles: [PROFILE] });
  const context = await browser.newContext({ baseURL, javaScriptEnabled: false });
  afterwards(() => context.close());
  const plain = await context.newPage();
  await plain.goto('/');
  await page.goto('/');
  await expect(page.locator('#importsLink')).toHaveText('1 import on this machine');
  for (const id of ['rail', 'pageTitle', 'target', 'bundle', 'labels', 'time', 'vmUrlHint', 'markHint', 'planSummary', 'shiftHint']) {
    const [before, after] = [plain, page].map((one) => one.locator(`#${id}`));
    expect(await after.boundingBox(), id).toEqual(await before.boundingBox());
    // The profiles have come meanwhile.
    if (id !== 'target') expect(await after.innerText(), id).toBe(await before.innerText());
  }
  const shift = await page.evaluate(() => new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries().length)).observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)));
  }));
  expect(shift).toBe(0);
});

test('values that a script sets count as soon as it says so', async ({ page, api }) => {
  await page.goto('/');
  await page.evaluate(() => {
    const set = (/** @type {string} */ id, /** @type {string} */ value) => {
      const field = document.getElementById(id);
      if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) throw new Error(id);
      field.value = value;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    };
    set('vmUrl', 'http://vm:8428');
    set('authType', 'basic');
    set('username', 'u');
    set('password', 'p');
  });
  await page.click('#testConnectionBtn');
  await expect(page.locator('#connectionResult')).toContainText('Connection successful');
  expect(api.to('/api/check-endpoint')[0].body).toMatchObject({ endpoint: 'http://vm:8428', auth_type: 'basic', username: 'u', password: 'p' });
});
