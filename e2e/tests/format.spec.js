/** The format of the bundle: its sizes, its choice, and where the choice goes. */

import { can } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { expectStep, next, toExport, toQuery } from '../fixtures/wizard.js';

/** @import { Page } from '@playwright/test' */

const ESTIMATE = { series: 1718, samples: 391_380, bundle_bytes_jsonl: 836_690, bundle_bytes_native: 304_971, seconds: 0.6 };

/** @param {Page} page */
const lines = (page) => page.getByRole('radio', { name: /^JSON lines/ });
/** @param {Page} page */
const native = (page) => page.getByRole('radio', { name: /^Native/ });

test('both formats tell their size, and lines are the default', async ({ page }) => {
  const api = await can(page, { '/api/estimate': ESTIMATE });
  await page.goto('/');
  await toExport(page);
  await expect(page.getByRole('group', { name: 'Format of the bundle' })).toBeVisible();
  await expect(lines(page)).toBeChecked();
  await expect(page.locator('#jsonlSize')).toHaveText(', about 817.08 KiB');
  await expect(page.locator('#nativeSize')).toHaveText(', about 297.82 KiB');
  await expect(page.locator('#estimateBytes')).toHaveText('817.08 KiB');
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/start')[0].body.format).toBe('jsonl');
});

test('native is chosen by the keyboard, and outlives a reload', async ({ page }) => {
  const api = await can(page, { '/api/estimate': ESTIMATE });
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('#previewState')).toContainText('series');
  const asked = api.calls.length;
  await lines(page).focus();
  await page.keyboard.press('ArrowDown');
  await expect(native(page)).toBeChecked();
  await expect(native(page)).toBeFocused();
  await expect(page.locator('#estimateBytes')).toHaveText('297.82 KiB');
  expect(api.calls.length).toBe(asked);
  await page.reload();
  await expectStep(page, 6);
  await expect(native(page)).toBeChecked();
  await expect(page.locator('#estimateBytes')).toHaveText('297.82 KiB');
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/start')[0].body.format).toBe('native');
});

test('without an estimate no size is told, and the choice stays', async ({ page }) => {
  await can(page, { '/api/estimate': { status: 502, body: { error: 'no' } } });
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('#estimateNote')).toContainText('cannot be told');
  await expect(page.locator('#jsonlSize')).toBeEmpty();
  await expect(page.locator('#nativeSize')).toBeEmpty();
  await native(page).check();
  await expect(page.locator('#estimateBytes')).toHaveText('–');
});

test('results of a query have the choice as well', async ({ page }) => {
  const api = await can(page, { '/api/validate-query': { success: true, query_type: 'metricsql', result_count: 3 } });
  await page.goto('/');
  await toQuery(page, 'sum(up)');
  await next(page);
  await expectStep(page, 6);
  await native(page).check();
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  const { body } = api.to('/api/export/start')[0];
  expect([body.query_type, body.format]).toEqual(['metricsql', 'native']);
});

test('the choice rests while an export runs', async ({ page }) => {
  await can(page, { '/api/export/status': { state: 'running', progress: 0.3 } });
  await page.goto('/');
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportProgressPercent')).toHaveText('30%');
  await expect(lines(page)).toBeDisabled();
  await expect(native(page)).toBeDisabled();
});

test('a sealed bundle tells its format, here and among the finished ones', async ({ page }) => {
  await can(page, {
    '/api/exports': { finished: [{ export_id: 'export-5', archive_name: 'a.zip', size: 2048, format: 'native' }, { export_id: 'export-6', archive_name: 'b.zip', size: 2048, format: 'jsonl' }] },
    '/api/export/status': { state: 'completed', progress: 1, result: { export_id: 'export-7', archive_path: '/data/c.zip', format: 'native' } },
  });
  await page.goto('/');
  await expect(page.locator('#finishedExports li').nth(0)).toContainText('native blocks');
  await expect(page.locator('#finishedExports li').nth(1)).toContainText('JSON lines');
  await toExport(page);
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  await expect(page.locator('#formatRow')).toContainText('native blocks');
  await expect(page.locator('#formatRow')).toContainText('vmgather cat BUNDLE');
});
