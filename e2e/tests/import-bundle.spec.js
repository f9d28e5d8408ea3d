import { gate } from '../fixtures/canned.js';
import { analysisOf, connect, FILE, labelSummary, ready } from '../fixtures/import-answers.js';
import { expect, test } from '../fixtures/import-page.js';

test('a chosen file is looked at by itself, in a sample of lines', async ({ page, api }) => {
  await ready(page, api);
  expect(api.to('/api/analyze')).toHaveLength(1);
  const [call] = api.to('/api/analyze');
  expect(call.full).toBe(false);
  expect(call.file?.text).toBe(FILE.buffer.toString());
  const report = page.locator('#analysisDetails');
  await expect(report).toContainText('sample (2000 lines scanned');
  await expect(report).toContainText('truncated');
  await expect(report).toContainText('target maxLabelsPerTimeseries=40 (manual override)');
  await expect(report).toContainText('max seen=53');
  await expect(report).toContainText('Labels:');
  await expect(report).toContainText('53 distinct');
  await expect(report).toContainText('2026-01-23 10:00:00 – 16:00:00 UTC');
  await expect(page.locator('#fileHint')).toContainText(' B');
  await expect(page.locator('#dropTitle')).toHaveText('bundle.jsonl');
});

test('the whole file is read when asked to', async ({ page, api }) => {
  await ready(page, api);
  await page.fill('#maxLabelsOverride', '20');
  await page.click('#fullPreflightBtn');
  await expect(page.locator('#analysisDetails')).toContainText('full collection (2105 lines scanned)');
  await expect(page.locator('#analysisDetails')).toContainText('target maxLabelsPerTimeseries=20 (manual override)');
  expect(api.to('/api/analyze').map(({ full }) => full)).toEqual([false, true]);
  await expect(page.locator('#startImportBtn')).toBeEnabled();
});

test('a file that is dropped is looked at, one that misses the zone is not', async ({ page, api }) => {
  api.answer('/api/analyze', analysisOf);
  await page.goto('/');
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['{}'], 'dropped.zip'));
    return transfer;
  });
  await page.dispatchEvent('h1', 'drop', { dataTransfer: data });
  await page.dispatchEvent('#dropZone', 'dragover', { dataTransfer: data });
  await expect(page.locator('#dropZone')).toHaveClass(/drop--over/);
  await page.dispatchEvent('#dropZone', 'drop', { dataTransfer: data });
  await expect(page.locator('#analysisDetails')).toBeVisible();
  expect(api.to('/api/analyze').map(({ file }) => file?.name)).toEqual(['dropped.zip']);
});

test('the limit is judged with every key and every tick, without asking again', async ({ page, api }) => {
  await ready(page, api);
  const risk = page.locator('#maxLabelsRisk');
  await expect(risk).toContainText('Potential drops detected');
  await expect(risk).toContainText('53 labels');
  await expect(risk).toContainText('exceeds limit 40');
  await expect(risk).toContainText('Need at least 13 more');
  await page.fill('#maxLabelsOverride', '20');
  await expect(risk).toContainText('exceeds limit 20');
  await expect(risk).toContainText('Need at least 33 more');
  await page.locator('#labelManagerSummary').click();
  await page.check('[data-drop-label="label_10"]');
  await page.check('[data-drop-label="label_11"]');
  await expect(risk).toContainText('51 labels');
  await expect(risk).toContainText('Need at least 31 more');
  await page.fill('#maxLabelsOverride', '60');
  await expect(risk).toContainText('Every series fits');
  await page.fill('#maxLabelsOverride', '');
  await expect(risk).toContainText('limit of the target is unknown');
  await page.locator('#maxLabelsOverride').blur();
  await expect(page.locator('#maxLabelsOverride')).toHaveValue('40');
  await expect(risk).toContainText('exceeds limit 40');
  await expect(page.locator('#startImportBtn')).toBeEnabled();
  expect(api.to('/api/analyze')).toHaveLength(1);
});

test('suggested labels are dropped with one button', async ({ page, api }) => {
  await ready(page, api);
  await page.fill('#maxLabelsOverride', '51');
  await expect(page.locator('#dropSuggestedBtn')).toHaveText('Drop label_00, label_01');
  await page.click('#dropSuggestedBtn');
  await expect(page.locator('#maxLabelsRisk')).toContainText('Every series fits');
  await expect(page.locator('#suggestedDrops')).toBeHidden();
  await expect(page.locator('#labelManagerSummary')).toBeFocused();
  await expect(page.locator('#labelManagerSummary')).toContainText('2 ticked');
});

test('every label has a box, and the protected ones are shut', async ({ page, api }) => {
  await ready(page, api);
  await expect(page.locator('#labelManagerSummary')).toContainText('total labels: 53');
  await expect(page.locator('#labelManagerRows input[type=checkbox][data-drop-label]')).toHaveCount(53);
  for (const name of ['__name__', 'job', 'instance']) await expect(page.locator(`[data-drop-label="${name}"]`)).toBeDisabled();
  await page.locator('#labelManagerSummary').click();
  await page.fill('#labelFilter', '_3');
  await expect(page.locator('#labelManagerRows input:visible')).toHaveCount(10);
  await page.check('[data-drop-label="label_30"]');
  await expect(page.locator('#staleNote')).toBeVisible();
  await page.click('#preflightBtn');
  await expect(page.locator('#staleNote')).toBeHidden();
  expect(api.to('/api/analyze')[1].config.drop_labels).toEqual(['label_30']);
  await expect(page.locator('[data-drop-label="label_30"]')).toBeChecked();
});

test('the limit of the target itself is offered', async ({ page, api }) => {
  api.answer('/api/analyze', (/** @type {any} */ call) => ({ ...analysisOf(call), detected_max_labels_limit: 30 }));
  await page.goto('/');
  await page.setInputFiles('#bundleFile', FILE);
  await expect(page.locator('#maxLabelsHint')).toContainText('The target itself says 30');
  await page.getByRole('button', { name: 'Use that' }).click();
  await expect(page.locator('#maxLabelsOverride')).toHaveValue('30');
  await expect(page.locator('#maxLabelsRisk')).toContainText('exceeds limit 30');
});

test('sparse answers are enough', async ({ page, api }) => {
  api.answer('/api/analyze', {});
  await page.goto('/');
  await page.setInputFiles('#bundleFile', FILE);
  await expect(page.locator('#analysisDetails')).toContainText('target maxLabelsPerTimeseries=unknown');
  await expect(page.locator('#labelManagerSummary')).toContainText('total labels: 0');
  await expect(page.locator('#shiftToNowBtn')).toBeDisabled();
});

test('labels, values and reasons that look like markup stay text', async ({ page, api }) => {
  const hostile = '<img src=x onerror=alert(1)>';
  api.answer('/api/analyze', (/** @type {any} */ call) => {
    const answer = analysisOf(call);
    return {
      ...answer,
      warnings: [hostile],
      export_id: hostile,
      summary: { ...answer.summary, ...labelSummary([['__name__', 'job', hostile, ...Array.from({ length: 45 }, (_, at) => `"]${at}`)]]), metric_name: hostile, labels: { job: hostile }, skipped_lines: 1, skipped_reasons: { [hostile]: 1 }, first_errors: [{ line: 1, reason: hostile }] },
    };
  });
  await page.goto('/');
  await page.setInputFiles('#bundleFile', { ...FILE, name: `${hostile}.zip` });
  await expect(page.locator('#analysisDetails')).toContainText(hostile);
  await page.locator('#labelManagerSummary').click();
  await page.locator('#labelManagerRows input:not(:disabled)').first().check();
  await page.check('#markBundle');
  await expect(page.locator('#markValue')).toHaveValue(hostile);
  expect(await page.locator('img').count()).toBe(0);
});

test('a bundle that cannot be read is told, and the next one is looked at', async ({ page, api }) => {
  api.answer('/api/analyze', { status: 422, body: { error: 'no line of `metrics.jsonl` can be used', hint: 'is it a bundle?' } });
  await page.goto('/');
  await connect(page);
  await page.setInputFiles('#bundleFile', FILE);
  await expect(page.locator('#analysisResult')).toContainText('no line of metrics.jsonl can be used is it a bundle?');
  await expect(page.locator('#analysisDetails')).toBeHidden();
  await expect(page.locator('#startImportBtn')).toBeDisabled();
  await expect(page.locator('#fullPreflightBtn')).toBeEnabled();
  api.answer('/api/analyze', analysisOf);
  await page.setInputFiles('#bundleFile', { ...FILE, name: 'other.zip' });
  await expect(page.locator('#startImportBtn')).toBeEnabled();
});

test('while a file is looked at, the report is gone but its place is kept', async ({ page, api }) => {
  await ready(page, api);
  const held = gate();
  api.answer('/api/analyze', async (/** @type {any} */ call) => {
    await held.opened;
    return analysisOf(call);
  });
  const place = () => page.evaluate(() => ['labels', 'time'].map((id) => (document.getElementById(id)?.getBoundingClientRect().top ?? 0) + scrollY));
  const before = await place();
  await page.click('#fullPreflightBtn');
  await expect(page.locator('#analysisDetails')).toBeHidden();
  await expect(page.locator('#analysisLoader')).toBeVisible();
  await expect(page.locator('#startImportBtn')).toBeDisabled();
  expect(await place()).toEqual(before);
  await page.click('#stopPreflightBtn');
  await expect(page.locator('#analysisResult')).toContainText('Stopped');
  await expect(page.locator('#analysisDetails')).toContainText('sample (2000 lines scanned');
  await expect(page.locator('#startImportBtn')).toBeEnabled();
  held.open();
});

test('another target is asked for its own limits', async ({ page, api }) => {
  api.answer('/api/analyze', analysisOf);
  await page.goto('/');
  await page.setInputFiles('#bundleFile', FILE);
  await expect(page.locator('#analysisDetails')).toBeVisible();
  await connect(page, 'http://vm:8428');
  await expect.poll(() => api.to('/api/analyze').map(({ config }) => config.endpoint)).toEqual(['', 'http://vm:8428']);
  await page.click('#testConnectionBtn');
  await expect(page.locator('#connectionResult')).toContainText('Connection successful');
  expect(api.to('/api/analyze')).toHaveLength(2);
});

test('the mark is suggested from the bundle and sent only when it is switched on', async ({ page, api }) => {
  await ready(page, api);
  await expect(page.locator('#markName')).toHaveValue('vmgather_bundle');
  await expect(page.locator('#markValue')).toHaveValue('export-1795291267-04483f3d128d0dd0');
  await expect(page.locator('#markValue')).toBeDisabled();
  await page.check('#markBundle');
  await expect(page.locator('#maxLabelsRisk')).toContainText('54 labels');
  await page.fill('#markName', 'job');
  await expect(page.locator('#markHint')).toHaveAttribute('data-status', 'error');
  api.answer('/api/upload', { job_id: 'job-1' });
  api.answer('/api/import/status', { id: 'job-1', state: 'completed' });
  await page.click('#startImportBtn');
  await expect(page.locator('#markName')).toBeFocused();
  expect(api.to('/api/upload')).toHaveLength(0);
  await page.fill('#markName', 'customer');
  await page.fill('#markValue', 'acme');
  await page.click('#startImportBtn');
  await expect(page.locator('#statusPanel')).toContainText('Import complete');
  expect(api.to('/api/upload')[0].config.add_labels).toEqual({ customer: 'acme' });
});
