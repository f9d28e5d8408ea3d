/** Exports that were not begun with the choices on the page: of another tab, of the list, of an earlier visit. */

import { can, COMPLETED } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { expectStep, next, section, toExport } from '../fixtures/wizard.js';

const NATIVE = {
  job_id: 'job-4', state: 'running', progress: 0.25, source_url: 'http://vm-eu:8428', format: 'native', obfuscation_enabled: true,
  time_range: { start: '2026-01-23T12:00:00Z', end: '2026-01-24T12:00:00Z' },
};
const LISTED = { active: [NATIVE], interrupted: [{ job_id: 'job-9', url: 'http://vm-eu:8428', slices_done: 2279, slices_total: 2881 }] };
const CHOICES = ['#exportOptions', '#privacySummary', '#exportInfoBox'];

test('an export of elsewhere shows what it is of, not the choices of the page', async ({ page }) => {
  const api = await can(page, { '/api/exports': LISTED, '/api/export/status': NATIVE });
  await page.goto('/');
  await page.getByRole('button', { name: /^Watch/ }).click();
  await expect(page.locator('#exportSource')).toHaveText('http://vm-eu:8428');
  await expect(page.locator('#exportRange')).toHaveText('2026-01-23 13:00:00 – 2026-01-24 13:00:00 (Europe/Berlin, UTC+01:00), 1 d');
  await expect(page.locator('#exportFormat')).toHaveText('native blocks');
  await expect(page.locator('#exportNames')).toContainText('replaced');
  for (const choice of CHOICES) await expect(page.locator(choice)).toBeHidden();
  await expect(page.locator('.rail__chosen')).toHaveCount(0);
  api.answer('/api/export/status', { ...NATIVE, state: 'canceled' });
  await expect(page.locator('#resumeExportBtn')).toBeVisible();
  await expect(page.locator('#startExportBtn')).toBeEnabled();
  for (const choice of CHOICES) await expect(page.locator(choice)).toBeHidden();
});

test('an export that is resumed from the list hides the choices of the page too', async ({ page }) => {
  await can(page, { '/api/exports': LISTED, '/api/export/resume': { job_id: 'job-9', state: 'pending' }, '/api/export/status': { ...NATIVE, obfuscation_enabled: false } });
  await page.goto('/');
  await page.getByRole('button', { name: /^Resume/ }).click();
  await expect(page.locator('#exportNames')).toContainText('real names');
  for (const choice of CHOICES) await expect(page.locator(choice)).toBeHidden();
});

test('an export of this page shows its choices, until others are made and it is resumed', async ({ page }) => {
  const api = await can(page, { '/api/export/status': { ...NATIVE, state: 'canceled' }, '/api/export/resume': { job_id: 'job-1' } });
  await page.goto('/');
  await toExport(page);
  await page.check('#enableObfuscation');
  await page.click('#startExportBtn');
  await expect(page.locator('#resumeExportBtn')).toBeVisible();
  api.answer('/api/export/status', NATIVE);
  await page.click('#resumeExportBtn');
  await expect(page.locator('#cancelExportBtn')).toBeEnabled();
  await expect(page.locator('#exportNames')).toContainText('replaced');
  for (const choice of CHOICES) await expect(page.locator(choice)).toBeVisible();
  api.answer('/api/export/status', { ...NATIVE, state: 'canceled' });
  await expect(page.locator('#resumeExportBtn')).toBeVisible();
  await page.uncheck('#enableObfuscation');
  api.answer('/api/export/status', NATIVE);
  await page.click('#resumeExportBtn');
  await expect(page.locator('#cancelExportBtn')).toBeEnabled();
  for (const choice of CHOICES) await expect(page.locator(choice)).toBeHidden();
  await expect(page.locator('#exportNames')).toContainText('replaced');
});

test('without a tested connection the start and the components lead to it', async ({ page }) => {
  await can(page, { '/api/exports': LISTED, '/api/export/status': { ...NATIVE, state: 'failed', error: 'disk full', resumable: true } });
  await page.goto('/');
  await page.getByRole('button', { name: /^Watch/ }).click();
  await expect(page.locator('#exportCancelNotice')).toContainText('disk full');
  await page.click('#startExportBtn');
  const problem = section(page, 6).locator('.error-summary');
  await expect(problem).toContainText('Test the connection first.');
  await expect(problem).toBeFocused();
  await problem.getByRole('button', { name: 'Go to the connection' }).click();
  await expectStep(page, 3);
  await page.goto('/');
  await page.getByRole('button', { name: /^Watch/ }).click();
  await expect(page.locator('#exportCancelNotice')).toContainText('disk full');
  await section(page, 6).getByRole('button', { name: 'Back' }).click();
  await expectStep(page, 5);
  await expect(page.getByText('Discovery failed')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  await next(page);
  await expectStep(page, 5);
  await expect(section(page, 5).locator('.error-summary')).toContainText('Test the connection first.');
  await page.locator('#componentsError').getByRole('button', { name: 'Go to the connection' }).click();
  await expectStep(page, 3);
});

test('the list of exports is read again on the way back, with grouped numbers', async ({ page }) => {
  const api = await can(page, { '/api/exports': LISTED });
  await page.goto('/');
  await expect(page.locator('#interruptedExports')).toContainText('2,279 of 2,881 batches fetched');
  await next(page);
  api.answer('/api/exports', { active: [], interrupted: [], finished: [{ export_id: 'export-5', archive_name: 'new.zip' }] });
  await section(page, 2).getByRole('button', { name: 'Back' }).click();
  await expect(page.locator('#finishedExports')).toContainText('new.zip');
  await expect(page.locator('#interruptedExports')).toBeHidden();
});

test('a reload after a finished export stays on its step', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: 'Time Range' }).click();
  await page.reload();
  await expectStep(page, 2);
  await expect(page.locator('#vmUrl')).toHaveValue('http://vmselect:8481/select/0/prometheus');
  await expectStep(page, 2);
});

for (const [state, said] of /** @type {const} */ ([['canceled', 'Export canceled'], ['failed', 'disk full']])) {
  test(`a reload keeps the panel of an export that was ${state}, and its resume`, async ({ page }) => {
    const api = await can(page, { '/api/export/status': { ...NATIVE, state, error: 'disk full', resumable: true }, '/api/export/resume': { job_id: 'job-1' } });
    await page.goto('/');
    await toExport(page);
    await page.click('#startExportBtn');
    await expect(page.locator('#exportCancelNotice')).toContainText(said);
    await page.reload();
    await expectStep(page, 6);
    await expect(page.locator('#exportCancelNotice')).toContainText(said);
    await expect(page.locator('#startExportBtn')).toBeEnabled();
    // The choices for a start anew are there too, with what belongs to them.
    await expect(page.locator('#exportOptions')).toBeVisible();
    await expect(page.locator('#estimateSeries')).toHaveText('42');
    api.answer('/api/export/status', COMPLETED);
    await page.click('#resumeExportBtn');
    await expectStep(page, 7);
    expect(api.to('/api/export/start')).toHaveLength(1);
  });
}

test('a reload on another step goes on there, and the export goes on with it', async ({ page }) => {
  const api = await can(page, { '/api/export/status': NATIVE });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportProgressPercent')).toHaveText('25%');
  const rail = page.getByRole('navigation', { name: 'Steps' });
  await rail.getByRole('link', { name: 'Time Range' }).click();
  await page.reload();
  await expectStep(page, 2);
  api.answer('/api/export/status', COMPLETED);
  await expect(rail.getByRole('link', { name: 'Complete' })).toBeVisible();
  await expectStep(page, 2);
});
