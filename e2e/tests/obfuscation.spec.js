import { can, gate, SAMPLES } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { expectStep, next, section, toComponents, toExport } from '../fixtures/wizard.js';

/** Samples that follow the options as a server would rewrite them. @param {{ body: any }} call */
const rewritten = ({ body }) => {
  const { enabled, obfuscate_instance: instance, obfuscate_job: job, custom_labels: custom } = body.config.obfuscation;
  const labels = (/** @type {number} */ at) => ({
    instance: enabled && instance ? `777.777.1.${at}:8482` : `10.0.0.${at}:8482`,
    job: enabled && job ? 'vmstorage-job-1' : 'vmstorage-prod',
    pod: enabled && custom.includes('pod') ? `pod-${at}` : `vmstorage-${at}`,
    namespace: 'monitoring',
  });
  return { samples: [1, 2].map((at) => ({ name: 'vm_rows', labels: labels(at), value: at, timestamp: at })) };
};

test('the step begins with obfuscation off and says what then leaves', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toExport(page);
  await expect(section(page, 6).locator('.step-title')).toContainText(/obfuscation/i);
  await expect(page.locator('#enableObfuscation')).toBeVisible();
  await expect(page.locator('#enableObfuscation')).not.toBeChecked();
  await expect(page.locator('#obfuscationOptions')).toBeHidden();
  await expect(page.locator('#privacySummary')).toBeInViewport({ ratio: 1 });
  await expect(page.locator('#startExportBtn')).toBeInViewport({ ratio: 1 });
  await expect(page.locator('#privacySummary')).toContainText('Real host names, addresses, job names');
  const box = section(page, 6).locator('.info-box');
  await expect(box).toHaveCount(1);
  await expect(box).toContainText('VictoriaMetrics team');
  await expect(box).not.toContainText('support team');
});

test('switching obfuscation on and off shows and hides its options at once', async ({ page }) => {
  await can(page, { '/api/sample': rewritten });
  await page.goto('/');
  await toExport(page);
  await page.check('#enableObfuscation');
  await expect(page.locator('#obfuscationOptions')).toBeVisible();
  for (const label of ['instance', 'job']) {
    await expect(page.locator(`[data-label="${label}"]`)).toHaveCount(1);
    await expect(page.locator(`.obf-label-checkbox[data-label="${label}"]`)).toBeChecked();
  }
  await expect(section(page, 6).getByText('777.777').first()).toBeVisible();
  await expect(page.locator('label', { has: page.locator('[data-label="instance"]') })).toContainText('777.777');
  await expect(page.locator('#privacySummary')).toContainText('Names are replaced');
  await page.uncheck('#enableObfuscation');
  await expect(page.locator('#obfuscationOptions')).toBeHidden();
});

test('entering the step asks for samples once', async ({ page }) => {
  const api = await can(page);
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('#samplePreview .metric-name').first()).toHaveText('vm_rows');
  for (const id of ['advancedLabelsDetails', 'previewDetails']) {
    await page.locator(`#${id} > summary`).click();
    await page.locator(`#${id} > summary`).click();
  }
  expect(api.to('/api/sample')).toHaveLength(1);
  expect(api.to('/api/sample')[0].body).toMatchObject({ limit: 10, config: { obfuscation: { enabled: false, preserve_structure: true } } });
});

test('names of samples are never empty', async ({ page }) => {
  await can(page, { '/api/sample': { samples: [...SAMPLES.samples, { labels: {} }, {}] } });
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('details summary', { hasText: 'Preview sample data' })).toHaveCount(1);
  await page.locator('#previewDetails > summary').click();
  await expect(page.locator('.metric-name')).toHaveText(['vm_rows', 'go_goroutines', 'up', 'unknown', 'unknown']);
  await expect(page.locator('#samplePreview')).toContainText('instance="10.0.0.1:8482"');
  await expect(page.locator('#samplePreview')).not.toContainText('undefined');
});

test('preview and calls follow every switch', async ({ page }) => {
  const api = await can(page, { '/api/sample': rewritten });
  await page.goto('/');
  await toExport(page);
  const preview = page.locator('#samplePreview');
  const last = () => api.to('/api/sample').at(-1)?.body.config.obfuscation;
  await page.locator('#previewDetails > summary').click();
  await expect(preview).toContainText('10.0.0.1');

  await page.check('#enableObfuscation');
  await expect(preview).toContainText('777.777.1.1');
  await expect(preview).toContainText('vmstorage-job-1');
  await expect(preview).not.toContainText('10.0.0.1');
  expect(last()).toMatchObject({ enabled: true, obfuscate_instance: true, obfuscate_job: true, custom_labels: [] });

  await page.uncheck('.obf-label-checkbox[data-label="instance"]');
  await expect(preview).toContainText('10.0.0.1');
  expect(last()).toMatchObject({ enabled: true, obfuscate_instance: false, obfuscate_job: true });

  await page.check('.obf-label-checkbox[data-label="instance"]');
  await page.locator('#advancedLabelsDetails > summary').click();
  await page.check('.obf-label-checkbox[data-label="pod"]');
  await expect(preview).toContainText('pod-1');
  expect(last()).toMatchObject({ enabled: true, obfuscate_instance: true, custom_labels: ['pod'] });

  await page.uncheck('#enableObfuscation');
  await expect(preview).toContainText('vmstorage-1');
  expect(last()).toEqual({ enabled: false, obfuscate_instance: false, obfuscate_job: false, preserve_structure: true, custom_labels: [], drop_labels: [] });
});

test('extra labels go to the custom ones and set no flag', async ({ page }) => {
  const api = await can(page, { '/api/sample': rewritten });
  await page.goto('/');
  await toExport(page);
  await page.locator('#advancedLabelsDetails > summary').click();
  await expect(page.locator('#advancedLabels .label-item')).toHaveCount(2);
  await expect(page.locator('.obf-label-checkbox[data-label="pod"]')).toBeDisabled();
  await page.check('#enableObfuscation');
  for (const label of ['instance', 'job']) await page.uncheck(`.obf-label-checkbox[data-label="${label}"]`);
  for (const label of ['pod', 'namespace']) await page.check(`.obf-label-checkbox[data-label="${label}"]`);
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/start')[0].body.obfuscation).toEqual({
    enabled: true, obfuscate_instance: false, obfuscate_job: false, preserve_structure: true, custom_labels: ['namespace', 'pod'], drop_labels: [],
  });
});

test('before and after of each label stand side by side', async ({ page }) => {
  await can(page, { '/api/sample': rewritten, '/api/preview': { status: 404, body: { error: 'no such path' } } });
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('#changesDetails')).toBeHidden();
  await page.check('#enableObfuscation');
  await page.locator('#changesDetails > summary').click();
  const row = page.locator('.change-table tbody tr', { hasText: 'instance' });
  await expect(row).toContainText('replaced');
  await expect(row).toContainText('10.0.0.1:8482');
  await expect(row).toContainText('777.777.1.1:8482');
  await expect(page.locator('.change-table tbody tr', { hasText: 'namespace' })).toContainText('stays');
  await expect(page.locator('#privacySummary')).toContainText('2 labels stay as they are');
  await page.locator('#changesDetails > summary').click();
  await page.getByRole('link', { name: 'See which' }).click();
  await expect(page.locator('#changesDetails')).toHaveAttribute('open');
});

test('what the server knows of the labels goes before what samples show', async ({ page }) => {
  await can(page, {
    '/api/sample': rewritten,
    '/api/preview': { level: 'standard', labels: [{ label: 'addr', action: 'replaced', distinct: 12, examples: [{ before: '10.1.1.1:8400', after: '777.777.1.9:8400' }] }] },
  });
  await page.goto('/');
  await toExport(page);
  await page.check('#enableObfuscation');
  await page.locator('#changesDetails > summary').click();
  await expect(page.locator('.change-table tbody')).toContainText('12 values');
  await expect(page.locator('.change-table tbody')).toContainText('777.777.1.9:8400');
});

test('levels are offered when the server knows them', async ({ page }) => {
  const api = await can(page, { '/api/config': { version: 'v1', obfuscation_levels: ['standard', 'strict'] } });
  await page.goto('/');
  await toExport(page);
  await page.check('#enableObfuscation');
  await page.getByRole('radio', { name: /Strict/ }).check();
  await expect(page.locator('.obf-label-checkbox[data-label="job"]')).toBeDisabled();
  await expect(page.locator('#privacySummary')).toContainText('Strict');
  await expect.poll(() => api.to('/api/sample').at(-1)?.body.config.obfuscation.level).toBe('strict');
  await page.getByRole('radio', { name: /Standard/ }).check();
  await expect.poll(() => api.to('/api/sample').at(-1)?.body.config.obfuscation.level).toBeUndefined();
});

test('both lists say that they are loading until the answer is there', async ({ page }) => {
  const held = gate();
  await can(page, {
    '/api/sample': async () => {
      await held.opened;
      return { samples: [{ name: 'up', labels: { instance: 'a', job: 'b' } }] };
    },
  });
  await page.goto('/');
  await toExport(page);
  for (const id of ['advancedLabelsDetails', 'previewDetails']) await page.locator(`#${id} > summary`).click();
  await expect(page.locator('#advancedLoader')).toBeVisible();
  await expect(page.locator('#previewLoader')).toBeVisible();
  await expect(page.locator('#startExportBtn')).toBeEnabled();
  held.open();
  await expect(page.locator('#advancedLabels .label-item')).toHaveCount(1);
  await expect(page.locator('#advancedLabels')).toContainText('No other labels');
  await expect(page.locator('#previewLoader')).toHaveCount(0);
});

test('a failed load shows the words of the server until it is repeated', async ({ page }) => {
  const api = await can(page, { '/api/sample': { status: 500, body: { error: 'vmselect fell over' } } });
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('#previewState')).toHaveText('could not be loaded');
  for (const id of ['advancedLabelsDetails', 'previewDetails']) await page.locator(`#${id} > summary`).click();
  const box = page.locator('#advancedLabels .error-message');
  await expect(box).toHaveCount(1);
  await expect(box).toBeVisible();
  await expect(box).toContainText('Failed to load sample metrics');
  await expect(box).toContainText('vmselect fell over');
  await expect(page.locator('#samplePreview .error-message')).toBeVisible();
  await page.locator('#advancedLabelsDetails > summary').click();
  await page.locator('#advancedLabelsDetails > summary').click();
  expect(api.to('/api/sample')).toHaveLength(1);
  api.answer('/api/sample', SAMPLES);
  await page.locator('#advancedLabels').getByRole('button', { name: 'Retry' }).click();
  await expect(page.locator('#advancedLabels .label-item').first()).toBeVisible();
  await expect(page.locator('#advancedLabels .error-message')).toHaveCount(0);
  expect(api.to('/api/sample')).toHaveLength(2);
});

test('a failed preview says what to do and can be loaded again', async ({ page }) => {
  const api = await can(page, { '/api/sample': { status: 502, body: { error: 'vmselect fell over', hint: 'look at the log of `vmselect`' } } });
  await page.goto('/');
  await toExport(page);
  await page.locator('#previewDetails > summary').click();
  const box = page.locator('#samplePreview .error-message');
  await expect(box).toContainText('vmselect fell over');
  await expect(box).toContainText('look at the log of vmselect');
  api.answer('/api/sample', SAMPLES);
  await box.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('#samplePreview .metric-name')).toHaveCount(3);
  await expect(page.locator('#previewDetails > summary')).toBeFocused();
  expect(api.to('/api/sample')).toHaveLength(2);
});

for (const [when, answer] of Object.entries({
  'the answer is empty': { samples: [] },
  'the server knows no series': { status: 404, body: { error: 'no series match the selection in the time range', code: 'no_series' } },
})) {
  test(`a selection without samples is no failure where ${when}`, async ({ page }) => {
    await can(page, { '/api/sample': answer });
    await page.goto('/');
    await toExport(page);
    await expect(page.locator('#previewState')).toHaveText('0 series');
    for (const id of ['advancedLabelsDetails', 'previewDetails']) await page.locator(`#${id} > summary`).click();
    await expect(page.locator('#samplePreview')).toContainText('No samples');
    await expect(page.locator('#advancedLabels .label-item')).toHaveText('No other labels were found.');
    await expect(section(page, 6).locator('.error-message')).toHaveCount(0);
  });
}

test('the preview tells how many of the samples it shows', async ({ page }) => {
  const samples = Array.from({ length: 10 }, (_, at) => ({ name: `m${at}`, labels: {} }));
  const api = await can(page, { '/api/sample': { samples } });
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('#previewState')).toHaveText('5 of 10 series');
  api.answer('/api/sample', { samples: samples.slice(0, 5) });
  await page.check('#enableObfuscation');
  await expect(page.locator('#previewState')).toHaveText('5 series');
});

test('a broken connection to vmgather is an error like any other', async ({ page }) => {
  await can(page, { '/api/sample': 'abort' });
  await page.goto('/');
  await toExport(page);
  await page.locator('#advancedLabelsDetails > summary').click();
  await expect(page.locator('#advancedLabels .error-message')).toContainText('does not answer');
});

test('nothing to select fails without a call and names the step', async ({ page }) => {
  const api = await can(page, { '/api/discover': { components: [] } });
  await page.goto('/');
  await toComponents(page);
  await next(page);
  await expectStep(page, 6);
  await page.locator('#advancedLabelsDetails > summary').click();
  await expect(page.locator('#advancedLabels .error-message')).toContainText('Step 5');
  await page.click('#startExportBtn');
  await expect(section(page, 6).locator('.error-summary')).toContainText('Step 5');
  expect(api.to('/api/sample')).toHaveLength(0);
  expect(api.to('/api/export/start')).toHaveLength(0);
});

test('only the newest samples are shown', async ({ page }) => {
  const held = gate();
  let first = true;
  await can(page, {
    '/api/sample': async (/** @type {any} */ call) => {
      if (first) {
        first = false;
        await held.opened;
        return { samples: [{ name: 'stale', labels: {} }] };
      }
      return rewritten(call);
    },
  });
  await page.goto('/');
  await toExport(page);
  await page.check('#enableObfuscation');
  await expect(page.locator('#samplePreview')).toContainText('777.777.1.1');
  held.open();
  await expect(page.locator('#samplePreview')).not.toContainText('stale');
});

test('an estimate stands beside the selection, or says that there is none', async ({ page }) => {
  const api = await can(page, { '/api/estimate': { series: 1718, samples: 391_380, bundle_bytes_jsonl: 836_690, bundle_bytes_native: 304_971, seconds: 0.6, warnings: ['the job `x` is large'] } });
  await page.goto('/');
  await toExport(page);
  await expect(page.locator('#estimateSeries')).toHaveText('1,718');
  await expect(page.locator('#estimateSamples')).toHaveText('391.4 k');
  await expect(page.locator('#estimateBytes')).toHaveText('817.08 KiB');
  await expect(page.locator('#estimateNote code')).toHaveText('x');
  api.answer('/api/estimate', { status: 502, body: { error: 'no' } });
  await section(page, 6).getByRole('button', { name: 'Back' }).click();
  await expect(page.locator('#step5Next')).toBeEnabled();
  await next(page);
  await expect(page.locator('#estimateNote')).toContainText('cannot be told');
  await expect(page.locator('#estimateSeries')).toHaveText('–');
});

test('samples with their course get a chart', async ({ page }) => {
  const points = Array.from({ length: 20 }, (_, at) => [1_700_000_000_000 + at * 60_000, at % 5]);
  await can(page, { '/api/sample': { samples: [{ name: 'vm_rows', labels: {}, points }] } });
  await page.goto('/');
  await toExport(page);
  await page.locator('#previewDetails > summary').click();
  await expect(page.getByRole('img', { name: 'Values of vm_rows over the time range' }).locator('canvas')).toBeVisible();
});
