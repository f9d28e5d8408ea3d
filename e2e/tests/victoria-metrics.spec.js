/** The page on a real VictoriaMetrics, with the credentials it can ask for. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { startProxy } from '../fixtures/proxy.js';
import { startVictoriaMetrics } from '../fixtures/victoria-metrics.js';
import { vmgatherProgram } from '../fixtures/vmgather.js';
import { expect, test } from '../fixtures/test.js';
import { expectStep, next, section, toConnection } from '../fixtures/wizard.js';

/** @import { Page } from '@playwright/test' */

/**
 * From the connection to the sealed bundle.
 *
 * @param {Page} page
 * @param {string} url
 * @param {() => Promise<void>} [beforeStart]
 */
async function exportAll(page, url, beforeStart = async () => {}) {
  await page.fill('#vmUrl', url);
  await page.getByRole('button', { name: 'Test Connection' }).click();
  await expect(page.locator('#validationSteps')).toContainText('Connection Successful!', { timeout: 15_000 });
  await next(page);
  await expect(page.locator('#componentsList')).toBeVisible({ timeout: 15_000 });
  await expect(page.locator('#componentsError')).toBeHidden();
  await expect(page.locator('.component-item')).toHaveCount(2);
  await next(page);
  await page.check('#enableObfuscation');
  await expect(page.locator('#samplePreview')).toContainText('777.777.', { timeout: 15_000 });
  await beforeStart();
  await page.click('#startExportBtn');
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
}

test('a single node without credentials', async ({ page, afterwards }) => {
  const server = await startVictoriaMetrics();
  afterwards(server.remove);
  const { series } = await server.seed();
  await page.goto('/');
  await toConnection(page);
  await expect(page.getByRole('button', { name: /next/i })).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Test Connection' })).toHaveCount(1);
  await exportAll(page, server.url);
  await expect(page.locator('#metricsCount')).toHaveText(String(series));
  expect(await page.locator('#exportSpoilers').textContent()).not.toMatch(/10\.9\.8\.|storage-eu|corp\.example/);
});

test('a native bundle, verified', async ({ page, afterwards }) => {
  const server = await startVictoriaMetrics();
  afterwards(server.remove);
  const { series } = await server.seed();
  await page.goto('/');
  await toConnection(page);
  await exportAll(page, server.url, () => page.getByRole('radio', { name: /^Native/ }).check());
  await expect(page.locator('#metricsCount')).toHaveText(String(series));
  await expect(page.locator('#archiveFormat')).toHaveText('native blocks');
  const bundle = (await page.locator('#archivePath').textContent()) ?? '';
  const { stdout } = await promisify(execFile)(vmgatherProgram(), ['verify', bundle]);
  expect(stdout).toContain('no check failed');
  expect(await page.locator('#exportSpoilers').textContent()).not.toMatch(/10\.9\.8\.|storage-eu|corp\.example/);
});

test('a user and a password, wrong and right', async ({ page, afterwards }) => {
  const server = await startVictoriaMetrics(['-httpAuth.username=sre', '-httpAuth.password=geheim']);
  afterwards(server.remove);
  await server.seed({ Authorization: `Basic ${Buffer.from('sre:geheim').toString('base64')}` });
  await page.goto('/');
  await toConnection(page);
  await page.selectOption('#authType', 'basic');
  await page.fill('#username', 'sre');
  await page.fill('#password', 'wrong');
  await page.fill('#vmUrl', server.url);
  await page.getByRole('button', { name: 'Test Connection' }).click();
  await expect(page.locator('#connectionResult .error-message')).toContainText(/401|Unauthorized/, { timeout: 15_000 });
  await expect(page.locator('#step3Next')).toBeDisabled();
  await page.fill('#password', 'geheim');
  await exportAll(page, server.url);
  await expectStep(page, 7);
  expect(await page.content()).not.toContain('geheim');
});

for (const [name, type, fields, header, value] of /** @type {[string, string, Record<string, string>, string, string][]} */ ([
  ['a bearer token', 'bearer', { token: 'geheim' }, 'authorization', 'Bearer geheim'],
  ['a header of its own', 'header', { headerName: 'X-Scope', headerValue: 'geheim' }, 'x-scope', 'geheim'],
])) {
  test(`${name}, on every request`, async ({ page, afterwards }) => {
    const server = await startVictoriaMetrics();
    afterwards(server.remove);
    await server.seed();
    const guard = await startProxy(server.url, (_, headers) => (headers[header] === value ? undefined : 401));
    afterwards(guard.close);
    await page.goto('/');
    await toConnection(page);
    await page.selectOption('#authType', type);
    for (const [id, text] of Object.entries(fields)) await page.fill(`#${id}`, text);
    await exportAll(page, guard.url);
  });
}
