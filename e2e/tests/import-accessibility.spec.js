import { expectAccessible } from '../fixtures/axe.js';
import { gate } from '../fixtures/canned.js';
import { analysisOf, COMPLETED, connect, FILE, ready, RUNNING } from '../fixtures/import-answers.js';
import { expect, test } from '../fixtures/import-page.js';

const FAILED = { ...RUNNING, state: 'failed', error: 'the target answered 502', resume_ready: true };
const DIFFERS = {
  ...COMPLETED,
  warnings: ['a warning'],
  summary: { ...COMPLETED.summary, dropped_old: 7, skipped_lines: 3, skipped_reasons: { 'no JSON': 3 }, first_errors: [{ line: 118, reason: 'no JSON' }] },
  verification: { verified: false, message: 'a series differs', series_compared: 50, samples_compared: 100, jobs: [{ job: 'a', sent: 100, found: 60 }], differences: [{ series: 'up', reason: 'missing', detail: '40' }] },
};
const PROFILES = [{ id: 'p', endpoint: 'http://vm:8428', auth_type: 'none', last_used_at: '2026-01-20T18:02:11Z' }];

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test('the way to a ready import has no barrier', async ({ page, api }) => {
      const held = gate();
      api.answer('/api/profiles/recent', { profiles: PROFILES });
      api.answer('/api/imports', { imports: [FAILED, { ...RUNNING, id: 'other' }] });
      await page.goto('/');
      await expect(page.locator('#importsList li')).toHaveCount(2);
      await expectAccessible(page, 'start');
      await page.getByRole('button', { name: /^Discard/ }).click();
      await expectAccessible(page, 'discard dialog');
      await page.keyboard.press('Escape');
      await page.selectOption('#authType', 'basic');
      await page.fill('#vmUrl', 'not\\good');
      await expectAccessible(page, 'credentials and a wrong address');
      api.answer('/api/check-endpoint', { status: 502, body: { error: 'the certificate is not trusted', hint: 'hint', code: 'certificate' } });
      await page.fill('#vmUrl', 'https://vm');
      await page.click('#testConnectionBtn');
      await expect(page.locator('#acceptCertificateBtn')).toBeVisible();
      await expectAccessible(page, 'untrusted certificate');
      api.answer('/api/check-endpoint', { ok: true, import_url: 'http://vm/api/v1/import', server: 'single', warnings: ['a warning'] });
      await connect(page);
      await expectAccessible(page, 'tested target');
      api.answer('/api/analyze', async (/** @type {any} */ call) => {
        await held.opened;
        const answer = analysisOf(call);
        return { ...answer, warnings: ['a warning'], detected_max_labels_limit: 30, retention_cutoff: Date.parse('2026-01-24T00:00:00Z'), summary: { ...answer.summary, skipped_lines: 1, skipped_reasons: { 'no JSON': 1 } } };
      });
      await page.setInputFiles('#bundleFile', FILE);
      await expect(page.locator('#analysisLoader')).toBeVisible();
      await expectAccessible(page, 'while the file is looked at');
      held.open();
      await expect(page.locator('#analysisDetails')).toBeVisible();
      await page.locator('#labelManagerSummary').click();
      await page.getByText('Unit of the timestamps').click();
      await page.check('#markBundle');
      await expectAccessible(page, 'report, labels over the limit, mark');
      await page.check('[data-drop-label="label_07"]');
      await page.fill('#markName', '1');
      await page.fill('#maxLabelsOverride', '60');
      await page.click('#shiftToNowBtn');
      await expectAccessible(page, 'labels within the limit, stale report, wrong mark, shift');
      api.answer('/api/analyze', { status: 422, body: { error: 'no usable line' } });
      await page.click('#preflightBtn');
      await expect(page.locator('#analysisResult')).toContainText('no usable line');
      await expectAccessible(page, 'a bundle that cannot be read');
    });

    test('the way from the start to the verification has no barrier', async ({ page, api }) => {
      const held = gate();
      await page.clock.install();
      await ready(page, api);
      api.answer('/api/upload', async () => {
        await held.opened;
        return { job_id: 'job-debug' };
      });
      api.answer('/api/import/status', RUNNING);
      await page.click('#startImportBtn');
      await expectAccessible(page, 'upload');
      held.open();
      await expect(page.locator('#importProgressPercent')).toHaveText('40%');
      await expectAccessible(page, 'running import');
      await page.clock.fastForward(46_000);
      await expect(page.locator('#statusPanel')).toContainText('No progress');
      await expectAccessible(page, 'job without progress');
      api.answer('/api/import/status', FAILED);
      await page.clock.runFor(1200);
      await expect(page.locator('#resumeImportBtn')).toBeVisible();
      await expectAccessible(page, 'failed import');
      api.answer('/api/import/resume', { status: 409, body: { error: 'a password is needed', code: 'auth_required' } });
      await page.click('#resumeImportBtn');
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page, 'credentials dialog');
      await page.keyboard.press('Escape');
      api.answer('/api/import/resume', {});
      api.answer('/api/import/status', DIFFERS);
      await page.click('#resumeImportBtn');
      await expect(page.locator('#verification')).toBeVisible();
      await expectAccessible(page, 'not verified');
      api.answer('/api/import/status', COMPLETED);
      await page.click('#startImportBtn');
      await expect(page.locator('#importResult')).toContainText('Verified');
      await expectAccessible(page, 'verified');
    });
  });
}

test('nothing is wider than a narrow window', async ({ page, api }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  api.answer('/api/imports', { imports: [{ ...FAILED, id: 'old', import_url: 'http://a-rather-long-name-of-a-host.monitoring.svc.cluster.local:8480/insert/0/prometheus/api/v1/import' }] });
  api.answer('/api/profiles/recent', { profiles: PROFILES });
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  api.answer('/api/analyze', analysisOf);
  await page.goto('/');
  await connect(page, 'http://a-rather-long-name-of-a-host.monitoring.svc.cluster.local:8480/insert/0/prometheus');
  await page.setInputFiles('#bundleFile', { ...FILE, name: 'vmexport_export-1795291267-04483f3d128d0dd0_20261121_200107.zip' });
  await expect(page.locator('#analysisDetails')).toBeVisible();
  expect(await overflow()).toBe(0);
  await page.locator('#labelManagerSummary').click();
  await page.check('#markBundle');
  await page.click('#shiftToNowBtn');
  expect(await overflow()).toBe(0);
  await expect(page.locator('#startImportBtn')).toBeInViewport({ ratio: 1 });
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', DIFFERS);
  await page.click('#startImportBtn');
  await expect(page.locator('#verification')).toBeVisible();
  expect(await overflow()).toBe(0);
});

test('motion stops for those who asked for that', async ({ page, api }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const held = gate();
  api.answer('/api/analyze', () => held.opened);
  await page.goto('/');
  await page.setInputFiles('#bundleFile', FILE);
  await expect(page.locator('#analysisLoader')).toBeVisible();
  expect(await page.locator('#analysisLoader').evaluate((icon) => getComputedStyle(icon).animationName)).toBe('none');
  held.open();
});

test('the keyboard alone imports a bundle', async ({ page, api }) => {
  /** @param {string} selector */
  const tabTo = async (selector) => {
    for (let presses = 0; presses < 120; presses += 1) {
      if (await page.locator(selector).evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`the keyboard does not reach ${selector}`);
  };
  api.answer('/api/analyze', analysisOf);
  api.answer('/api/upload', { job_id: 'job-debug' });
  api.answer('/api/import/status', COMPLETED);
  // The browser is told in time that nobody sees its dialog.
  const choosing = page.waitForEvent('filechooser');
  await page.goto('/');
  await page.keyboard.press('Tab');
  await expect(page.locator('.skip-link')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  await tabTo('#vmUrl');
  await page.keyboard.type('http://vm:8428');
  await page.keyboard.press('Enter');
  await expect(page.locator('#connectionResult')).toContainText('Connection successful');
  await tabTo('#bundleFile');
  expect(await page.locator('#dropZone').evaluate((zone) => getComputedStyle(zone).outlineStyle)).toBe('solid');
  await page.keyboard.press('Enter');
  await (await choosing).setFiles(FILE);
  await expect(page.locator('#analysisDetails')).toBeVisible();
  await tabTo('#markBundle');
  await page.keyboard.press('Space');
  await tabTo('#labelManagerSummary');
  await page.keyboard.press('Enter');
  await tabTo('[data-drop-label="label_00"]');
  await page.keyboard.press('Space');
  await tabTo('#shiftToNowBtn');
  await page.keyboard.press('Enter');
  await tabTo('#startImportBtn');
  await page.keyboard.press('Enter');
  await expect(page.locator('#importResult')).toContainText('Verified');
  expect(api.to('/api/upload')[0].config).toMatchObject({ drop_labels: ['label_00'], add_labels: { vmgather_bundle: 'export-1795291267-04483f3d128d0dd0' } });
});
