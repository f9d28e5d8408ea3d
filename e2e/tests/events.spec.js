/** The events of a real export: they move the numbers of the page, and questions take over when they break off. */

import { gate } from '../fixtures/canned.js';
import { startProxy } from '../fixtures/proxy.js';
import { expect, test } from '../fixtures/test.js';
import { expectStep, next, section, toConnection } from '../fixtures/wizard.js';

/** @import { APIRequestContext, Page } from '@playwright/test' */

/**
 * The demo cluster behind a proxy. Once armed, it lets the first request for data through and holds the others.
 *
 * @param {APIRequestContext} request
 */
async function heldDemo(request) {
  const { demo_url: demo } = await (await request.get('/api/config')).json();
  const { origin, pathname } = new URL(demo);
  const held = gate();
  let armed = false;
  let exports = 0;
  const proxy = await startProxy(origin, async (path) => {
    if (!armed || !path.includes('/api/v1/export')) return undefined;
    exports += 1;
    if (exports > 2) await held.opened;
    return undefined;
  });
  return {
    url: proxy.url + pathname,
    arm: () => {
      armed = true;
    },
    goOn: held.open,
    close: proxy.close,
  };
}

/** From the welcome to an export of everything. @param {Page} page @param {Awaited<ReturnType<typeof heldDemo>>} demo */
async function start(page, demo) {
  await page.goto('/');
  await toConnection(page);
  await page.fill('#vmUrl', demo.url);
  await page.getByRole('button', { name: 'Test Connection' }).click();
  await expect(page.locator('#step3Next')).toBeEnabled({ timeout: 15_000 });
  await next(page);
  await expect(page.locator('#step5Next')).toBeEnabled({ timeout: 15_000 });
  await next(page);
  await expectStep(page, 6);
  await expect(page.locator('#previewState')).toContainText('series', { timeout: 15_000 });
  demo.arm();
  await page.click('#startExportBtn');
}

/** Counts the calls of a page. @param {Page} page @param {string} path */
function calls(page, path) {
  let count = 0;
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === path) count += 1;
  });
  return () => count;
}

test('the events of an export move its numbers, and nobody asks', async ({ page, request, afterwards }) => {
  const demo = await heldDemo(request);
  afterwards(demo.close);
  afterwards(demo.goOn);
  const events = calls(page, '/api/export/events');
  const questions = calls(page, '/api/export/status');
  await start(page, demo);
  await expect(page.locator('#exportProgressSamples')).toHaveText(/[1-9]/, { timeout: 15_000 });
  await expect(page.locator('#exportProgressPercent')).toHaveText(/^[1-9]\d?%$/);
  demo.goOn();
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  expect(events()).toBe(1);
  expect(questions()).toBe(0);
});

test('when the events of an export break off, the page asks until the end', async ({ page, request, afterwards }) => {
  const demo = await heldDemo(request);
  afterwards(demo.close);
  afterwards(demo.goOn);
  const questions = calls(page, '/api/export/status');
  // One event, and the stream ends where the export does not.
  await page.route('**/api/export/events?*', (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: 'event: status\ndata: {"state":"running","stage":"fetching","progress":0.01,"fetched_samples":7}\n\n' }),
  );
  await start(page, demo);
  await expect.poll(questions, { timeout: 10_000 }).toBeGreaterThan(1);
  demo.goOn();
  await expect(section(page, 7)).toHaveClass(/active/, { timeout: 20_000 });
  await expect(page.locator('#metricsCount')).toHaveText(/[1-9]/);
});

test('a second tab follows a running export by its events', async ({ page, context, request, afterwards }) => {
  const demo = await heldDemo(request);
  afterwards(demo.close);
  afterwards(demo.goOn);
  await start(page, demo);
  await expect(page.locator('#exportProgressSamples')).toHaveText(/[1-9]/, { timeout: 15_000 });
  const second = await context.newPage();
  const events = calls(second, '/api/export/events');
  await second.goto('/');
  await second.getByRole('button', { name: /^Watch/ }).first().click();
  await expect(second.locator('#exportProgressSamples')).toHaveText(/[1-9]/);
  await expect.poll(events).toBe(1);
  demo.goOn();
  await expect(section(second, 7)).toHaveClass(/active/, { timeout: 20_000 });
});
