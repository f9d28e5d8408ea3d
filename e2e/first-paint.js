/**
 * Measures when a first visit paints, beside a page of one line that tells what the browser itself takes. Prints
 * medians in milliseconds; decides nothing. `VMGATHER_BIN` should be a release build.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';

import { chromium } from '@playwright/test';

import config from './playwright.config.js';
import { startVmgather } from './fixtures/vmgather.js';

const ROUNDS = 9;
/** A new window loads parts of the browser's own interface first. */
const SETTLED_MS = 1200;

const line = createServer((_, answer) => {
  answer.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Line</title><p>One line.</p>');
});
line.listen(0, '127.0.0.1');
await once(line, 'listening');
const address = line.address();
if (address === null || typeof address === 'string') throw new Error('no port');

const vmgather = await startVmgather();
const browser = await chromium.launch(config.use?.launchOptions);

/** @param {string} url */
async function firstPaint(url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.waitForTimeout(SETTLED_MS);
  await page.goto(url);
  const paint = await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  const at = await paint.jsonValue();
  await context.close();
  return at ?? NaN;
}

const pages = { 'one line': `http://127.0.0.1:${address.port}/`, wizard: vmgather.url };
/** @type {Record<string, number[]>} */
const paints = {};
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const [name, url] of Object.entries(pages)) {
    const at = await firstPaint(url);
    // The first round fills the caches of the system.
    if (round > 0) (paints[name] ??= []).push(at);
  }
}
for (const [name, times] of Object.entries(paints)) {
  times.sort((a, b) => a - b);
  const [least, median, most] = [times[0], times[ROUNDS >> 1], times[ROUNDS - 1]].map(Math.round);
  console.log(`${name}: ${median} ms (${least} to ${most})`);
}

await browser.close();
line.close();
await vmgather.remove();
