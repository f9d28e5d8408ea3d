/** Writes pictures of the import page in its states for a person to look at; they are not compared with anything. */

import { COMPLETED, FILE, RUNNING, analysisOf, connect } from '../fixtures/import-answers.js';
import { expect, test } from '../fixtures/import-page.js';

/** @import { Page } from '@playwright/test' */

const SIZES = [[360, 740], [1280, 800], [2560, 1300]];
const NOW = Date.parse('2026-01-26T09:30:00Z');
const DAY = 86_400_000;

const PROFILES = [
  { id: 'a1', endpoint: 'http://vminsert.monitoring:8480', tenant_id: '1042', auth_type: 'basic', username: 'sre', drop_old: true, last_used_at: '2026-01-20T18:02:11Z' },
];
const UNFINISHED = {
  id: 'job-7', state: 'failed', resume_ready: true, error: '502 Bad Gateway', import_url: 'http://vminsert:8480/insert/7/prometheus/api/v1/import',
  created_at: '2026-01-25T22:10:00Z', source_bytes: 1_583_141, chunks_completed: 7, chunks_total: 31,
};

/** @param {import('../fixtures/import-page.js').Call} call */
const analysis = (call) => {
  const answer = analysisOf(call);
  const shift = call.config.time_shift_ms;
  return {
    ...answer,
    summary: { ...answer.summary, skipped_lines: 3, skipped_reasons: { 'the line is no JSON': 2, 'the two arrays differ in length': 1 }, first_errors: [{ line: 118, reason: 'expected `,` or `}` at column 41' }], dropped_old: shift === 0 ? 1200 : 0 },
    first_timestamp_ms: NOW - 40 * DAY,
    last_timestamp_ms: NOW - 39 * DAY,
    retention_cutoff: NOW - 31 * DAY,
    suggested_shift_ms: 9 * DAY + 3_600_000,
    detected_max_labels_limit: 30,
    warnings: ['the bundle begins 9 days before the retention of the target: a shift of `9d1h` keeps all of it', 'only the first 2000 lines were read'],
  };
};
const VERIFICATION = {
  verified: false, query: '{vmgather_bundle="export-1795291267-04483f3d128d0dd0"}', series_seen: 1728, start: '2026-01-25T09:30:00Z', end: '2026-01-26T09:30:00Z',
  message: '3 of 50 compared series have fewer samples than were sent', series_compared: 50, samples_compared: 11_400,
  jobs: [{ job: 'vmstorage-job-1', sent: 81_200, found: 81_200 }, { job: 'vmselect-job-1', sent: 30_100, found: 30_100 }, { job: 'vmagent-job-1', sent: 16_700, found: 16_640 }],
  differences: [{ series: 'vm_promscrape_targets{job="vmagent-job-1",instance="777.777.3.1:8429"}', reason: 'deduplication at the target', detail: '20 of 60 samples lie within `-dedup.minScrapeInterval` of their neighbour; the target keeps one of them' }],
};

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [width, height] of SIZES) {
    test(`pictures of the import, ${colorScheme}, ${width} pixels wide`, async ({ browser, baseURL, api }) => {
      const context = await browser.newContext({ baseURL, colorScheme, viewport: { width, height } });
      const page = await context.newPage();
      /** @param {string} name */
      const picture = (name) => photograph(page, `screenshots/import-${colorScheme}-${width}-${name}.png`, width, height);
      api.answer('/api/profiles/recent', { profiles: PROFILES });
      api.answer('/api/imports', { imports: [UNFINISHED] });
      api.answer('/api/analyze', analysis);
      api.answer('/api/check-endpoint', { status: 502, body: { error: 'the certificate of `vm.example.com` is not trusted: self-signed certificate', hint: 'give the certificate of its authority with `--ca-file`', code: 'certificate' } });
      await page.clock.install({ time: NOW });
      await page.goto('/');
      await expect(page.locator('#importsList li')).toHaveCount(1);
      await picture('1-start');
      await page.selectOption('#authType', 'basic');
      await page.fill('#vmUrl', 'https://vm.example.com');
      await page.click('#testConnectionBtn');
      await expect(page.locator('#acceptCertificateBtn')).toBeVisible();
      await picture('2-certificate');
      await page.selectOption('#authType', 'none');
      api.answer('/api/check-endpoint', { ok: true, import_url: 'http://vminsert:8480/insert/7/prometheus/api/v1/import', query_url: 'http://vminsert:8480/select/7/prometheus/api/v1/query', server: 'cluster' });
      await page.check('#enableTenant');
      await page.fill('#tenantId', '7');
      await connect(page, 'http://vminsert:8480');
      await page.setInputFiles('#bundleFile', { ...FILE, name: 'vmexport_export-1795291267-04483f3d128d0dd0_20261121_200107.zip' });
      await expect(page.locator('#analysisDetails')).toBeVisible();
      await page.locator('#labelManagerSummary').click();
      await page.check('[data-drop-label="label_07"]');
      await picture('3-preflight');
      await page.click('#shiftToNowBtn');
      await page.check('#markBundle');
      await page.click('#dropSuggestedBtn');
      await page.fill('#maxLabelsOverride', '60');
      await picture('4-ready');
      let polls = 0;
      api.answer('/api/upload', { job_id: 'job-debug' });
      api.answer('/api/import/status', () => {
        polls += 1;
        return { ...RUNNING, percent: 30 + polls * 8, chunks_completed: 4 + polls * 2, summary: { points: polls * 16_000, processed_bytes: polls * 1_100_000 } };
      });
      await page.click('#startImportBtn');
      for (const percent of ['38%', '46%', '54%']) {
        await expect(page.locator('#importProgressPercent')).toHaveText(percent);
        await page.clock.runFor(1200);
      }
      await page.screenshot({ path: `screenshots/import-${colorScheme}-${width}-5-running.png` });
      api.answer('/api/import/status', { ...RUNNING, state: 'failed', stage: 'importing', resume_ready: true, error: 'the target answered 502: `Bad Gateway`' });
      await page.clock.runFor(1200);
      await expect(page.locator('#resumeImportBtn')).toBeVisible();
      await page.screenshot({ path: `screenshots/import-${colorScheme}-${width}-6-failed.png` });
      api.answer('/api/import/resume', { job_id: 'job-debug', status: 'resuming' });
      api.answer('/api/import/status', { ...COMPLETED, summary: { ...COMPLETED.summary, dropped_old: 1200, skipped_lines: 3, skipped_reasons: { 'the line is no JSON': 3 }, first_errors: [{ line: 118, reason: 'expected `,` or `}` at column 41' }] }, verification: VERIFICATION, warnings: ['not all of it could be verified'] });
      await page.click('#resumeImportBtn');
      await expect(page.locator('#verification')).toBeVisible();
      await picture('7-differs');
      await context.close();
    });
  }
}

/**
 * The whole page in one picture, with the window made as high as it.
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
