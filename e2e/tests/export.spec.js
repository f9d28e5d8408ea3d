import { can, COMPLETED, gate } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { connect, expectStep, next, section, toComponents, toConnection, toExport } from '../fixtures/wizard.js';

const RUNNING = { state: 'running', progress: 0.25, total_batches: 4, completed_batches: 1, metrics_processed: 100 };

test('a whole run from the welcome to the sealed bundle', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const api = await can(page);
  await page.goto('/');
  await next(page);
  await page.locator('button.preset-btn', { hasText: 'Last 3 h' }).click();
  await page.fill('#timeFrom', '2026-01-23T12:00');
  await page.fill('#timeTo', '2026-01-23T13:00');
  await next(page);
  await expect(section(page, 3).locator('.help-section')).not.toHaveAttribute('open');
  await expect(section(page, 3).locator('.url-example')).toHaveCount(11);
  await connect(page, 'http://localhost:18428');
  await next(page);
  await expect(page.locator('.component-item')).toHaveCount(2);
  await page.locator('.component-item').nth(1).click();
  await next(page);
  await page.check('#enableObfuscation');
  await page.uncheck('#enableObfuscation');
  await page.evaluate(() => {
    const button = document.getElementById('startExportBtn');
    button?.click();
    button?.click();
  });
  await expectStep(page, 7);
  expect(api.to('/api/export/start')).toHaveLength(1);
  await expect(section(page, 7).locator('.step-title')).toContainText('Export Complete');
  await expect(page.locator('.success-box')).toHaveCount(1);
  await expect(page.locator('.success-box')).toBeVisible();
  await expect(page.locator('.success-icon svg')).toHaveCount(1);
  await expect(page.locator('#exportId')).toHaveText('export-1');
  await expect(page.locator('#metricsCount')).toHaveText('1,566');
  await expect(page.locator('#archiveSize')).toHaveText('2.00 KB');
  await expect(page.locator('#archivePath')).toHaveText('/data/out/bundle.zip');
  await expect(page.locator('#archiveSha256')).toHaveText('ab12');
  await expect(page.locator('#exportProgressPercent')).toHaveText('100%');
  for (const name of ['Generate ZIP package', 'Start New Export']) await expect(page.getByRole('button', { name })).toHaveCount(1);
  await page.click('#copyArchivePathBtn');
  await expect(page.locator('#copyArchivePathBtn')).toHaveText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('/data/out/bundle.zip');
  await page.getByRole('button', { name: 'Start New Export' }).click();
  await expectStep(page, 1);
  await expect(page.locator('#vmUrl')).toHaveValue('');
});

test('a clipboard that refuses is told', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
  });
  await page.click('#copyArchivePathBtn');
  await expect(page.locator('#copyArchivePathBtn')).toHaveText('Copy failed');
});

for (const [result, name] of /** @type {const} */ ([
  [{ archive_path: 'C\\\\tmp\\\\export.zip' }, 'export.zip'],
  [{ archive_path: '/tmp/export.zip', archive_name: 'nice.zip' }, 'nice.zip'],
])) {
  test(`a bundle at ${result.archive_path} is downloaded as ${name}`, async ({ page }) => {
    await can(page, { '/api/export/status': { ...COMPLETED, result } });
    await page.route('**/api/download*', (route) => route.fulfill({ body: 'zip', headers: { 'content-disposition': 'attachment' } }));
    await page.goto('/');
    await toExport(page);
    await page.click('#startExportBtn');
    await expectStep(page, 7);
    await expect(page.locator('#exportId')).toHaveText('N/A');
    await expect(page.locator('#metricsCount')).toHaveText('0');
    await expect(page.locator('#archivePath')).toHaveText(result.archive_path);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Generate ZIP package' }).click()]);
    expect(download.suggestedFilename()).toBe(name);
    expect(new URL(download.url()).searchParams.get('path')).toBe(result.archive_path);
  });
}

test('the options of a run go into its start, and its figures into the panel', async ({ page }) => {
  const held = gate();
  let polls = 0;
  const api = await can(page, {
    '/api/export/start': { job_id: 'job-7', total_batches: 4, batch_window_seconds: 60.4, staging_path: '/tmp/stage/job-7', state: 'pending' },
    '/api/export/status': async () => {
      polls += 1;
      if (polls === 1) return { ...RUNNING, job_id: 'job-7', fetched_samples: 12_345, average_batch_seconds: 1.5, last_batch_duration_seconds: 2, eta: new Date(Date.now() + 90_000).toISOString() };
      await held.opened;
      return { ...COMPLETED, result: { archive_path: '/x.zip', sample_data: [{ name: 'vm_rows', labels: { instance: '777.777.1.1:8482' } }] } };
    },
  });
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('#exportProgressPanel')).toHaveClass(/hidden/);
  await page.fill('#stagingDir', '/tmp/stage');
  await page.selectOption('#metricStep', '60');
  await page.selectOption('#batchWindowSelect', '300');
  await page.check('#enableObfuscation');
  await page.click('#startExportBtn');
  await expect(page.locator('#exportProgressPanel')).toBeVisible();
  await expect(page.locator('#exportProgressPath')).toHaveText('/tmp/stage/job-7');
  await expect(page.locator('#exportBatchWindow')).toHaveText('≈ 60s');
  await expect(page.locator('#exportProgressPercent')).toHaveText('25%');
  await expect(page.locator('#exportProgressBatches')).toHaveText('1 / 4 batches');
  await expect(page.locator('#exportProgressMetrics')).toHaveText('100');
  await expect(page.locator('#exportProgressSamples')).toHaveText('12.3 k');
  await expect(page.locator('#exportProgressEta')).toContainText('1 min');
  await expect(page.locator('#exportProgressSummary')).toHaveText('2.0 s, on average 1.5 s');
  await expect(page.locator('#cancelExportBtn')).toBeEnabled();
  await expect(page.locator('#startExportBtn')).toBeDisabled();
  expect(api.to('/api/export/start')[0].body).toMatchObject({
    staging_dir: '/tmp/stage',
    metric_step_seconds: 60,
    batching: { enabled: true, strategy: 'custom', custom_interval_seconds: 300 },
    obfuscation: { enabled: true },
  });
  held.open();
  await expectStep(page, 7);
  await expect(page.locator('#exportProgressPercent')).toHaveText('100%');
  await expect(page.locator('#exportSpoilers')).toContainText('instance="777.777.1.1:8482"');
  expect(api.calls.filter(({ path }) => path === '/api/export/status').every(({ url }) => url.endsWith('?id=job-7'))).toBe(true);
});

test('defaults leave step and window to the server', async ({ page }) => {
  const api = await can(page, { '/api/config': { default_staging_dir: '/srv/s' } });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/start')[0].body).toMatchObject({
    staging_dir: '/srv/s', metric_step_seconds: 0, batching: { enabled: true, strategy: 'auto', custom_interval_seconds: 0 },
  });
});

test('a window of its own length is sent in seconds', async ({ page }) => {
  const api = await can(page);
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('#customBatchWindowInput')).toBeHidden();
  await page.selectOption('#batchWindowSelect', 'custom');
  await page.fill('#customBatchWindowInput', '5');
  await page.locator('#customBatchWindowInput').blur();
  await expect(page.locator('#customBatchWindowInput')).toHaveValue('600');
  await page.fill('#customBatchWindowInput', '120');
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/start')[0].body.batching).toEqual({ enabled: true, strategy: 'custom', custom_interval_seconds: 120 });
});

test('a start that is refused says why and can be repeated', async ({ page }) => {
  const api = await can(page, { '/api/export/start': { status: 429, body: { error: 'three exports run already', hint: 'wait for one of them' } } });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(section(page, 6).locator('.error-summary')).toContainText('three exports run already');
  await expect(section(page, 6).locator('.error-summary')).toContainText('wait for one of them');
  await expect(page.locator('#exportProgressPanel')).toHaveClass(/hidden/);
  await expect(page.locator('#startExportBtn')).toBeEnabled();
  api.answer('/api/export/start', { job_id: 'job-2' });
  await page.click('#startExportBtn');
  await expectStep(page, 7);
});

test('a canceled export says so and keeps its data', async ({ page }) => {
  let state = 'running';
  const api = await can(page, {
    '/api/export/status': () => ({ ...RUNNING, state, staging_path: '/tmp/stage/job-1' }),
    '/api/export/cancel': () => {
      state = 'canceled';
      return { canceled: true, job_id: 'job-1' };
    },
  });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#cancelExportBtn')).toBeEnabled();
  await expect(page.locator('#resumeExportBtn')).toBeHidden();
  await expect(page.locator('#exportCancelNotice')).toBeEmpty();
  await page.click('#cancelExportBtn');
  await expect(page.locator('#exportCancelNotice')).toContainText('Export canceled', { timeout: 10_000 });
  expect(api.to('/api/export/cancel')[0].body).toEqual({ job_id: 'job-1' });
  await expect(page.locator('#startExportBtn')).toBeEnabled();
  await expect(page.locator('#cancelExportBtn')).toBeDisabled();
  await expect(page.locator('#exportProgressPanel')).toBeVisible();
  await expect(page.locator('#exportProgressPath')).toHaveText('/tmp/stage/job-1');
});

test('a finding of the audit is answered with more labels, or accepted', async ({ page }) => {
  const stopped = { ...RUNNING, state: 'failed', resumable: true, code: 'audit', error: 'nothing was written', hint: 'replace what was found' };
  const api = await can(page, {
    '/api/export/start': { job_id: 'job-1', staging_path: '/tmp/stage/job-1' },
    '/api/export/status': stopped,
    '/api/export/resume': { job_id: 'job-1', state: 'pending', staging_path: '/tmp/stage/job-1' },
  });
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('#acceptAuditBtn')).toBeHidden();
  await page.click('#startExportBtn');
  await expect(page.locator('#exportCancelNotice')).toContainText('replace what was found');
  await expect(page.locator('#runState')).toHaveText('failed');
  await expect(page.locator('#exportProgressRate')).toHaveText('–');
  await page.click('#resumeExportBtn');
  await expect(page.locator('#acceptAuditBtn')).toBeVisible();
  api.answer('/api/export/status', COMPLETED);
  await page.click('#acceptAuditBtn');
  await expectStep(page, 7);
  const [more, accepted] = api.to('/api/export/resume').map(({ body }) => body);
  expect(more).toEqual({ job_id: 'job-1', amendment: { custom_labels: [], drop_labels: [] } });
  expect(accepted).toEqual({ job_id: 'job-1', amendment: { accept_audit: true } });
});

test('a canceled export is resumed where it stood', async ({ page }) => {
  const api = await can(page, {
    '/api/export/start': { job_id: 'job-1', staging_path: '/tmp/stage/job-1' },
    '/api/export/status': { ...RUNNING, state: 'canceled', staging_path: '/tmp/stage/job-1' },
    '/api/export/resume': { job_id: 'job-1', state: 'pending', staging_path: '/tmp/stage/job-1' },
  });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#resumeExportBtn')).toBeVisible();
  await expect(page.locator('#resumeExportBtn')).toBeEnabled();
  api.answer('/api/export/status', COMPLETED);
  await page.click('#resumeExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/resume').map(({ body }) => body)).toEqual([{ job_id: 'job-1' }]);
  await expect(page.locator('#exportProgressPath')).toHaveText('/tmp/stage/job-1');
  await expect(page.locator('#exportProgressPercent')).toHaveText('100%');
});

test('credentials go along with a resume only when they are asked for', async ({ page }) => {
  const api = await can(page, {
    '/api/export/status': { state: 'failed', error: 'lost the server', resumable: true },
    '/api/export/resume': (/** @type {any} */ { body }) =>
      body.auth ? { job_id: 'job-1' } : { status: 409, body: { error: 'the password is needed again', code: 'auth_required' } },
  });
  await page.goto('/');
  await toConnection(page);
  await page.selectOption('#authType', 'basic');
  await page.fill('#username', 'sre');
  await page.fill('#password', 'geheim');
  await connect(page);
  await next(page);
  await expect(page.locator('#step5Next')).toBeEnabled();
  await next(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportCancelNotice')).toContainText('lost the server');
  api.answer('/api/export/status', COMPLETED);
  await page.click('#resumeExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/resume').map(({ body }) => body.auth)).toEqual([undefined, { type: 'basic', username: 'sre', password: 'geheim' }]);
});

test('an export whose address held a secret is resumed with the address in the page', async ({ page }) => {
  const api = await can(page, {
    '/api/export/status': { state: 'failed', error: 'lost the server', resumable: true },
    '/api/export/resume': (/** @type {any} */ { body }) =>
      body.connection ? { job_id: 'job-1' } : { status: 409, body: { error: 'the URL is needed again', hint: 'send `connection`', code: 'url_required' } },
    '/api/exports': { active: [], interrupted: [{ job_id: 'job-1', state: 'canceled', slices_done: 1, slices_total: 2 }], finished: [] },
  });
  await page.goto('/');
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByText('Enter and test the whole address in Step 3, then resume.')).toBeVisible();
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportCancelNotice')).toContainText('lost the server');
  const address = api.to('/api/export/start')[0].body.connection.url;
  // The page is connected to another installation than the export.
  api.answer('/api/export/status', { state: 'failed', error: 'lost the server', resumable: true, source_url: 'http://elsewhere:8428' });
  await page.click('#resumeExportBtn');
  await expect(page.locator('section:visible').getByText('Enter and test the whole address in Step 3, then resume.')).toBeVisible();
  api.answer('/api/export/status', { ...COMPLETED, source_url: address });
  await page.click('#resumeExportBtn');
  await expectStep(page, 7);
  const sent = api.to('/api/export/resume').map(({ body }) => body.connection?.url);
  expect(sent.at(-1)).toBe(address);
  expect(sent.slice(0, -1)).toEqual([undefined, undefined, undefined]);
});

test('a failed export tells the reason and the way on', async ({ page }) => {
  await can(page, { '/api/export/status': { state: 'failed', error: 'disk full', hint: 'make room, then resume', resumable: true } });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportCancelNotice')).toContainText('disk full');
  await expect(page.locator('#exportCancelNotice')).toContainText('make room');
  await expect(page.locator('#resumeExportBtn')).toBeVisible();
  await expect(page.locator('#startExportBtn')).toBeEnabled();
});

test('a server that is away for a while is asked again', async ({ page }) => {
  const api = await can(page, { '/api/export/status': 'abort' });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportCancelNotice')).toContainText('Asking again');
  api.answer('/api/export/status', COMPLETED);
  await expectStep(page, 7);
});

test('polls follow each other and never overlap', async ({ page }) => {
  let open = 0;
  let most = 0;
  const held = gate();
  const api = await can(page, {
    '/api/export/status': async () => {
      open += 1;
      most = Math.max(most, open);
      if (api.to('/api/export/status').length === 1) await held.opened;
      open -= 1;
      return api.to('/api/export/status').length < 3 ? RUNNING : COMPLETED;
    },
  });
  await page.clock.install();
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect.poll(() => api.to('/api/export/status').length).toBe(1);
  await page.clock.runFor(20_000);
  expect(api.to('/api/export/status')).toHaveLength(1);
  held.open();
  await expect(page.locator('#exportProgressPercent')).toHaveText('25%');
  for (const count of [2, 3]) {
    await page.clock.runFor(2_000);
    await expect.poll(() => api.to('/api/export/status').length).toBe(count);
  }
  await expectStep(page, 7);
  await page.clock.runFor(20_000);
  expect(api.to('/api/export/status')).toHaveLength(3);
  expect(most).toBe(1);
});

test('while the server pushes events, the page does not ask', async ({ page }) => {
  const api = await can(page, { '/api/export/start': { job_id: 'job-1', events_url: '/api/export/events?id=job-1' } });
  const event = (/** @type {object} */ status) => `event: status\ndata: ${JSON.stringify(status)}\n\n`;
  await page.route('**/api/export/events?id=job-1', (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: event(RUNNING) + event(COMPLETED) }));
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/status')).toHaveLength(0);
});

test('events that break off are followed by questions', async ({ page }) => {
  const api = await can(page, { '/api/export/start': { job_id: 'job-1', events_url: '/api/export/events?id=job-1' } });
  let opened = 0;
  await page.route('**/api/export/events?id=job-1', (route) => {
    opened += 1;
    return route.fulfill({ contentType: 'text/event-stream', body: `data: ${JSON.stringify(RUNNING)}\n\n` });
  });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/status').length).toBeGreaterThan(0);
  expect(opened).toBe(1);
});

test('progress never goes back', async ({ page }) => {
  const steps = [0.5, 0.3, 0.6];
  const api = await can(page, { '/api/export/status': () => ({ ...RUNNING, progress: steps[Math.min(2, api.to('/api/export/status').length - 1)] }) });
  await page.clock.install();
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportProgressPercent')).toHaveText('50%');
  await page.clock.runFor(2_000);
  await expect.poll(() => api.to('/api/export/status').length).toBe(2);
  await expect(page.locator('#exportProgressPercent')).toHaveText('50%');
  await page.clock.runFor(2_000);
  await expect(page.locator('#exportProgressPercent')).toHaveText('60%');
});

test('a reload in mid-export goes on watching it', async ({ page }) => {
  const api = await can(page, { '/api/export/status': { ...RUNNING, staging_path: '/tmp/stage/job-1' } });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportProgressPercent')).toHaveText('25%');
  await page.reload();
  await expectStep(page, 6);
  await expect(page.locator('#exportProgressPercent')).toHaveText('25%');
  await expect(page.locator('#exportProgressPath')).toHaveText('/tmp/stage/job-1');
  expect(api.to('/api/export/start')).toHaveLength(1);
  api.answer('/api/export/status', COMPLETED);
  await expectStep(page, 7);
  await page.reload();
  await expectStep(page, 7);
  await expect(page.locator('#archivePath')).toHaveText('/data/out/bundle.zip');
});

test('an accidental reload keeps the choices and asks for secrets again', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await next(page);
  await page.selectOption('#timezone', 'UTC');
  await page.fill('#timeFrom', '2026-01-23T12:00');
  await page.fill('#timeTo', '2026-01-23T13:00');
  await next(page);
  await page.selectOption('#authType', 'basic');
  await page.fill('#username', 'sre');
  await page.fill('#password', 'geheim');
  await connect(page, 'https://vm.example.com/1011');
  await next(page);
  await expect(page.locator('#step5Next')).toBeEnabled();
  await next(page);
  await expectStep(page, 6);
  await page.reload();
  await expectStep(page, 3);
  await expect(page.locator('#vmUrl')).toHaveValue('https://vm.example.com/1011/prometheus');
  await expect(page.locator('#username')).toHaveValue('sre');
  await expect(page.locator('#password')).toHaveValue('');
  await expect(page.locator('#connectionResult')).toContainText('never stored');
  await section(page, 3).getByRole('button', { name: 'Back' }).click();
  await expect(page.locator('#timezone')).toHaveValue('UTC');
  await expect(page.locator('#timeFrom')).toHaveValue('2026-01-23T12:00');
});

test('without secrets a reload stays where it was', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toComponents(page);
  await page.locator('.component-item').nth(1).click();
  await next(page);
  await page.check('#enableObfuscation');
  await page.reload();
  await expectStep(page, 6);
  await expect(page.locator('#selectionSummary')).toContainText('42 series');
  await expect(page.locator('#enableObfuscation')).toBeChecked();
});

test('unfinished and finished exports are offered at the start', async ({ page }) => {
  let discarded = false;
  const api = await can(page, {
    '/api/exports': () => ({
      active: [],
      interrupted: discarded ? [] : [{ job_id: 'job-9', url: 'http://vm:8428', range: { start: '2026-01-23T12:00:00Z', end: '2026-01-23T13:00:00Z' }, slices_done: 7, slices_total: 12, state: 'canceled' }],
      finished: [{ export_id: 'export-5', archive_name: 'vmexport_export-5.zip', size: 1_583_141, created: '2026-01-23T14:00:00Z', obfuscated: true, series_count: 1728 }],
    }),
    '/api/export/discard': () => {
      discarded = true;
      return { discarded: true, job_id: 'job-9' };
    },
    '/api/export/resume': { job_id: 'job-9', state: 'pending' },
  });
  await page.route('**/api/download*', (route) => route.fulfill({ body: 'zip', headers: { 'content-disposition': 'attachment' } }));
  await page.goto('/');
  await expect(page.locator('#interruptedExports')).toContainText('http://vm:8428');
  await expect(page.locator('#interruptedExports')).toContainText('7 of 12 batches fetched');
  await expect(page.locator('#finishedExports')).toContainText('1.51 MiB, 1,728 series, names replaced');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^Download/ }).click()]);
  expect(new URL(download.url()).searchParams.get('id')).toBe('export-5');
  expect(download.suggestedFilename()).toBe('vmexport_export-5.zip');

  await page.getByRole('button', { name: /^Discard/ }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  expect(api.to('/api/export/discard')).toHaveLength(0);
  await page.getByRole('button', { name: /^Resume/ }).click();
  await expectStep(page, 7);
  expect(api.to('/api/export/resume')[0].body).toEqual({ job_id: 'job-9' });

  await page.goto('/');
  await page.getByRole('button', { name: /^Discard/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  await expect(page.locator('#interruptedExports')).toBeHidden();
  expect(api.to('/api/export/discard')[0].body).toEqual({ job_id: 'job-9' });
});

test('an export of another tab can be watched', async ({ page, context }) => {
  const answers = {
    '/api/exports': { active: [{ job_id: 'job-4', state: 'running', progress: 0.25, source_url: 'http://vm:8428' }] },
    '/api/export/status': { ...RUNNING, job_id: 'job-4' },
  };
  const api = await can(page, answers);
  await page.goto('/');
  await page.getByRole('button', { name: /^Watch/ }).click();
  await expectStep(page, 6);
  await expect(page.locator('#exportProgressPercent')).toHaveText('25%');
  const second = await context.newPage();
  const other = await can(second, answers);
  await second.goto('/');
  await second.getByRole('button', { name: /^Watch/ }).click();
  await expect(second.locator('#exportProgressPercent')).toHaveText('25%');
  for (const one of [api, other]) one.answer('/api/export/status', COMPLETED);
  await expectStep(page, 7);
  await expectStep(second, 7);
});

test('an unfinished export that needs credentials asks for them', async ({ page }) => {
  const api = await can(page, {
    '/api/exports': { interrupted: [{ job_id: 'job-9', url: 'http://vm:8428', slices_done: 1, slices_total: 2 }] },
    '/api/export/resume': (/** @type {any} */ { body }) =>
      body.auth ? { job_id: 'job-9' } : { status: 409, body: { error: 'a bearer token is needed', code: 'auth_required' } },
  });
  await page.goto('/');
  await page.getByRole('button', { name: /^Resume/ }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('a bearer token is needed');
  await dialog.getByLabel('Authentication').selectOption('bearer');
  await dialog.getByLabel('Token').fill('geheim');
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await expectStep(page, 7);
  expect(api.to('/api/export/resume')[1].body).toEqual({ job_id: 'job-9', auth: { type: 'bearer', token: 'geheim' } });
  expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain('geheim');
});

test('a refused resume from the list is told there', async ({ page }) => {
  await can(page, {
    '/api/exports': { interrupted: [{ job_id: 'job-9', url: 'http://vm:8428', slices_done: 1, slices_total: 2 }] },
    '/api/export/resume': { status: 409, body: { error: 'another process is at work on this export' } },
  });
  await page.goto('/');
  await page.getByRole('button', { name: /^Resume/ }).click();
  await expect(page.locator('#exportsProblem')).toContainText('another process');
  await expectStep(page, 1);
});

test('a new export begins with figures of its own', async ({ page }) => {
  const held = gate();
  const api = await can(page, {
    '/api/export/status': { ...RUNNING, state: 'canceled', stage: 'fetching', fetched_samples: 12_345, batch_window_seconds: 60, average_batch_seconds: 1.5, staging_path: '/tmp/stage/job-1', source_url: 'http://vm:8428' },
  });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportProgressBatches')).toHaveText('1 / 4 batches');
  await expect(page.locator('#exportSource')).toHaveText('http://vm:8428');
  api.answer('/api/export/start', async () => {
    await held.opened;
    return { job_id: 'job-2' };
  });
  await page.click('#startExportBtn');
  await expect(page.locator('#exportProgressPercent')).toHaveText('0%');
  await expect(page.locator('#exportProgressMetrics')).toHaveText('0');
  for (const figure of ['Batches', 'Samples', 'Summary', 'Rate', 'Eta']) await expect(page.locator(`#exportProgress${figure}`)).toHaveText('–');
  await expect(page.locator('#exportBatchWindow')).toHaveText('–');
  for (const empty of ['#runState', '#exportProgressPath', '#exportSource']) await expect(page.locator(empty)).toBeEmpty();
  await expect(page.locator('#cancelExportBtn')).toBeDisabled();
  api.answer('/api/export/status', COMPLETED);
  held.open();
  await expectStep(page, 7);
});

test('a resumed export keeps the per cent it had', async ({ page }) => {
  const api = await can(page, {
    '/api/export/status': { ...RUNNING, progress: 0.39, state: 'canceled' },
    '/api/export/resume': { job_id: 'job-1', state: 'pending' },
  });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#resumeExportBtn')).toBeVisible();
  await page.evaluate(() => {
    const percent = /** @type {HTMLElement} */ (document.getElementById('exportProgressPercent'));
    new MutationObserver(() => percent.setAttribute('data-seen', `${percent.dataset.seen ?? ''} ${percent.textContent}`)).observe(percent, { childList: true });
  });
  api.answer('/api/export/status', { ...RUNNING, progress: 0.41 });
  await page.click('#resumeExportBtn');
  await expect(page.locator('#exportProgressPercent')).toHaveText('41%');
  expect((await page.locator('#exportProgressPercent').getAttribute('data-seen'))?.trim().split(' ').filter((seen) => seen !== '39%')).toEqual(['41%']);
  await expect(page.locator('#exportProgressBatches')).toHaveText('1 / 4 batches');
});

test('an error of the server and its hint are two sentences', async ({ page }) => {
  const refused = { error: 'cannot create `/x` (os error 2)', hint: 'choose another folder' };
  const api = await can(page, {
    '/api/exports': { interrupted: [{ job_id: 'job-9', url: 'http://vm:8428', slices_done: 1, slices_total: 2 }] },
    '/api/export/resume': { status: 409, body: { error: 'it runs elsewhere.', hint: 'wait for its end' } },
    '/api/export/start': { status: 400, body: refused },
    '/api/export/status': { state: 'failed', error: 'no answer from that connection.', hint: 'raise the limit', resumable: true },
  });
  await page.goto('/');
  await page.getByRole('button', { name: /^Resume/ }).click();
  await expect(page.locator('#exportsProblem')).toHaveText('it runs elsewhere. What to do: wait for its end.');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(section(page, 6).locator('.error-summary')).toHaveText('The export did not start: cannot create /x (os error 2). What to do: choose another folder.');
  api.answer('/api/export/start', { job_id: 'job-1' });
  await page.click('#startExportBtn');
  await expect(page.locator('#exportCancelNotice')).toHaveText('Export failed: no answer from that connection. What to do: raise the limit.');
});

test('the focus stays when Cancel, Resume and Discard are pressed', async ({ page }) => {
  const held = gate();
  const api = await can(page, {
    '/api/exports': { interrupted: [{ job_id: 'job-9', url: 'http://vm:8428', slices_done: 1, slices_total: 2 }], finished: [{ export_id: 'export-5', archive_name: 'old.zip' }] },
    '/api/export/status': RUNNING,
    '/api/export/cancel': { canceled: true },
    '/api/export/discard': async () => {
      await held.opened;
      return { discarded: true };
    },
    '/api/export/resume': { job_id: 'job-1' },
  });
  await page.goto('/');
  await page.getByRole('button', { name: /^Discard/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByRole('button', { name: /^Discard/ })).toBeFocused();
  held.open();
  await expect(page.locator('#exportsTitle')).toBeFocused();
  await toExport(page);
  await page.click('#startExportBtn');
  await page.locator('#cancelExportBtn').focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => api.to('/api/export/cancel').length).toBe(1);
  await expect(page.locator('#cancelExportBtn')).toBeFocused();
  await page.keyboard.press('Enter');
  api.answer('/api/export/status', { ...RUNNING, state: 'canceled' });
  await expect(page.locator('#resumeExportBtn')).toBeFocused();
  await expect(page.locator('#cancelExportBtn')).toHaveAttribute('disabled');
  expect(api.to('/api/export/cancel')).toHaveLength(1);
  api.answer('/api/export/status', RUNNING);
  await page.keyboard.press('Enter');
  await expect(page.locator('#cancelExportBtn')).toBeEnabled();
  await expect(page.locator('#runTitle')).toBeFocused();
});

test('after a cancel the resume is in full sight', async ({ page }) => {
  const api = await can(page, { '/api/export/status': RUNNING, '/api/export/cancel': { canceled: true } });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await page.click('#cancelExportBtn');
  api.answer('/api/export/status', { ...RUNNING, state: 'canceled', warnings: ['a warning'] });
  await expect(page.locator('#resumeExportBtn')).toBeVisible();
  const resume = await page.locator('#resumeExportBtn').boundingBox();
  const bar = await section(page, 6).locator('.step-actions').boundingBox();
  expect((resume?.y ?? 1e9) + (resume?.height ?? 0)).toBeLessThan(bar?.y ?? 0);
});

test('the axis of a rate begins at zero, also while there is none', async ({ page }) => {
  await page.addInitScript(() => {
    const drawn = /** @type {string[]} */ ([]);
    Object.assign(globalThis, { drawn });
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
      drawn.push(String(text));
      return fillText.call(this, text, ...rest);
    };
  });
  await can(page, { '/api/export/status': { ...RUNNING, fetched_samples: 0, samples_per_second: 0 } });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportProgressRate')).toHaveText('0 /s');
  const marks = () => page.evaluate(() => /** @type {any} */ (globalThis).drawn.filter((/** @type {string} */ text) => /^-?\d+$/.test(text)));
  await expect.poll(marks).toContain('1');
  expect((await marks()).filter((/** @type {string} */ mark) => mark !== '0' && mark !== '1')).toEqual([]);
});
