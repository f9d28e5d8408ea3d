/** What the page knows and says of single labels: the line beside the start button, the table, and the lists to choose from. */

import { can, gate } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { expectStep, next, section, toExport, toQuery } from '../fixtures/wizard.js';

/** @import { Page } from '@playwright/test' */

/** @typedef {{ enabled: boolean, obfuscate_instance: boolean, custom_labels: string[], drop_labels: string[], level?: string }} Chosen */

/** What two series have in the source; the sample shows only the first. */
const SOURCE = { instance: ['10.0.0.1:8482', '10.0.0.2:8482'], job: ['vmstorage-prod', 'shop'], pod: ['vmstorage-0', ''], team: ['', 'payments'] };

/** @param {Chosen} chosen @param {string} label */
const replaces = ({ enabled, obfuscate_instance: instance, custom_labels: custom }, label) =>
  enabled && (label === 'instance' ? instance : label === 'job' || custom.includes(label));

/** @param {any} call */
const sample = ({ body }) => {
  /** @type {Chosen} */
  const chosen = body.config.obfuscation;
  const labels = ['instance', 'job', 'pod'].filter((label) => !chosen.drop_labels.includes(label));
  const shown = labels.map((label) => [label, replaces(chosen, label) ? `${label}-1` : SOURCE[/** @type {'pod'} */ (label)][0]]);
  return { samples: [{ name: 'vm_rows', labels: Object.fromEntries(shown), value: 1, timestamp: 1 }] };
};

/** @param {any} call */
const preview = ({ body }) => ({
  labels: Object.entries(SOURCE).map(([label, values]) => {
    const action = body.obfuscation.drop_labels.includes(label) ? 'dropped' : replaces(body.obfuscation, label) ? 'replaced' : 'kept';
    const after = (/** @type {string} */ value, /** @type {number} */ at) => ({ dropped: null, kept: value, replaced: `${label}-${at + 1}` })[action];
    return { label, action, distinct: 2, examples: values.map((before, at) => ({ before, after: after(before, at) })) };
  }),
});

const SERVER = { '/api/sample': sample, '/api/preview': preview, '/api/config': { version: 'v1', obfuscation_levels: ['standard', 'strict'] } };
const QUERY = { '/api/validate-query': { success: true, query_type: 'metricsql', result_count: 1 } };

/** @param {Page} page */
const line = (page) => page.locator('#privacySummary');

/** The line names `instance` as replaced, which then is taken back. @param {Page} page */
async function withoutInstance(page) {
  await page.goto('/');
  await toExport(page);
  await page.check('#enableObfuscation');
  await expect(line(page)).toContainText('in instance, job. 2 labels stay');
  await page.locator('#changesDetails > summary').click();
}

for (const path of ['/api/sample', '/api/preview']) {
  test(`what no longer holds is not said while ${path} is slow, nor when it fails`, async ({ page }) => {
    const held = gate();
    const api = await can(page, SERVER);
    await withoutInstance(page);
    api.answer(path, async () => {
      await held.opened;
      return { status: 502, body: { error: 'no answer' } };
    });
    await page.uncheck('.obf-label-checkbox[data-label="instance"]');
    await expect(line(page)).toContainText('in job. Look at the preview');
    await expect(page.locator('#changesLoader')).toBeVisible();
    await expect.poll(() => api.to(path).length).toBe(3);
    held.open();
    await expect(page.locator('#changesLoader')).toHaveCount(0);
    await expect(line(page)).not.toContainText('instance');
    await expect(page.locator('.change-table tr[data-action="replaced"]', { hasText: 'instance' })).toHaveCount(0);
  });
}

test('a removed label is not called a replaced one', async ({ page }) => {
  let value = 0;
  await can(page, {
    ...SERVER,
    ...QUERY,
    '/api/preview': { status: 502, body: { error: 'no answer' } },
    // With another value each time, samples before and after cannot be compared either.
    '/api/sample': () => ({ samples: [{ name: 'unknown', labels: { instance: 'a', job: 'b' }, value: (value += 1) }] }),
  });
  await page.goto('/');
  await toQuery(page, 'sum(up) by (job)');
  await next(page);
  await page.check('#enableObfuscation');
  await expect(line(page)).toContainText('in instance, job. Look at the preview');
  await page.click('#dropLabelsSummary');
  await page.check('.drop-label-checkbox[data-label="job"]');
  await expect(line(page)).toContainText('in instance. Look at the preview for what stays. Removed: job.');
});

test('where every label is removed the line says so', async ({ page }) => {
  const only = { label: 'job', action: 'dropped', distinct: 1, examples: [{ before: 'a', after: null }] };
  await can(page, { ...SERVER, ...QUERY, '/api/sample': { samples: [{ name: 'unknown', labels: { job: 'a' }, value: 1 }] }, '/api/preview': { labels: [only] } });
  await page.goto('/');
  await toQuery(page, 'sum(up) by (job)');
  await next(page);
  await page.check('#enableObfuscation');
  await page.click('#dropLabelsSummary');
  await page.check('.drop-label-checkbox[data-label="job"]');
  await expect(line(page)).toContainText('No label leaves. Only values and times do. Removed: job.');
});

test('hosts and jobs are named first, and a metric name is called one', async ({ page }) => {
  const replaced = ['__name__', 'customer', 'instance', 'job'].map((label) => ({ label, action: 'replaced', distinct: 1, examples: [{ before: 'x', after: `${label}-1` }] }));
  const api = await can(page, { ...SERVER, '/api/preview': { labels: replaced } });
  await page.goto('/');
  await toExport(page);
  await page.check('#enableObfuscation');
  await expect(line(page)).toContainText('in instance, job, customer and 1 more.');
  api.answer('/api/preview', { labels: replaced.slice(0, 1) });
  await page.uncheck('.obf-label-checkbox[data-label="instance"]');
  await expect(line(page)).toContainText('in metric name.');
});

test('labels outside of the samples can be chosen too', async ({ page }) => {
  const api = await can(page, SERVER);
  await page.goto('/');
  await toExport(page);
  await page.locator('#advancedLabelsDetails > summary').click();
  await expect(page.locator('#advancedLabels .label-item')).toHaveText(['podvmstorage-0', 'teampayments']);
  await page.check('#enableObfuscation');
  await page.check('.obf-label-checkbox[data-label="team"]');
  await expect(line(page)).toContainText('in instance, job, team. 1 label stays');
  expect(api.to('/api/sample').at(-1)?.body.config.obfuscation.custom_labels).toEqual(['team']);
});

test('the lists show values of the source after a reload with obfuscation on', async ({ page }) => {
  const api = await can(page, SERVER);
  await page.goto('/');
  await toExport(page);
  await page.locator('#advancedLabelsDetails > summary').click();
  await page.check('#enableObfuscation');
  await page.check('.obf-label-checkbox[data-label="pod"]');
  await expect.poll(() => api.to('/api/preview').at(-1)?.body.obfuscation.custom_labels).toEqual(['pod']);
  await page.reload();
  await page.locator('#advancedLabelsDetails > summary').click();
  await expect(page.locator('.obf-label-checkbox[data-label="pod"]')).toBeChecked();
  await expect(page.locator('#advancedLabels .label-item').first()).toHaveText('podvmstorage-0');
});

test('without an answer on labels the names of the samples are offered, without pseudonyms as values', async ({ page }) => {
  const api = await can(page, SERVER);
  await page.goto('/');
  await toExport(page);
  await page.locator('#advancedLabelsDetails > summary').click();
  await page.check('#enableObfuscation');
  await page.check('.obf-label-checkbox[data-label="pod"]');
  await expect.poll(() => api.to('/api/preview').at(-1)?.body.obfuscation.custom_labels).toEqual(['pod']);
  api.answer('/api/preview', { status: 502, body: { error: 'no answer' } });
  await page.reload();
  await page.locator('#advancedLabelsDetails > summary').click();
  await expect(page.locator('#advancedLabels .label-item')).toHaveText(['pod']);
  await expect(page.locator('.obf-label-checkbox[data-label="pod"]')).toBeChecked();
});

test('chosen labels survive a reload of the samples and leave with the labels of another selection', async ({ page }) => {
  const api = await can(page, SERVER);
  await page.goto('/');
  await toExport(page);
  await page.locator('#advancedLabelsDetails > summary').click();
  await page.check('#enableObfuscation');
  for (const label of ['pod', 'team']) await page.check(`.obf-label-checkbox[data-label="${label}"]`);
  await page.uncheck('.obf-label-checkbox[data-label="instance"]');
  const custom = () => api.to('/api/sample').at(-1)?.body.config.obfuscation;
  await expect.poll(custom).toMatchObject({ obfuscate_instance: false, custom_labels: ['pod', 'team'] });
  await expect(page.locator('#advancedLabels input:checked')).toHaveCount(2);

  // A server that cannot tell all labels is no reason to give a choice up.
  api.answer('/api/preview', { status: 502, body: { error: 'no answer' } });
  await page.check('.obf-label-checkbox[data-label="instance"]');
  await expect(line(page)).not.toContainText('Look at the preview');
  await expect(page.locator('#advancedLabels input:checked')).toHaveCount(2);

  api.answer('/api/preview', { labels: [{ label: 'pod', action: 'replaced', distinct: 1 }] });
  await section(page, 6).getByRole('button', { name: 'Back' }).click();
  await page.locator('.component-item').first().click();
  await next(page);
  await expect(page.locator('.obf-label-checkbox[data-label="team"]')).toHaveCount(0);
  await expect(page.locator('.obf-label-checkbox[data-label="pod"]')).toBeChecked();
  await page.click('#startExportBtn');
  await expectStep(page, 7);
  expect(api.to('/api/export/start')[0].body.obfuscation.custom_labels).toEqual(['pod']);
});

test('focus stays in the list of labels while it is filled anew', async ({ page }) => {
  const held = gate();
  await can(page, {
    ...SERVER,
    '/api/preview': async (/** @type {any} */ call) => {
      await held.opened;
      return preview(call);
    },
  });
  await page.goto('/');
  await toExport(page);
  await page.check('#enableObfuscation');
  await page.locator('#advancedLabelsDetails > summary').click();
  const pod = page.locator('.obf-label-checkbox[data-label="pod"]');
  await pod.focus();
  held.open();
  await expect(page.locator('.obf-label-checkbox[data-label="team"]')).toBeVisible();
  await expect(pod).toBeFocused();
});

test('the strict level says what it makes of ports and of chosen labels', async ({ page }) => {
  await can(page, SERVER);
  await page.goto('/');
  await toExport(page);
  await page.check('#enableObfuscation');
  await page.locator('#advancedLabelsDetails > summary').click();
  const instance = page.locator('label', { has: page.locator('[data-label="instance"]') });
  await expect(instance).toContainText('777.777.X.Y, the port stays');
  await page.getByRole('radio', { name: /Strict/ }).check();
  await expect(instance).toContainText('Host and port are replaced, as in 777.777.X.Y:port-N');
  await expect(page.locator('#advancedLabelsDetails')).toContainText('Strict already replaces what is not known to be public');
  await page.getByRole('radio', { name: /Standard/ }).check();
  await expect(instance).toContainText('the port stays');
});
