import { expectAccessible } from '../fixtures/axe.js';
import { can, COMPLETED, COMPONENTS, gate } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { expectStep, next, section, toConnection, toExport, toQuery } from '../fixtures/wizard.js';

const LISTED = {
  active: [{ job_id: 'job-4', state: 'running', progress: 0.25, source_url: 'http://vm:8428' }],
  interrupted: [{ job_id: 'job-9', url: 'http://vm:8428', slices_done: 7, slices_total: 12, state: 'canceled' }],
  finished: [{ export_id: 'export-5', archive_name: 'vmexport_export-5.zip', size: 1_583_141, created: '2026-01-23T14:00:00Z', obfuscated: true, series_count: 1728 }],
};
const POINTS = Array.from({ length: 20 }, (_, at) => [1_700_000_000_000 + at * 60_000, at % 5]);

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test('the way to the components has no barrier', async ({ page }) => {
      const held = gate();
      const api = await can(page, {
        '/api/exports': LISTED,
        '/api/config': { version: 'v1', demo_url: 'http://127.0.0.1:1' },
        '/api/validate': { status: 401, body: { error: '401 Unauthorized', hint: 'check the password', attempts: [{ endpoint: 'http://vm', success: false, error: 'no' }] } },
        '/api/discover': async () => {
          await held.opened;
          return COMPONENTS;
        },
      });
      await page.goto('/');
      await expect(page.locator('#finishedExports li')).toHaveCount(1);
      await expectAccessible(page, 'welcome');
      await page.getByRole('button', { name: /^Discard/ }).click();
      await expectAccessible(page, 'discard dialog');
      await page.keyboard.press('Escape');
      await next(page);
      await expectAccessible(page, 'time range');
      await page.fill('#timeFrom', '');
      await next(page);
      await expectAccessible(page, 'time range with an error');
      await page.locator('button.preset-btn').first().click();
      await next(page);
      await page.locator('.help-section > summary').click();
      await page.selectOption('#authType', 'basic');
      await page.fill('#vmUrl', 'not\\good');
      await expectAccessible(page, 'connection with help, credentials and a wrong address');
      await page.fill('#vmUrl', 'http://vm');
      await page.click('#testConnectionBtn');
      await expect(page.locator('#connectionResult .error-message')).toBeVisible();
      await expectAccessible(page, 'failed connection');
      api.answer('/api/validate', { success: true, is_victoria_metrics: true, attempts: [{ endpoint: 'http://vm', success: true }], warnings: ['a warning'] });
      await page.click('#testConnectionBtn');
      await expect(page.locator('#step3Next')).toBeEnabled();
      await expectAccessible(page, 'successful connection');
      await next(page);
      await expectAccessible(page, 'components while they are looked for');
      held.open();
      await page.locator('.component-item').first().click();
      await expectAccessible(page, 'components');
    });

    test('the way from the options to the bundle has no barrier', async ({ page }) => {
      const held = gate();
      const api = await can(page, {
        '/api/config': { version: 'v1', obfuscation_levels: ['standard', 'strict'], supports_dir_picker: true, default_staging_dir: '/srv' },
        '/api/sample': { samples: [{ name: 'vm_rows', labels: { instance: '10.0.0.1', job: 'a', pod: 'p' }, value: 1, points: POINTS }] },
        '/api/preview': { labels: [{ label: 'instance', action: 'replaced', distinct: 2, replaced: 1, examples: [{ before: '10.0.0.1', after: '777.777.1.1' }] }, { label: 'pod', action: 'kept', distinct: 1, examples: [{ before: 'p', after: 'p' }] }] },
        '/api/fs/list': { path: '/srv', parent: '/', exists: true, entries: [{ name: 'ro', path: '/srv/ro', writable: false }] },
        '/api/export/status': async () => {
          await held.opened;
          return { state: 'failed', error: 'disk full', resumable: true, warnings: ['a warning'], progress: 0.4, fetched_samples: 10 };
        },
      });
      await page.goto('/');
      await toExport(page);
      await expect(page.locator('#previewState')).toContainText('series');
      await expectAccessible(page, 'options');
      await page.check('#enableObfuscation');
      for (const id of ['advancedLabelsDetails', 'changesDetails', 'previewDetails']) await page.locator(`#${id} > summary`).click();
      await expect(page.locator('.chart canvas').last()).toBeVisible();
      await expectAccessible(page, 'options, all open');
      await page.click('#stagingDirBrowse');
      await expect(page.locator('.folder')).toHaveCount(1);
      await expectAccessible(page, 'folder picker');
      await page.keyboard.press('Escape');
      api.answer('/api/sample', { status: 500, body: { error: 'no' } });
      await page.uncheck('#enableObfuscation');
      await expect(page.locator('#advancedLabels .error-message')).toBeVisible();
      await expectAccessible(page, 'samples that cannot be loaded');
      await page.click('#startExportBtn');
      await expectAccessible(page, 'running export');
      held.open();
      await expect(page.locator('#exportCancelNotice')).toContainText('disk full');
      await expectAccessible(page, 'failed export');
      api.answer('/api/export/status', { ...COMPLETED, warnings: ['a warning'], result: { ...COMPLETED.result, map_path: '/m.json', sample_data: [{ name: 'up', labels: { a: 'b' } }] } });
      api.answer('/api/export/resume', { status: 409, body: { error: 'a password is needed', code: 'auth_required' } });
      await page.click('#resumeExportBtn');
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page, 'credentials dialog');
      api.answer('/api/export/resume', { job_id: 'job-1' });
      await page.keyboard.press('Escape');
      await page.click('#resumeExportBtn');
      await expectStep(page, 7);
      await page.locator('#exportSpoilersDetails > summary').click();
      await expectAccessible(page, 'sealed bundle');
    });

    test('custom mode has no barrier', async ({ page }) => {
      await can(page, {
        '/api/validate-query': { success: true, query_type: 'selector', result_count: 0, sample_labels: ['job'] },
        '/api/discover-selector': { jobs: [{ job: 'a', instance_count: 1, metrics_count_estimate: 3 }], warnings: ['some series have no job'] },
      });
      await page.goto('/');
      await page.click('.mode-slider');
      await expectAccessible(page, 'welcome in custom mode');
      await page.click('.mode-slider');
      await toQuery(page, '{job="a"}');
      await expectAccessible(page, 'validated query');
      await page.fill('#customQueryInput', '');
      await next(page);
      await expectAccessible(page, 'query that is missing');
      await page.fill('#customQueryInput', 'up');
      await page.click('#validateCustomQueryBtn');
      await expect(page.locator('#customQueryStatus')).toHaveAttribute('data-status', 'success');
      await next(page);
      await expect(page.locator('.selector-job-item')).toHaveCount(1);
      await expectAccessible(page, 'targets');
      await next(page);
      await page.click('#dropLabelsSummary');
      await expect(page.locator('#dropLabels input').first()).toBeVisible();
      await expectAccessible(page, 'labels to remove');
    });
  });
}

test('nothing is wider than a narrow window', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await can(page, { '/api/exports': LISTED });
  await page.goto('/');
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect(page.locator('#finishedExports li')).toHaveCount(1);
  expect(await overflow()).toBe(0);
  await next(page);
  expect(await overflow()).toBe(0);
  await next(page);
  await page.locator('.help-section > summary').click();
  await page.fill('#vmUrl', 'http://a-rather-long-name-of-a-host.monitoring.svc.cluster.local:8481/select/0/prometheus');
  await page.click('#testConnectionBtn');
  await expect(page.locator('#step3Next')).toBeEnabled();
  expect(await overflow()).toBe(0);
  await next(page);
  await expect(page.locator('.component-item')).toHaveCount(2);
  expect(await overflow()).toBe(0);
  await next(page);
  for (const id of ['advancedLabelsDetails', 'previewDetails']) await page.locator(`#${id} > summary`).click();
  expect(await overflow()).toBe(0);
  await expect(page.locator('#startExportBtn')).toBeInViewport({ ratio: 1 });
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(await overflow()).toBe(0);
});

test('motion stops for those who asked for that', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const held = gate();
  await can(page, {
    '/api/validate': async () => {
      await held.opened;
      return { success: true };
    },
  });
  await page.goto('/');
  await toConnection(page);
  await page.fill('#vmUrl', 'http://vm');
  await page.click('#testConnectionBtn');
  const spinner = page.locator('#validationSteps .icon--spinner');
  await expect(spinner).toBeVisible();
  expect(await spinner.evaluate((icon) => getComputedStyle(icon).animationName)).toBe('none');
  held.open();
  await expect(section(page, 3).locator('#step3Next')).toBeEnabled();
});
