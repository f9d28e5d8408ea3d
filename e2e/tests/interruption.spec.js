/** A real export that is interrupted: by its vmgather, by its server, by the network. */

import { gate } from '../fixtures/canned.js';
import { startProxy } from '../fixtures/proxy.js';
import { expect, test as base } from '../fixtures/test.js';
import { startVictoriaMetrics } from '../fixtures/victoria-metrics.js';
import { startVmgather } from '../fixtures/vmgather.js';
import { expectStep, next, section, toConnection } from '../fixtures/wizard.js';

/** @import { Page } from '@playwright/test' */

/** @type {import('@playwright/test').Fixtures<{}, { server: Awaited<ReturnType<typeof startVictoriaMetrics>> }>} */
const fixtures = {
  server: [
    async ({}, use) => {
      const server = await startVictoriaMetrics();
      await server.seed();
      await use(server);
      await server.remove();
    },
    { scope: 'worker' },
  ],
};
const test = base.extend(fixtures);

/**
 * From the welcome to the start of an export of everything.
 *
 * @param {Page} page
 * @param {string} url
 * @param {() => void} [beforeStart]
 * @param {'jsonl' | 'native'} [format]
 */
async function start(page, url, beforeStart = () => {}, format = 'jsonl') {
  await toConnection(page);
  await page.fill('#vmUrl', url);
  await page.getByRole('button', { name: 'Test Connection' }).click();
  await expect(page.locator('#step3Next')).toBeEnabled({ timeout: 15_000 });
  await next(page);
  await expect(page.locator('.component-item')).toHaveCount(2, { timeout: 15_000 });
  await next(page);
  await expect(page.locator('#previewState')).toContainText('series', { timeout: 15_000 });
  await page.check(`#bundleFormat input[value="${format}"]`);
  beforeStart();
  await page.click('#startExportBtn');
}

/** Once armed, lets the first export request through and holds the others until the gate opens. */
function holdAfterTheFirst() {
  const held = gate();
  const reached = gate();
  let armed = false;
  let exports = 0;
  return {
    held,
    reached,
    arm() {
      armed = true;
    },
    /** @param {string} path */
    async rule(path) {
      if (!armed || !path.includes('/api/v1/export')) return undefined;
      exports += 1;
      if (exports > 1) {
        reached.open();
        await held.opened;
      }
      return undefined;
    },
  };
}

test('an export outlives a vmgather that is killed, and is resumed on the page', async ({ browser, server, afterwards }) => {
  const { held, reached, arm, rule } = holdAfterTheFirst();
  const proxy = await startProxy(server.url, rule);
  afterwards(proxy.close);
  const first = await startVmgather({ flags: [] });
  afterwards(first.remove);
  const context = await browser.newContext({ baseURL: first.url });
  afterwards(() => context.close());
  const page = await context.newPage();
  await page.goto('/');
  await start(page, proxy.url, arm, 'native');
  await reached.opened;
  await expect(page.locator('#exportProgressPercent')).not.toHaveText('100%');
  await first.stop('SIGKILL');
  await expect(page.locator('#exportCancelNotice')).toContainText('Asking again', { timeout: 10_000 });
  const second = await startVmgather({ flags: [], folder: first.home, port: first.port });
  afterwards(second.stop);
  await expect(page.locator('#resumeExportBtn')).toBeVisible({ timeout: 10_000 });
  held.open();
  await page.click('#resumeExportBtn');
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  await expect(page.locator('#metricsCount')).toHaveText('12');
  await expect(page.locator('#archiveFormat')).toHaveText('native blocks');
});

test('after a restart the start of the page offers what was interrupted', async ({ browser, server, afterwards }) => {
  const { held, reached, arm, rule } = holdAfterTheFirst();
  const proxy = await startProxy(server.url, rule);
  afterwards(proxy.close);
  const first = await startVmgather({ flags: [] });
  afterwards(first.remove);
  const context = await browser.newContext({ baseURL: first.url });
  afterwards(() => context.close());
  const page = await context.newPage();
  await page.goto('/');
  await start(page, proxy.url, arm);
  await reached.opened;
  await page.close();
  await first.stop();
  held.open();
  const second = await startVmgather({ flags: [], folder: first.home, port: first.port });
  afterwards(second.stop);
  const visit = await context.newPage();
  await visit.goto('/');
  await expect(visit.locator('#interruptedExports')).toContainText(proxy.url);
  await visit.getByRole('button', { name: /^Resume/ }).click();
  await expect(section(visit, 7)).toHaveClass(/active/, { timeout: 20_000 });
  await expect(visit.locator('#metricsCount')).toHaveText('12');
  await visit.goto('/');
  await expect(visit.locator('#interruptedExports')).toBeHidden();
  await expect(visit.locator('#finishedExports li')).toHaveCount(1);
});

test('an export is canceled and resumed for real, also from a second tab', async ({ page, server, context, afterwards }) => {
  const { held, reached, arm, rule } = holdAfterTheFirst();
  const proxy = await startProxy(server.url, rule);
  afterwards(proxy.close);
  await page.goto('/');
  await start(page, proxy.url, arm);
  await reached.opened;
  const second = await context.newPage();
  await second.goto('/');
  await second.getByRole('button', { name: /^Watch/ }).click();
  await expect(second.locator('#cancelExportBtn')).toBeEnabled();
  await second.click('#cancelExportBtn');
  for (const tab of [page, second]) {
    await expect(tab.locator('#exportCancelNotice')).toContainText('Export canceled', { timeout: 15_000 });
    await expect(tab.locator('#startExportBtn')).toBeEnabled();
  }
  held.open();
  await page.click('#resumeExportBtn');
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  await expect(page.locator('#metricsCount')).toHaveText('12');
});

test('a reload in mid-export finds the real export again', async ({ page, server, afterwards }) => {
  const { held, reached, arm, rule } = holdAfterTheFirst();
  const proxy = await startProxy(server.url, rule);
  afterwards(proxy.close);
  await page.goto('/');
  await start(page, proxy.url, arm);
  await reached.opened;
  await page.reload();
  await expectStep(page, 6);
  await expect(page.locator('#cancelExportBtn')).toBeEnabled();
  held.open();
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  await expect(page.locator('#metricsCount')).toHaveText('12');
});

test('a server that fails now and then delays an export and loses nothing', async ({ page, server, afterwards }) => {
  let refusals = 0;
  let refused = 0;
  const proxy = await startProxy(server.url, (path) => {
    if (!path.includes('/api/v1/export') || refused >= refusals) return undefined;
    refused += 1;
    return 503;
  });
  afterwards(proxy.close);
  await page.goto('/');
  await start(page, proxy.url, () => {
    refusals = 2;
  });
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 25_000 });
  await expect(page.locator('#metricsCount')).toHaveText('12');
  expect(refused).toBe(2);
});

test('a slow network only takes longer', async ({ page, server, context }) => {
  const network = await context.newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 100_000 });
  await page.goto('/');
  await start(page, server.url);
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
});
