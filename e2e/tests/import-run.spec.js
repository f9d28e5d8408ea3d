import { gate } from '../fixtures/canned.js';
import { COMPLETED, freeze, ready, RUNNING } from '../fixtures/import-answers.js';
import { expect, test } from '../fixtures/import-page.js';

const FAILED = { ...RUNNING, state: 'failed', error: 'the target answered 502: <i>Bad Gateway</i>', resume_ready: true };

test('a whole run from the upload to the verification', async ({ page, api }) => {
  await ready(page, api);
  api.answer('/api/upload', { job_id: 'job-debug', job: { id: 'job-debug', state: 'queued' } });
  api.answer('/api/import/status', COMPLETED);
  await page.click('#startImportBtn');
  await expect(page.locator('#statusPanel')).toHaveClass(/success/);
  const outcome = page.locator('#importResult');
  await expect(outcome).toContainText('Verified: the target has what was sent');
  await expect(outcome).toContainText('all compared samples are equal');
  await expect(outcome).toContainText('128,000');
  await expect(outcome).toContainText('7.63 MiB');
  await expect(outcome).toContainText('http://vm:8428/api/v1/import');
  await expect(outcome).toContainText('2026-01-23 10:00:00 – 16:00:00 UTC');
  await expect(page.locator('#importProgressPercent')).toHaveText('100%');
  await expect(page.locator('#importProgressEtaDetail')).toContainText('Job job-debug');
  await expect(page.locator('#startImportBtn')).toBeEnabled();
  await expect(page.locator('#runTitle')).toBeFocused();
  expect(api.to('/api/upload')).toHaveLength(1);
  expect(api.to('/api/upload')[0].file?.name).toBe('bundle.jsonl');
  expect(api.to('/api/import/status')[0].query.get('id')).toBe('job-debug');
});

test('a run is followed every 1.2 seconds, one question at a time', async ({ page, api }) => {
  const held = gate();
  let open = 0;
  let most = 0;
  await page.clock.install();
  await ready(page, api);
  await freeze(page);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', async () => {
    open += 1;
    most = Math.max(most, open);
    if (api.to('/api/import/status').length === 1) await held.opened;
    open -= 1;
    return api.to('/api/import/status').length < 3 ? RUNNING : COMPLETED;
  });
  await page.click('#startImportBtn');
  await expect(page.locator('#importProgressPanel')).not.toHaveClass(/hidden/);
  await expect.poll(() => api.to('/api/import/status').length).toBe(1);
  await page.clock.runFor(10_000);
  expect(api.to('/api/import/status')).toHaveLength(1);
  held.open();
  await expect(page.locator('#importProgressPercent')).toHaveText('40%');
  await expect(page.locator('#importProgressBatches')).toHaveText('6 / 16');
  await expect(page.locator('#startImportBtn')).toBeDisabled();
  await page.clock.runFor(1100);
  expect(api.to('/api/import/status')).toHaveLength(1);
  await page.clock.runFor(200);
  await expect.poll(() => api.to('/api/import/status').length).toBe(2);
  await expect(page.locator('#importProgressEtaDetail')).toContainText('chunks 6/16');
  // The clock may only go on once the page has taken the answer in and waits again.
  await expect.poll(async () => {
    await page.clock.runFor(1300);
    return api.to('/api/import/status').length;
  }).toBe(3);
  await expect(page.locator('#statusPanel')).toContainText('Import complete');
  await page.clock.runFor(10_000);
  expect(api.to('/api/import/status')).toHaveLength(3);
  expect(most).toBe(1);
});

test('five bad answers in a row lose the job, and Retry Status finds it again', async ({ page, api }) => {
  await page.clock.install();
  await ready(page, api);
  await freeze(page);
  const bad = [{ status: 500, body: { error: 'broken' } }, 'no JSON', 'abort', { status: 404, body: { error: 'gone' } }, { status: 500, body: {} }];
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', () => bad[Math.min(api.to('/api/import/status').length, bad.length) - 1]);
  await page.click('#startImportBtn');
  const debug = page.locator('#importProgressEtaDetail');
  for (let count = 1; count <= 5; count += 1) {
    await expect(debug).toContainText(`Polling errors: ${count}/5`);
    await page.clock.runFor(1200);
  }
  await expect(page.locator('#statusPanel')).toContainText('Lost connection to import job');
  await expect(page.locator('#statusPanel')).toHaveClass(/error/);
  await expect(page.locator('#statusPanel #retryStatusBtn')).toBeVisible();
  await expect(debug).toContainText('Polling errors:');
  await expect(page.locator('#startImportBtn')).toBeEnabled();
  // The browser itself repeats a question whose connection broke, so the count is not five.
  const asked = api.to('/api/import/status').length;
  await page.clock.runFor(10_000);
  expect(api.to('/api/import/status')).toHaveLength(asked);
  api.answer('/api/import/status', FAILED);
  await page.click('#retryStatusBtn');
  await expect(page.locator('#statusPanel')).toContainText('502');
  await expect(page.locator('#statusPanel')).toContainText('resume from the saved offset');
  await expect(page.locator('#statusPanel #resumeImportBtn')).toBeVisible();
  await expect(debug).toContainText('Job job-debug');
  await expect(page.locator('#statusPanel i')).toHaveCount(0);
});

test('a good answer forgives the bad ones before it', async ({ page, api }) => {
  await page.clock.install();
  await ready(page, api);
  await freeze(page);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', () => (api.to('/api/import/status').length % 2 ? { status: 500, body: { error: 'busy' } } : RUNNING));
  await page.click('#startImportBtn');
  for (let round = 0; round < 4; round += 1) {
    await expect(page.locator('#importProgressEtaDetail')).toContainText('Polling errors: 1/5: busy');
    await page.clock.runFor(1200);
    await expect(page.locator('#importProgressEtaDetail')).toContainText('Job job-debug');
    await page.clock.runFor(1200);
  }
  await expect(page.locator('#statusPanel')).toBeHidden();
});

test('a failed job is resumed where it stood', async ({ page, api }) => {
  await ready(page, api);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', FAILED);
  await page.click('#startImportBtn');
  await expect(page.locator('#resumeImportBtn')).toBeVisible();
  await expect(page.locator('#startImportBtn')).toBeEnabled();
  await expect(page.locator('#importProgressPercent')).toHaveText('40%');
  api.answer('/api/import/resume', { job_id: 'job-debug', status: 'resuming' });
  api.answer('/api/import/status', COMPLETED);
  await page.click('#resumeImportBtn');
  await expect(page.locator('#statusPanel')).toContainText('Import complete');
  expect(api.to('/api/import/resume').map(({ method, query, body }) => [method, query.get('id'), body])).toEqual([['POST', 'job-debug', {}]]);
});

test('credentials go along with a resume only when they are asked for', async ({ page, api }) => {
  await ready(page, api);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', FAILED);
  await page.click('#startImportBtn');
  api.answer('/api/import/resume', (/** @type {any} */ { body }) =>
    body.password ? { job_id: 'job-debug', status: 'resuming' } : { status: 409, body: { error: 'the password is needed again', code: 'auth_required' } });
  await page.click('#resumeImportBtn');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('the password is needed again');
  await dialog.locator('[data-key=username]').fill('sre');
  await dialog.locator('[data-key=password]').fill('p');
  api.answer('/api/import/status', COMPLETED);
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await expect(page.locator('#statusPanel')).toContainText('Import complete');
  expect(api.to('/api/import/resume')[1].body).toEqual({ auth_type: 'basic', username: 'sre', password: 'p', custom_header_name: '', custom_header_value: '' });
});

test('a failed job that cannot be resumed offers nothing', async ({ page, api }) => {
  await ready(page, api);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', { ...FAILED, resume_ready: false, hint: 'check the target' });
  await page.click('#startImportBtn');
  await expect(page.locator('#statusPanel')).toContainText('check the target');
  await expect(page.locator('#statusPanel button')).toHaveCount(0);
});

test('a running job is canceled, then discarded', async ({ page, api }) => {
  await page.clock.install();
  await ready(page, api);
  await freeze(page);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', RUNNING);
  await page.click('#startImportBtn');
  await expect(page.locator('#importProgressEtaDetail')).toContainText('Job job-debug');
  api.answer('/api/import/cancel', () => {
    api.answer('/api/import/status', { ...RUNNING, state: 'canceled', resume_ready: true });
    return { job_id: 'job-debug', status: 'canceling' };
  });
  await page.click('#cancelImportBtn');
  await expect.poll(() => api.to('/api/import/cancel').map(({ query }) => query.get('id'))).toEqual(['job-debug']);
  await page.clock.runFor(1200);
  await expect(page.locator('#statusPanel')).toContainText('Import canceled');
  await expect(page.locator('#resumeImportBtn')).toBeVisible();
  api.answer('/api/import/discard', { job_id: 'job-debug' });
  await page.click('#discardImportBtn');
  await page.getByRole('button', { name: 'Keep it' }).click();
  expect(api.to('/api/import/discard')).toHaveLength(0);
  await page.click('#discardImportBtn');
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  await expect(page.locator('#statusPanel')).toContainText('Import discarded');
  expect(api.to('/api/import/discard')[0].query.get('id')).toBe('job-debug');
  await expect(page.locator('#importProgressPanel')).toHaveClass(/hidden/);
});

test('an upload is canceled before anything was sent', async ({ page, api }) => {
  const held = gate();
  await ready(page, api);
  api.answer('/api/upload', async () => {
    await held.opened;
    return { job_id: 'late' };
  });
  await page.click('#startImportBtn');
  await expect(page.locator('#importStage')).toHaveText('Uploading the bundle');
  await page.click('#cancelImportBtn');
  await expect(page.locator('#statusPanel')).toContainText('Upload canceled');
  await expect(page.locator('#startImportBtn')).toBeEnabled();
  held.open();
  expect(api.to('/api/import/status')).toHaveLength(0);
});

test('a refused upload shows why and can be tried again', async ({ page, api }) => {
  await ready(page, api);
  api.answer('/api/upload', { status: 507, body: { error: 'there is no space for 2 GiB', hint: 'free some space' } });
  await page.click('#startImportBtn');
  await expect(page.locator('#statusPanel')).toHaveClass(/error/);
  await expect(page.locator('#statusPanel')).toContainText('there is no space for 2 GiB');
  await expect(page.locator('#statusPanel')).toContainText('free some space');
  await expect(page.locator('#startImportBtn')).toBeEnabled();
});

test('two clicks start one import', async ({ page, api }) => {
  await ready(page, api);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', COMPLETED);
  await page.evaluate(() => {
    const button = document.getElementById('startImportBtn');
    button?.click();
    button?.click();
  });
  await expect(page.locator('#statusPanel')).toContainText('Import complete');
  expect(api.to('/api/upload')).toHaveLength(1);
});

test('a job without progress is told after 45 seconds', async ({ page, api }) => {
  await page.clock.install();
  await ready(page, api);
  await freeze(page);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', RUNNING);
  await page.click('#startImportBtn');
  await expect(page.locator('#importProgressEtaDetail')).toContainText('Job job-debug');
  await page.clock.fastForward(46_000);
  await expect(page.locator('#statusPanel')).toContainText('No progress');
  await expect(page.locator('#retryStatusBtn')).toBeVisible();
  api.answer('/api/import/status', { ...RUNNING, updated_at: '2026-11-21T20:00:59Z' });
  await page.clock.runFor(1200);
  await expect(page.locator('#statusPanel')).toBeHidden();
});

test('the report says what was compared, what differed and why', async ({ page, api }) => {
  await ready(page, api);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', {
    ...COMPLETED,
    warnings: ['not all could be verified', 'not sent: 2 samples: before 1970', '1 of 50 series differs'],
    summary: { ...COMPLETED.summary, dropped_old: 7, dropped_reasons: { 'older than the retention of the target': 7, 'before 1970': 2 }, skipped_lines: 3, skipped_reasons: { 'the line is no JSON': 3 }, first_errors: [{ line: 118, reason: 'expected `,` at column 41' }] },
    verification: { verified: false, message: '1 of 50 series differs', series_compared: 50, samples_compared: 11_400, jobs: [{ job: 'a', sent: 100, found: 100 }, { job: 'b', sent: 100, found: 60 }], differences: [{ series: 'up{job="b"}', reason: 'deduplication at the target', detail: '40 samples' }] },
  });
  await page.click('#startImportBtn');
  const outcome = page.locator('#importResult');
  await expect(outcome).toContainText('Not verified');
  await expect(outcome).toContainText('50 series, 11,400 samples, value by value');
  await expect(outcome.locator('tbody tr').nth(1)).toHaveText(/b10060−40/);
  await expect(outcome).toContainText('deduplication at the target');
  await expect(outcome).toContainText('7 samples older than the retention, 3 lines that could not be used');
  await expect(outcome).toContainText('9 samples left out');
  await expect(outcome).toContainText('2before 1970');
  await expect(outcome).toContainText('line 118');
  await expect(outcome.locator('#sentTitle ~ .hint')).toHaveText(['not all could be verified']);
});

test('after a reload the import goes on being shown', async ({ page, api }) => {
  await ready(page, api);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', RUNNING);
  await page.click('#startImportBtn');
  await expect(page.locator('#importProgressPercent')).toHaveText('40%');
  api.answer('/api/imports', { imports: [RUNNING] });
  await page.reload();
  await expect(page.locator('#importProgressPercent')).toHaveText('40%');
  await expect(page.locator('#imports')).toBeHidden();
});

test('unfinished imports of an earlier server are listed, resumed and discarded', async ({ page, api }) => {
  const unfinished = { ...FAILED, id: 'job-7' };
  api.answer('/api/imports', { imports: [unfinished, { ...RUNNING, id: 'job-8', import_url: 'http://other/api/v1/import' }, { ...COMPLETED, id: 'job-9' }] });
  await page.goto('/');
  const rows = page.locator('#importsList li');
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText('6 of 16 chunks acknowledged');
  await expect(rows.first()).toContainText('<i>Bad Gateway</i>');
  await expect(rows.nth(1)).toContainText('Running');
  api.answer('/api/import/discard', { status: 409, body: { error: 'it runs already' } });
  await page.getByRole('button', { name: /^Discard/ }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  await expect(page.locator('#importsProblem')).toContainText('it runs already');
  api.answer('/api/import/resume', { job_id: 'job-7', status: 'resuming' });
  api.answer('/api/import/status', { ...COMPLETED, id: 'job-7' });
  await page.getByRole('button', { name: /^Resume/ }).click();
  await expect(page.locator('#statusPanel')).toContainText('Import complete');
  await expect(page.locator('#startImportBtn')).toBeDisabled();
  expect(api.to('/api/import/status')[0].query.get('id')).toBe('job-7');
});

test('an address that was not kept whole comes from the form', async ({ page, api }) => {
  api.answer('/api/imports', { imports: [{ ...FAILED, id: 'job-7' }] });
  api.answer('/api/import/resume', (/** @type {any} */ { body }) =>
    body.endpoint ? { job_id: 'job-7', status: 'resuming' } : { status: 400, body: { error: '`endpoint` is needed again', code: 'auth_required' } });
  await page.goto('/');
  await page.getByRole('button', { name: /^Resume/ }).click();
  await expect(page.locator('#statusPanel')).toContainText('Enter the whole address above');
  await page.fill('#vmUrl', 'http://vm/?key=k');
  api.answer('/api/import/status', { ...COMPLETED, id: 'job-7' });
  await page.click('#resumeImportBtn');
  await expect(page.locator('#statusPanel')).toContainText('Import complete');
  expect(api.to('/api/import/resume').at(-1)?.body).toMatchObject({ endpoint: 'http://vm/?key=k', auth_type: 'none' });
});
