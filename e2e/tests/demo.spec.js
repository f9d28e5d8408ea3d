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
  const { stdout: inspected } = await run(vmgatherProgram(), ['inspect', '--json', archive ?? '']);
  return { text: inspected, lines: await metrics(path) };
}

/** The lines of the bundle as text. @param {string} path */
async function metrics(path) {
  const { stdout } = await run('unzip', ['-p', path, 'metrics.jsonl'], { maxBuffer: 1 << 28 });
  return stdout;
}

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
  const { lines } = await verifiedBundle(page);
  expect(lines).toContain('777.777.');
  expect(lines).not.toContain('10.42.1.11');
  await page.reload();
  await expectStep(page, 7);
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
  const { lines } = await verifiedBundle(page);
  expect(lines).toContain('10.42.1.11');
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
  const { lines } = await verifiedBundle(page);
  expect(lines).toContain('vmagent-eu');
  expect(lines).not.toContain('"job":"vmagent-us"');
  expect(lines).not.toContain('"instance":');
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
  await page.click('#startExportBtn');
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  const { lines } = await verifiedBundle(page);
  expect(lines.trim().split('\n').length).toBeGreaterThan(3);
});

test('a finished export is offered again at the next visit', async ({ browser }) => {
  const mine = await startVmgather();
  try {
    const other = await browser.newContext({ baseURL: mine.url });
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
    await other.close();
  } finally {
    await mine.remove();
  }
});
