/** The whole way with nothing prepared: a sealed bundle, the real server, a real VictoriaMetrics. */

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startVictoriaMetrics } from '../fixtures/victoria-metrics.js';
import { vmgatherProgram } from '../fixtures/vmgather.js';
import { expect, test } from '../fixtures/vmimporter.js';

test.describe.configure({ timeout: 120_000 });

/** Five minutes of the demo cluster. @param {string} folder @param {string} format @returns {Promise<string>} the path of the ZIP */
async function sealBundle(folder, format) {
  await promisify(execFile)(vmgatherProgram(), ['export', '--demo', '--last', '5m', '--format', format, '--output', folder], { env: { ...process.env, HOME: folder } });
  const zip = (await readdir(folder)).find((name) => name.endsWith('.zip'));
  if (zip === undefined) throw new Error('there is no bundle');
  return join(folder, zip);
}

for (const [name, format, told] of [['bundle', 'jsonl', 'JSON lines'], ['native bundle', 'native', 'native blocks']]) {
  test(`a ${name} goes into a VictoriaMetrics, marked and moved to now, and is verified`, async ({ page, afterwards }) => {
    const folder = await mkdtemp(join(tmpdir(), 'bundle-e2e-'));
    afterwards(() => rm(folder, { recursive: true, force: true }));
    const [bundle, target] = await Promise.all([sealBundle(folder, format), startVictoriaMetrics()]);
    afterwards(target.remove);

    await page.goto('/');
    await page.fill('#vmUrl', target.url);
    await page.click('#testConnectionBtn');
    await expect(page.locator('#connectionResult')).toContainText('Connection successful');
    await expect(page.locator('#recentProfilesSelect option', { hasText: target.url.replace('http://', '') })).toHaveCount(1);

    await page.setInputFiles('#bundleFile', bundle);
    await expect(page.locator('#analysisDetails')).toBeVisible({ timeout: 20_000 });
    await expect(page.locator('#analysisDetails')).toContainText(/(?:sample|full collection) \(\d+ lines scanned/);
    await expect(page.locator('#analysisDetails')).toContainText(`bundle, ${told}, timestamps in ms`);
    await expect(page.locator('#retentionInfo')).toContainText('all of the bundle');
    await page.click('#shiftToNowBtn');
    await page.check('#markBundle');
    await expect(page.locator('#markValue')).toHaveValue(/^export-/);
    const mark = await page.inputValue('#markValue');
    await page.click('#startImportBtn');

    await expect(page.locator('#statusPanel')).toContainText('Import complete', { timeout: 100_000 });
    await expect(page.locator('#verification')).toContainText('Verified: the target has what was sent');
    await expect(page.locator('#verification')).toContainText('value by value');
    await expect(page.locator('#verification tbody tr').first()).toContainText('none');

    const selector = encodeURIComponent(`count({vmgather_bundle="${mark}"})`);
    const found = await (await fetch(`${target.url}/api/v1/query?query=${selector}`)).json();
    expect(Number(found.data.result[0].value[1])).toBeGreaterThan(100);
  });
}

test('a target that refuses is told with its words, and the import can be resumed', async ({ page, afterwards }) => {
  const target = await startVictoriaMetrics();
  afterwards(target.remove);
  await page.goto('/');
  await page.fill('#vmUrl', target.url);
  await page.click('#testConnectionBtn');
  await expect(page.locator('#connectionResult')).toContainText('Connection successful');
  const now = Date.now();
  const line = JSON.stringify({ metric: { __name__: 'up', job: 'a', instance: 'b' }, values: [1, 2], timestamps: [now - 60_000, now - 30_000] });
  await page.setInputFiles('#bundleFile', { name: 'lines.jsonl', mimeType: 'application/octet-stream', buffer: Buffer.from(`${line}\nnot a line\n`) });
  await expect(page.locator('#analysisDetails')).toContainText('1 line left out');
  await target.remove();
  await page.click('#startImportBtn');
  await expect(page.locator('#statusPanel')).toHaveClass(/error/, { timeout: 60_000 });
  await expect(page.locator('#statusPanel')).toContainText('resume from the saved offset');
  await expect(page.locator('#resumeImportBtn')).toBeVisible();
  await page.click('#discardImportBtn');
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  await expect(page.locator('#statusPanel')).toContainText('Import discarded');
});
