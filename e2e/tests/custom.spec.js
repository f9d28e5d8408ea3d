import { can, gate } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { connect, expectStep, next, section, toConnection, toExport, toQuery } from '../fixtures/wizard.js';

const SELECTOR = '{job=~"job-.*"}';
const QUERY = 'topk(20, sum(rate(http_requests_total[1m])) by (job))';
const TARGETS = { jobs: [{ job: 'job-b', instance_count: 2, metrics_count_estimate: 20 }, { job: 'job-a', instance_count: 1, metrics_count_estimate: 10 }] };

test('a selector leads over its targets to an export of the chosen jobs', async ({ page }) => {
  const api = await can(page, {
    '/api/validate-query': { success: true, valid: true, result_count: 30, query_type: 'selector' },
    '/api/discover-selector': TARGETS,
  });
  await page.goto('/');
  await toQuery(page, SELECTOR);
  await expect(page.locator('#customQueryInput')).toBeFocused({ timeout: 1 }).catch(() => {});
  await expect(page.locator('#customQueryStatus')).toContainText('selector');
  await expect(page.locator('.step-info')).toHaveText('Step 4 of 7: Selector / Query');
  await next(page);
  await expectStep(page, 5);
  expect(api.to('/api/discover-selector')[0].body).toMatchObject({ selector: SELECTOR });
  const boxes = page.locator('.selector-job-item input[type="checkbox"]');
  await expect(boxes).toHaveCount(2);
  expect(await boxes.evaluateAll((all) => all.map((box) => [box.getAttribute('data-job'), /** @type {HTMLInputElement} */ (box).checked]))).toEqual([['job-a', true], ['job-b', true]]);
  await expect(page.locator('#componentsList')).toBeHidden();
  await page.locator('input[data-job="job-b"]').uncheck();
  await next(page);
  await expectStep(page, 6);
  await expect(page.locator('#dropLabels input[data-label="instance"]')).toHaveCount(1);
  await expect(page.locator('#dropLabelsDetails')).not.toHaveAttribute('open');
  await page.click('#dropLabelsSummary');
  await page.check('#dropLabels .drop-label-checkbox[data-label="pod"]');
  await expect.poll(() => api.to('/api/sample').at(-1)?.body.config.obfuscation.drop_labels).toEqual(['pod']);
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/start')).toHaveLength(1);
  expect(api.to('/api/export/start')[0].body).toMatchObject({
    mode: 'custom', query_type: 'selector', query: SELECTOR, jobs: ['job-a'], components: [], obfuscation: { enabled: false, drop_labels: ['pod'] },
  });
});

test('a query leaves out the targets and tells of missing names', async ({ page }) => {
  const api = await can(page, {
    '/api/validate-query': { success: true, valid: true, result_count: 1, query_type: 'metricsql' },
    '/api/sample': { samples: [{ name: 'unknown', labels: { job: 'a' }, value: 1 }, { name: 'up', metric_name: 'up', labels: {} }] },
  });
  await page.goto('/');
  await toQuery(page, QUERY);
  await expect(page.locator('.step-info')).toHaveText('Step 4 of 6: Selector / Query');
  await next(page);
  await expectStep(page, 6);
  await page.locator('#previewDetails > summary').click();
  await expect(page.locator('.metric-note')).toHaveCount(1);
  await expect(page.locator('.metric-note')).toContainText('Metric name removed by aggregation');
  await expect(page.locator('#selectionSummary')).toContainText('straight from the query');
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/start')[0].body).toMatchObject({ mode: 'custom', query_type: 'metricsql', query: QUERY, jobs: [], components: [] });
});

test('the kind of a query is told while it is typed', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await page.click('.mode-slider');
  await toConnection(page);
  await connect(page);
  await next(page);
  await expect(page.locator('#customQueryInput')).toBeFocused();
  const badge = page.locator('#queryTypeBadge');
  await expect(badge).toHaveText('waiting for input');
  await page.fill('#customQueryInput', 'vm_app_version{job="vm(select)"}');
  await expect(badge).toHaveText('selector');
  await page.fill('#customQueryInput', QUERY);
  await expect(badge).toHaveText('MetricsQL');
  await expect(page.locator('#customQueryBehavior')).toContainText('computes');
});

test('an edited query must be validated again', async ({ page }) => {
  await can(page, { '/api/validate-query': { success: true, query_type: 'selector', result_count: 3 } });
  await page.goto('/');
  await toQuery(page, SELECTOR);
  await page.fill('#customQueryInput', 'up');
  await expect(page.locator('#customQueryStatus')).toHaveAttribute('data-status', 'pending');
  await next(page);
  await expectStep(page, 4);
  await expect(section(page, 4).locator('.error-summary')).toContainText('Validate the query first');
});

test('a rejected query shows the words of the server', async ({ page }) => {
  const api = await can(page, { '/api/validate-query': { status: 400, body: { error: 'cannot parse `sum(`' } } });
  await page.goto('/');
  await page.click('.mode-slider');
  await toConnection(page);
  await connect(page);
  await next(page);
  await page.click('#validateCustomQueryBtn');
  await expect(page.locator('#customQueryValidationResult')).toContainText('Enter a selector or a query');
  expect(api.to('/api/validate-query')).toHaveLength(0);
  await page.fill('#customQueryInput', 'sum(');
  await page.click('#validateCustomQueryBtn');
  await expect(page.locator('#customQueryValidationResult')).toContainText('cannot parse');
  await expect(page.locator('#customQueryStatus')).toHaveAttribute('data-status', 'error');
});

test('without a chosen target all are taken', async ({ page }) => {
  const api = await can(page, { '/api/validate-query': { success: true, query_type: 'selector', result_count: 3 }, '/api/discover-selector': TARGETS });
  await page.goto('/');
  await toQuery(page, SELECTOR);
  await next(page);
  await expect(page.locator('.selector-job-item')).toHaveCount(2);
  await page.click('#selectNoneBtn');
  await expect(page.locator('.selector-job-item input:checked')).toHaveCount(0);
  await next(page);
  await expectStep(page, 6);
  await expect.poll(() => api.to('/api/sample').at(-1)?.body.config.jobs).toEqual(['job-a', 'job-b']);
});

test('a change of mode gives up the query, its validation and the chosen labels', async ({ page }) => {
  const api = await can(page, { '/api/validate-query': { success: true, query_type: 'metricsql', result_count: 3 } });
  await page.goto('/');
  await toQuery(page, QUERY);
  await next(page);
  await expectStep(page, 6);
  await page.check('#enableObfuscation');
  await page.locator('#advancedLabelsDetails > summary').click();
  await page.check('.obf-label-checkbox[data-label="pod"]');
  await page.click('#dropLabelsSummary');
  await page.check('.drop-label-checkbox[data-label="namespace"]');
  await expect.poll(() => api.to('/api/sample').at(-1)?.body.config.obfuscation).toMatchObject({ custom_labels: ['pod'], drop_labels: ['namespace'] });
  for (const step of [6, 4, 3, 2]) await section(page, step).getByRole('button', { name: 'Back' }).click();
  await expectStep(page, 1);
  await page.click('.mode-slider');
  await toExport(page);
  await expect(page.locator('#enableObfuscation')).not.toBeChecked();
  await expect(page.locator('.obf-label-checkbox[data-label="pod"]')).not.toBeChecked();
  await expect.poll(() => api.to('/api/sample').at(-1)?.body.config).toMatchObject({ mode: 'cluster', query: '', obfuscation: { enabled: false, custom_labels: [], drop_labels: [] } });
  for (const step of [6, 5, 3, 2]) await section(page, step).getByRole('button', { name: 'Back' }).click();
  await page.click('.mode-slider');
  await toConnection(page);
  await expect(page.locator('#step3Next')).toBeDisabled();
  await connect(page);
  await next(page);
  await expectStep(page, 4);
  await expect(page.locator('#customQueryInput')).toHaveValue('');
  await expect(page.locator('#customQueryStatus')).toHaveAttribute('data-status', 'pending');
  await next(page);
  await expectStep(page, 4);
});

test('another address takes the validation of the query back', async ({ page }) => {
  await can(page, { '/api/validate-query': { success: true, query_type: 'selector', result_count: 537 } });
  await page.goto('/');
  await toQuery(page, SELECTOR);
  await expect(page.locator('#customQueryValidationResult')).toContainText('537');
  await section(page, 4).getByRole('button', { name: 'Back' }).click();
  await connect(page, 'http://elsewhere:8428');
  await next(page);
  await expectStep(page, 4);
  await expect(page.locator('#customQueryInput')).toHaveValue(SELECTOR);
  await expect(page.locator('#customQueryStatus')).toHaveText('Not validated yet');
  await expect(page.locator('#customQueryValidationResult')).toBeEmpty();
});

test('the focus stays on the validation while it runs', async ({ page }) => {
  const held = gate();
  const api = await can(page, {
    '/api/validate-query': async () => {
      await held.opened;
      return { success: true, query_type: 'selector', result_count: 1 };
    },
  });
  await page.goto('/');
  await page.click('.mode-slider');
  await toConnection(page);
  await connect(page);
  await next(page);
  await page.fill('#customQueryInput', SELECTOR);
  await page.locator('#validateCustomQueryBtn').focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('#customQueryStatus')).toHaveText('Validating');
  await page.keyboard.press('Enter');
  await expect(page.locator('#validateCustomQueryBtn')).toBeFocused();
  held.open();
  await expect(page.locator('#customQueryStatus')).toHaveAttribute('data-status', 'success');
  await expect(page.locator('#validateCustomQueryBtn')).toBeFocused();
  expect(api.to('/api/validate-query')).toHaveLength(1);
});
