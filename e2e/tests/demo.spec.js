/** The page on a real server with the demo cluster: from the first visit to a verified bundle. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { expect, test } from '../fixtures/test.js';
import { expectStep, next, section, toConnection } from '../fixtures/wizard.js';
import { startVmgather, vmgatherProgram } from '../fixtures/vmgather.js';

/** @import { Page } from '@playwright/test' */

const run = promisify(execFile);

/** @param {Page} page */
async function connectToDemo(page) {
  await toConnection(page);
  await page.getByRole('button', { name: 'Use the demo cluster' }).click();
  await page.getByRole('button', { name: 'Test Connection' }).click();
  await expect(page.locator('#step3Next')).toBeEnabled({ timeout: 15_000 });
}

/** Downloads the sealed bundle and lets the program verify it. @param {Page} page */
async function verifiedBundle(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Generate ZIP package' }).click()]);
  const path = await download.path();
  const digest = createHash('sha256').update(await readFile(path)).digest('hex');
  await expect(page.locator('#archiveSha256')).toHaveText(digest);
  const archive = await page.locator('#archivePath').textContent();
  const { stdout } = await run(vmgatherProgram(), ['verify', archive ?? '']);
  expect(stdout).toContain('no check failed');
  return labels(archive ?? '');
}

/** The labels of every line of the bundle, a line each; samples would only bury a finding. @param {string} archive */
async function labels(archive) {
  const { stdout } = await run(vmgatherProgram(), ['cat', archive], { maxBuffer: 1 << 28 });
  return stdout.trim().split('\n').map((line) => JSON.stringify(JSON.parse(line).metric)).sort();
}

/** A few of the lines that match. @param {string[]} lines @param {RegExp} pattern */
const matching = (lines, pattern) => lines.filter((line) => pattern.test(line)).slice(0, 3);

test('a person who knows nothing reaches a verified bundle', async ({ page }) => {
  await page.goto('/');
  await connectToDemo(page);
  await next(page);
  await expect(page.locator('.component-item').first()).toBeVisible();
  await page.locator('.component-item', { hasText: 'vmstorage' }).click();
  await next(page);
  await expect(page.locator('#samplePreview .metric-name').first()).not.toBeEmpty({ timeout: 15_000 });
  await expect(page.locator('#estimateSeries')).not.toHaveText('–', { timeout: 15_000 });
  await page.check('#enableObfuscation');
  await expect(page.locator('#samplePreview')).toContainText('777.777.');
  await page.click('#startExportBtn');
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  await expect(page.locator('#metricsCount')).not.toHaveText('0');
  const lines = await verifiedBundle(page);
  expect(matching(lines, /777\.777\./)).not.toEqual([]);
  expect(matching(lines, /10\.42\.|eu-west-1/)).toEqual([]);
  await page.reload();
  await expectStep(page, 7);
});

test('a cluster without a tenant in its address is found out', async ({ page, request }) => {
  const { demo_url: demo } = await (await request.get('/api/config')).json();
  await page.goto('/');
  await toConnection(page);
  await page.fill('#vmUrl', new URL(demo).origin);
  await page.getByRole('button', { name: 'Test Connection' }).click();
  await expect(page.locator('#step3Next')).toBeEnabled({ timeout: 15_000 });
  await expect(page.locator('#validationSteps')).toContainText('/select/0/prometheus');
  await expect(page.locator('#validationSteps')).toContainText('Attempts');
  await next(page);
  await expect(page.locator('.component-item').first()).toBeVisible({ timeout: 15_000 });
});

test('a native bundle holds the same series, and no original', async ({ page }) => {
  await page.goto('/');
  await connectToDemo(page);
  await next(page);
  await page.locator('.component-item', { hasText: 'vmstorage' }).click();
  await next(page);
  await expect(page.locator('#nativeSize')).toHaveText(/about\s\d/, { timeout: 15_000 });
  await page.getByRole('radio', { name: /^Native/ }).check();
  await page.check('#enableObfuscation');
  await page.click('#startExportBtn');
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  await expect(page.locator('#archiveFormat')).toHaveText('native blocks');
  const lines = await verifiedBundle(page);
  expect(new Set(lines).size).toBe(Number((await page.locator('#metricsCount').textContent())?.replace(/\D/g, '')));
  expect(matching(lines, /777\.777\./)).not.toEqual([]);
  expect(matching(lines, /10\.42\.|eu-west-1/)).toEqual([]);
  await expect(page.locator('#exportSpoilers .sample')).not.toHaveCount(0);
  const { stdout } = await run('unzip', ['-l', (await page.locator('#archivePath').textContent()) ?? '']);
  expect(stdout).toContain('metrics.native');
  await page.getByRole('button', { name: 'Start New Export' }).click();
  await expect(page.locator('#finishedExports')).toContainText('native blocks');
});

test('the strict level leaves no original', async ({ page }) => {
  await page.goto('/');
  await connectToDemo(page);
  await next(page);
  await page.locator('.component-item', { hasText: 'vmstorage' }).click();
  await next(page);
  await page.check('#enableObfuscation');
  await page.getByRole('radio', { name: /Strict/ }).check();
  await expect(page.locator('#privacySummary')).toContainText('Strict');
  await page.click('#startExportBtn');
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  const lines = await verifiedBundle(page);
  expect(matching(lines, /10\.42\.|eu-west-1/)).toEqual([]);
});

test('without obfuscation the bundle holds what the page warned of', async ({ page }) => {
  await page.goto('/');
  await connectToDemo(page);
  await next(page);
  await page.locator('.component-item', { hasText: 'vmstorage' }).click();
  await next(page);
  await expect(page.locator('#privacySummary')).toContainText('Nothing is replaced');
  await page.click('#startExportBtn');
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  await expect(page.locator('#completeText')).toContainText('Nothing in it was replaced');
  const lines = await verifiedBundle(page);
  expect(matching(lines, /10\.42\.1\.11/)).not.toEqual([]);
});

test('the preview of all components shows different metrics', async ({ page }) => {
  await page.goto('/');
  await connectToDemo(page);
  await next(page);
  await expect(page.locator('.component-item').first()).toBeVisible();
  await page.click('#selectAllBtn');
  await next(page);
  await expect(page.locator('#previewState')).toHaveText('5 of 10 series', { timeout: 15_000 });
  const names = await page.locator('#samplePreview .metric-name').allTextContents();
  expect(new Set(names).size, names.join()).toBe(5);
  expect(names).not.toContain('flag');
});

test('the preview of a query shows the course of its results', async ({ page }) => {
  await page.goto('/');
  await page.click('.mode-slider');
  await connectToDemo(page);
  await next(page);
  await page.fill('#customQueryInput', 'sum(up) by (job)');
  await page.click('#validateCustomQueryBtn');
  await expect(page.locator('#customQueryStatus')).toHaveAttribute('data-status', 'success');
  await next(page);
  await expectStep(page, 6);
  await expect(page.locator('#previewState')).toContainText('series', { timeout: 15_000 });
  await page.locator('#previewDetails > summary').click();
  await expect(page.locator('#samplePreview .sample')).toHaveCount(5);
  await expect(page.locator('#samplePreview .chart canvas')).toHaveCount(5);
});

test('a selector leads to a bundle of its targets, without the removed label', async ({ page }) => {
  await page.goto('/');
  await page.click('.mode-slider');
  await connectToDemo(page);
  await next(page);
  await page.fill('#customQueryInput', '{job=~"vmagent-.*"}');
  await page.click('#validateCustomQueryBtn');
  await expect(page.locator('#customQueryStatus')).toHaveAttribute('data-status', 'success');
  await next(page);
  await expect(page.locator('.selector-job-item')).toHaveCount(2);
  await page.locator('input[data-job="vmagent-us"]').uncheck();
  await next(page);
  await page.click('#dropLabelsSummary');
  await page.check('#dropLabels input[data-label="instance"]');
  await page.click('#startExportBtn');
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  const lines = await verifiedBundle(page);
  expect(matching(lines, /"job":"vmagent-eu"/)).not.toEqual([]);
  expect(matching(lines, /"job":"vmagent-us"|"instance":/)).toEqual([]);
});

test('a query leads to a bundle of its results', async ({ page }) => {
  await page.goto('/');
  await page.click('.mode-slider');
  await connectToDemo(page);
  await next(page);
  await page.fill('#customQueryInput', 'sum(up) by (job)');
  await page.click('#validateCustomQueryBtn');
  await expect(page.locator('#customQueryStatus')).toHaveAttribute('data-status', 'success');
  await next(page);
  await expectStep(page, 6);
  await page.selectOption('#metricStep', '60');
  await page.getByRole('radio', { name: /^Native/ }).check();
  await page.click('#startExportBtn');
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  const lines = await verifiedBundle(page);
  expect(lines.length).toBeGreaterThan(3);
});

test('a finished export is offered again at the next visit', async ({ browser, afterwards }) => {
  const mine = await startVmgather();
  afterwards(mine.remove);
  const other = await browser.newContext({ baseURL: mine.url });
  afterwards(() => other.close());
  const visit = await other.newPage();
  await visit.goto('/');
  await expect(visit.locator('#exports')).toBeHidden();
  await connectToDemo(visit);
  await next(visit);
  await visit.locator('.component-item', { hasText: 'vmalert' }).click();
  await next(visit);
  await visit.click('#startExportBtn');
  await expect(section(visit, 7)).toHaveClass(/active/, { timeout: 20_000 });
  const id = await visit.locator('#exportId').textContent();
  await visit.getByRole('button', { name: 'Start New Export' }).click();
  await expect(visit.locator('#finishedExports')).toContainText(id ?? '');
  const [download] = await Promise.all([visit.waitForEvent('download'), visit.getByRole('button', { name: /^Download/ }).click()]);
  expect(download.suggestedFilename()).toContain(id ?? '');
});
