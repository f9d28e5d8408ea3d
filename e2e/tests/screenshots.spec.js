/** Writes pictures of every step for a person to look at; they are not compared with anything. */

import { can, gate } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { expectStep, next } from '../fixtures/wizard.js';

/** @import { Page } from '@playwright/test' */

const SIZES = [[360, 740], [1280, 800], [2560, 1300]];
const NAMES = ['vm_rows', 'vm_cache_size_bytes', 'process_resident_memory_bytes', 'go_goroutines', 'vm_slow_queries_total'];

/** @param {any} call */
const sample = ({ body }) => ({
  samples: NAMES.map((name, at) => ({
    name,
    labels: {
      instance: body.config.obfuscation.enabled ? `777.777.1.${at + 1}:8482` : `10.42.1.${at + 11}:8482`,
      job: body.config.obfuscation.enabled ? 'vmstorage-job-1' : 'vmstorage-prod',
      namespace: 'monitoring',
      pod: `vmstorage-${at}`,
    },
    value: 1234.5 * (at + 1),
    timestamp: 1_795_000_000_000,
    points: Array.from({ length: 60 }, (_, i) => [1_795_000_000_000 + i * 60_000, Math.sin(i / 6 + at) * 10 + 20 * at]),
  })),
});
const LABELS = [
  { label: 'instance', action: 'replaced', distinct: 3, replaced: 3, examples: [{ before: '10.42.1.11:8482', after: '777.777.1.1:8482' }] },
  { label: 'job', action: 'replaced', distinct: 1, replaced: 1, examples: [{ before: 'vmstorage-prod', after: 'vmstorage-job-1' }] },
  { label: 'addr', action: 'replaced', distinct: 5, replaced: 4, examples: [{ before: '10.42.1.12:8400', after: '777.777.1.2:8400' }, { before: ':8482', after: ':8482' }] },
  { label: 'le', action: 'kept', distinct: 8, examples: [{ before: '0.5', after: '0.5' }] },
];
const RESULT = {
  export_id: 'export-1795291267-04483f3d128d0dd0',
  archive_path: '/home/sre/exports/vmexport_export-1795291267-04483f3d128d0dd0_20261121_200107.zip',
  archive_size_bytes: 1_583_141,
  format: 'native',
  metrics_exported: 1728,
  sample_count: 394_270,
  sha256: 'b54992b82a1ed2c30c35e4ece0d02243ad2ee3445ba0080c2cadcbb9fe1478fd',
  obfuscation_applied: true,
  map_path: '/home/sre/.vmgather/maps/a06914105a108f09c03901a05f60efc1.json',
};
const STOPPED = {
  state: 'failed', stage: 'sealing', progress: 0.93, resumable: true, code: 'audit', total_batches: 20, completed_batches: 20, metrics_processed: 1728, fetched_samples: 394_270,
  error: 'the bundle would hold 3 texts that may name something of yours; nothing was written',
  hint: 'ip_address in `label path`, host_name in `label url`; resume and replace or drop what was found, or accept it if it may leave',
};
const EXPORTS = {
  interrupted: [{ job_id: 'job-1', url: 'http://vmselect:8481/select/0/prometheus', range: { start: '2026-11-20T10:00:00Z', end: '2026-11-20T16:00:00Z' }, slices_done: 7, slices_total: 12, state: 'canceled' }],
  finished: [{ export_id: RESULT.export_id, archive_name: 'vmexport_export-1795291267-04483f3d128d0dd0_20261121_200107.zip', size: 1_583_141, format: 'native', created: '2026-11-21T20:01:07Z', obfuscated: true, series_count: 1728 }],
};

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [width, height] of SIZES) {
    test(`pictures of the steps, ${colorScheme}, ${width} pixels wide`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({ baseURL, colorScheme, viewport: { width, height } });
      const page = await context.newPage();
      const held = gate();
      let polls = 0;
      let accepted = false;
      await can(page, {
        '/api/config': { version: 'v1.0.0', default_staging_dir: '/home/sre/.vmgather/staging', demo_url: 'http://127.0.0.1:40123/select/0/prometheus', obfuscation_levels: ['standard', 'strict'] },
        '/api/exports': EXPORTS,
        '/api/validate': { success: true, is_victoria_metrics: true, version: 'vmselect-20261012-094107-tags-v1.150.0-cluster', components: 10, vm_components: ['vmagent', 'vminsert', 'vmselect', 'vmstorage'], final_endpoint: 'http://vmselect:8481/select/0/prometheus', attempts: [{ endpoint: 'http://vmselect:8481', success: false, error: '400: unsupported URL format' }, { endpoint: 'http://vmselect:8481/select/0/prometheus', success: true }] },
        '/api/estimate': { series: 1718, samples: 391_380, bundle_bytes_jsonl: 836_690, bundle_bytes_native: 304_971, seconds: 0.6 },
        '/api/sample': sample,
        '/api/preview': { labels: LABELS },
        '/api/export/start': { job_id: 'job-x', staging_path: '/home/sre/.vmgather/staging/export-1795291267-04483f3d128d0dd0', batch_window_seconds: 3600 },
        '/api/export/resume': () => {
          accepted = true;
          return { job_id: 'job-x' };
        },
        '/api/export/status': async () => {
          polls += 1;
          if (polls > 3) await held.opened;
          if (accepted) return { state: 'completed', progress: 1, result: RESULT };
          return polls > 3
            ? STOPPED
            : { state: 'running', stage: 'fetching', progress: 0.2 + polls * 0.1, total_batches: 20, completed_batches: 4 + polls * 2, metrics_processed: polls * 310, fetched_samples: polls * 61_000, samples_per_second: 28_000 + polls * 2500 * (polls % 2 ? 1 : -1), average_batch_seconds: 1.25, last_batch_duration_seconds: 1.4, eta: new Date(Date.now() + 61_000).toISOString() };
        },
      });
      /** @param {string} name */
      const picture = (name) => photograph(page, `screenshots/${colorScheme}-${width}-${name}.png`, width, height);
      await page.clock.install();
      await page.goto('/');
      await expect(page.locator('#finishedExports li')).toHaveCount(1);
      await picture('1-welcome');
      await next(page);
      await picture('2-time-range');
      await page.fill('#timeFrom', '');
      await next(page);
      await picture('2-time-range-error');
      await page.locator('button.preset-btn').nth(2).click();
      await next(page);
      await page.locator('.help-section > summary').click();
      await page.fill('#vmUrl', 'ftp://vmselect');
      await page.selectOption('#authType', 'basic');
      await picture('3-connection-help');
      await page.locator('.help-section > summary').click();
      await page.selectOption('#authType', 'none');
      await page.fill('#vmUrl', 'http://vmselect:8481');
      await page.click('#testConnectionBtn');
      await expect(page.locator('#step3Next')).toBeEnabled();
      await picture('3-connection-tested');
      await next(page);
      await page.locator('.component-item').first().locator('.job-item input').first().check();
      await picture('5-components');
      await next(page);
      await expect(page.locator('#previewState')).toContainText('series');
      await picture('6-options-plain');
      await page.check('#enableObfuscation');
      await expect(page.locator('#changesDetails')).toBeVisible();
      for (const id of ['advancedLabelsDetails', 'changesDetails', 'previewDetails']) await page.locator(`#${id} > summary`).click();
      await expect(page.locator('.sample .chart canvas')).toHaveCount(5);
      await picture('6-options-obfuscated');
      await page.click('#startExportBtn');
      await expect(page.locator('#exportProgressPercent')).toHaveText('30%');
      for (const percent of ['40%', '50%']) {
        await page.clock.runFor(2000);
        await expect(page.locator('#exportProgressPercent')).toHaveText(percent);
      }
      await expect(page.locator('#rateChart canvas')).toBeVisible();
      await page.screenshot({ path: `screenshots/${colorScheme}-${width}-6-running.png` });
      held.open();
      await page.clock.runFor(2000);
      await expect(page.locator('#acceptAuditBtn')).toBeVisible();
      await picture('6-audit');
      await page.click('#acceptAuditBtn');
      await expectStep(page, 7);
      await picture('7-complete');
      await context.close();
    });
  }
}

/**
 * The whole step in one picture, with the window made as high as the page.
 *
 * @param {Page} page
 * @param {string} path
 * @param {number} width
 * @param {number} height
 */
async function photograph(page, path, width, height) {
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.max(height, whole) });
  await page.screenshot({ path });
  await page.setViewportSize({ width, height });
}
