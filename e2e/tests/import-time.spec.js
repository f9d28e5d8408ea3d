import { analysisOf, FILE } from '../fixtures/import-answers.js';
import { expect, test } from '../fixtures/import-page.js';

/** @import { Page } from '@playwright/test' */
/** @import { ImportPage } from '../fixtures/import-page.js' */

const NOW = Date.parse('2026-01-26T09:30:00Z');
const DAY = 86_400_000;

/** A file of one day, forty days ago, and a target that keeps a month. @param {Page} page @param {ImportPage} api */
async function oldBundle(page, api) {
  api.answer('/api/analyze', (/** @type {any} */ call) => ({
    ...analysisOf(call),
    first_timestamp_ms: NOW - 40 * DAY,
    last_timestamp_ms: NOW - 39 * DAY,
    suggested_shift_ms: 9 * DAY + 3_600_000,
    retention_cutoff: call.config.drop_old ? NOW - 31 * DAY : 0,
  }));
  await page.clock.install({ time: NOW });
  await page.goto('/');
  await page.setInputFiles('#bundleFile', FILE);
  await expect(page.locator('#analysisDetails')).toBeVisible();
}

/** @param {Page} page @param {ImportPage} api the config that a preflight sends now */
async function sentConfig(page, api) {
  await page.click('#preflightBtn');
  await expect(page.locator('#analysisDetails')).toBeVisible();
  return api.to('/api/analyze').at(-1)?.config;
}

test('without a bundle nothing can be moved', async ({ page, api: _ }) => {
  await page.goto('/');
  for (const id of ['targetStartPicker', 'shiftToNowBtn', 'applySuggestedShift', 'clearShiftBtn']) await expect(page.locator(`#${id}`)).toBeDisabled();
});

test('the file and the retention are told in UTC', async ({ page, api }) => {
  await oldBundle(page, api);
  await expect(page.locator('#fileRangeInfo')).toHaveText('2025-12-17 09:30:00 – 2025-12-18 09:30:00 UTC');
  await expect(page.locator('#retentionInfo')).toContainText('since 2025-12-26 09:30:00 UTC: nothing of the bundle');
  await expect(page.locator('#shiftSummary')).toHaveText('the same time');
  await expect(page.locator('#targetStartPicker')).toHaveValue('2025-12-17T09:30');
});

test('the end is shifted to now', async ({ page, api }) => {
  await oldBundle(page, api);
  await page.click('#shiftToNowBtn');
  await expect(page.locator('#shiftSummary')).toContainText('39 d later');
  await expect(page.locator('#retentionInfo')).toContainText('all of the bundle');
  const { time_shift_ms: shift } = await sentConfig(page, api);
  expect(shift).toBeGreaterThanOrEqual(39 * DAY);
  expect(shift).toBeLessThan(39 * DAY + 60_000);
  await expect(page.locator('#timeShiftMinutes')).toHaveValue(String(39 * 1440));
});

test('the first sample is aligned to a chosen moment of UTC', async ({ page, api }) => {
  await oldBundle(page, api);
  await page.fill('#targetStartPicker', '2026-01-20T00:00:00');
  await expect(page.locator('#shiftSummary')).toContainText('2026-01-20 00:00:00 – 2026-01-21 00:00:00 UTC');
  expect((await sentConfig(page, api)).time_shift_ms).toBe(Date.parse('2026-01-20T00:00:00Z') - (NOW - 40 * DAY));
  await page.click('#clearShiftBtn');
  await expect(page.locator('#shiftSummary')).toHaveText('the same time');
  expect((await sentConfig(page, api)).time_shift_ms).toBe(0);
});

test('no wish leads into the future', async ({ page, api }) => {
  await oldBundle(page, api);
  await page.fill('#targetStartPicker', '2026-01-26T09:00:00');
  await expect(page.locator('#shiftHint')).toContainText('future');
  await expect(page.locator('#shiftSummary')).toContainText('39 d later');
  await page.locator('#targetStartPicker').blur();
  await expect(page.locator('#targetStartPicker')).toHaveValue(/^2026-01-25T09:30/);
});

test('the suggested shift leads into the retention', async ({ page, api }) => {
  await oldBundle(page, api);
  await page.click('#applySuggestedShift');
  expect((await sentConfig(page, api)).time_shift_ms).toBe(9 * DAY + 3_600_000);
  await expect(page.locator('#retentionInfo')).toContainText('all of the bundle');
});

test('older samples can be kept, and the unit can be told', async ({ page, api }) => {
  await oldBundle(page, api);
  await page.check('#keepOld');
  await page.getByText('Unit of the timestamps').click();
  await page.selectOption('#timestampUnit', 'auto');
  expect(await sentConfig(page, api)).toMatchObject({ drop_old: false, timestamp_unit: 'auto' });
  await expect(page.locator('#retentionInfo')).toContainText('older samples are kept');
});

test('another file brings no shift along', async ({ page, api }) => {
  await oldBundle(page, api);
  await page.click('#shiftToNowBtn');
  await page.setInputFiles('#bundleFile', { ...FILE, name: 'other.zip' });
  await expect(page.locator('#analysisDetails')).toBeVisible();
  await expect(page.locator('#timeShiftMinutes')).toHaveValue('0');
});
