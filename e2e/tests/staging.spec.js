import { can } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { expectStep, next, toExport } from '../fixtures/wizard.js';

test('the folder is never empty and follows the default of the server', async ({ page }) => {
  await can(page, { '/api/config': { default_staging_dir: '/srv/staging' } });
  await page.goto('/');
  await expect(page.locator('#stagingDir')).toHaveValue('/srv/staging');
  await toExport(page);
  await expect(page.locator('#stagingDirHint')).toContainText('Ready');
});

test('a missing folder can be created, and only when asked', async ({ page }) => {
  const api = await can(page, {
    '/api/fs/check': (/** @type {any} */ { body }) =>
      body.ensure ? { ok: true, abs_path: body.path, exists: true, can_create: true } : { ok: false, abs_path: body.path, exists: false, can_create: true },
  });
  await page.goto('/');
  await toExport(page);
  await page.fill('#stagingDir', '/tmp/some-name/nested');
  await page.locator('#stagingDir').blur();
  await expect(page.locator('#stagingDirHint')).toContainText('Create directory');
  const create = page.locator('#createStagingDirBtn');
  await expect(create).toBeVisible();
  await expect(create).toBeEnabled();
  await create.click();
  await expect(page.locator('#stagingDirHint')).toContainText('Ready');
  await expect(create).toBeHidden();
  const asked = api.to('/api/fs/check').filter(({ body }) => body.path === '/tmp/some-name/nested');
  expect(asked.map(({ body }) => body.ensure)).toEqual([false, true]);
});

test('an unusable folder shows the words of the server', async ({ page }) => {
  await can(page, { '/api/fs/check': { ok: false, exists: true, can_create: false, message: 'permission denied' } });
  await page.goto('/');
  await toExport(page);
  await page.fill('#stagingDir', '/root/secret');
  await expect(page.locator('#stagingDirHint')).toContainText('permission denied');
  await expect(page.locator('#createStagingDirBtn')).toBeHidden();
});

test('an outdated answer does not speak for what was typed after it', async ({ page }) => {
  await can(page, {
    '/api/fs/check': (/** @type {any} */ { body }) =>
      body.path === '/good' ? { ok: true, abs_path: '/good' } : { ok: false, exists: true, message: `bad ${body.path}` },
  });
  await page.goto('/');
  await toExport(page);
  await page.fill('#stagingDir', '/bad');
  await page.fill('#stagingDir', '/good');
  await page.locator('#stagingDir').blur();
  await expect(page.locator('#stagingDirHint')).toContainText('Ready: /good');
  await expect(page.locator('#stagingDirHint')).not.toContainText('bad');
});

test('a chosen folder is remembered for the next visit', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toExport(page);
  await page.fill('#stagingDir', '/mnt/big');
  await page.locator('#stagingDir').blur();
  await expect(page.locator('#stagingDirHint')).toContainText('Ready: /mnt/big');
  await page.goto('/');
  await expect(page.locator('#stagingDir')).toHaveValue('/mnt/big');
});

test('an empty folder keeps the export from starting', async ({ page }) => {
  const api = await can(page);
  await page.goto('/');
  await toExport(page);
  await page.fill('#stagingDir', ' ');
  await page.click('#startExportBtn');
  await expect(page.locator('.step.active .error-summary')).toContainText('Enter a folder');
  expect(api.to('/api/export/start')).toHaveLength(0);
  await expectStep(page, 6);
});

test('the picker walks through folders and takes one', async ({ page }) => {
  /** @type {Record<string, object>} */
  const folders = {
    '/srv': { path: '/srv', parent: '/', exists: true, entries: [{ name: 'data', path: '/srv/data', writable: true }, { name: 'ro', path: '/srv/ro', writable: false }] },
    '/srv/data': { path: '/srv/data', parent: '/srv', exists: true, entries: [] },
  };
  await can(page, {
    '/api/config': { default_staging_dir: '/srv', supports_dir_picker: true },
    '/api/fs/list': (/** @type {any} */ { url }) => folders[new URL(url).searchParams.get('path') ?? ''],
  });
  await page.goto('/');
  await toExport(page);
  await page.click('#stagingDirBrowse');
  const dialog = page.getByRole('dialog', { name: 'Choose a folder' });
  await expect(dialog).toHaveClass(/visible/);
  await expect(dialog.locator('li', { hasText: 'ro' })).toContainText('read-only');
  await dialog.getByRole('button', { name: 'data' }).click();
  await expect(page.locator('#dirPickerCurrent')).toHaveText('/srv/data');
  await dialog.getByRole('button', { name: 'Up' }).click();
  await expect(page.locator('#dirPickerCurrent')).toHaveText('/srv');
  await dialog.getByRole('button', { name: 'data' }).click();
  await expect(page.locator('#dirPickerCurrent')).toHaveText('/srv/data');
  await dialog.getByRole('button', { name: 'Use this directory' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.locator('#stagingDir')).toHaveValue('/srv/data');
  await page.click('#stagingDirBrowse');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('the picker is left without a choice by Cancel and by a click beside it', async ({ page }) => {
  await can(page, {
    '/api/config': { default_staging_dir: '/srv', supports_dir_picker: true },
    '/api/fs/list': (/** @type {any} */ { url }) => ({ path: new URL(url).searchParams.get('path'), parent: '/', exists: true, entries: [{ name: 'data', path: '/srv/data' }] }),
  });
  await page.goto('/');
  await toExport(page);
  const dialog = page.getByRole('dialog', { name: 'Choose a folder' });
  const leave = [() => dialog.getByRole('button', { name: 'Cancel' }).click(), () => page.mouse.click(5, 5)];
  for (const [at, act] of leave.entries()) {
    await page.click('#stagingDirBrowse');
    await dialog.getByRole('button', { name: 'data' }).click();
    await expect(page.locator('#dirPickerCurrent'), `way ${at}`).toHaveText('/srv/data');
    await act();
    await expect(dialog, `way ${at}`).toBeHidden();
    await expect(page.locator('#stagingDir'), `way ${at}`).toHaveValue('/srv');
  }
});

test('the picker reads the folder it shows again', async ({ page }) => {
  const api = await can(page, {
    '/api/config': { default_staging_dir: '/srv', supports_dir_picker: true },
    '/api/fs/list': { path: '/srv', parent: '/', exists: true, entries: [] },
  });
  await page.goto('/');
  await toExport(page);
  await page.click('#stagingDirBrowse');
  await expect(page.locator('#dirPickerStatus')).toHaveText('No folders in here.');
  api.answer('/api/fs/list', { path: '/srv', parent: '/', exists: true, entries: [{ name: 'new', path: '/srv/new' }] });
  await page.click('#dirPickerRefreshBtn');
  await expect(page.locator('#dirPickerList li')).toHaveText(['new']);
  await expect(page.locator('#dirPickerStatus')).toBeEmpty();
  expect(api.to('/api/fs/list').map(({ url }) => new URL(url).searchParams.get('path'))).toEqual(['/srv', '/srv']);
});

test('the default folder comes back on request, and the chosen one is forgotten', async ({ page }) => {
  await can(page, { '/api/config': { default_staging_dir: '/srv/staging' } });
  await page.goto('/');
  await toExport(page);
  await page.fill('#stagingDir', '/mnt/big');
  await page.locator('#stagingDir').blur();
  await expect(page.locator('#stagingDirHint')).toContainText('Ready: /mnt/big');
  await page.getByRole('button', { name: 'Use default' }).click();
  await expect(page.locator('#stagingDir')).toHaveValue('/srv/staging');
  await expect(page.locator('#stagingDirHint')).toContainText('Ready: /srv/staging');
  await page.goto('/');
  await expect(page.locator('#stagingDir')).toHaveValue('/srv/staging');
});

test('the focus goes to the folder when the button that created it goes', async ({ page }) => {
  await can(page, {
    '/api/fs/check': (/** @type {any} */ { body }) =>
      body.ensure ? { ok: true, abs_path: body.path } : { ok: false, exists: false, can_create: true },
  });
  await page.goto('/');
  await toExport(page);
  await page.fill('#stagingDir', '/mnt/new');
  await expect(page.locator('#createStagingDirBtn')).toBeVisible();
  await page.locator('#createStagingDirBtn').focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('#createStagingDirBtn')).toBeHidden();
  await expect(page.locator('#stagingDir')).toBeFocused();
});

for (const [from, recommended] of [['11:45', '30 s'], ['11:44', '1 min'], ['06:00', '1 min'], ['05:59', '5 min']]) {
  test(`for a range from ${from} to 12:00 a step of ${recommended} is recommended`, async ({ page }) => {
    await can(page);
    await page.goto('/');
    await next(page);
    await page.selectOption('#timezone', 'UTC');
    await page.fill('#timeFrom', `2026-01-23T${from}`);
    await page.fill('#timeTo', '2026-01-23T12:00');
    await expect(page.locator('#metricStepHint')).toContainText(`Recommended for this range: ${recommended}.`);
  });
}

test('the window of a request is told in words', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toExport(page);
  const hint = page.locator('#batchWindowHint');
  await expect(hint).toHaveText('vmgather chooses what is kind to the server.');
  for (const [window, length] of [['300', '5 min'], ['900', '15 min'], ['3600', '1 h']]) {
    await page.selectOption('#batchWindowSelect', window);
    await expect(hint).toHaveText(`Each request covers ${length}.`);
  }
  await page.selectOption('#batchWindowSelect', 'custom');
  await page.fill('#customBatchWindowInput', '90');
  await expect(hint).toHaveText('Each request covers 1 min 30 s.');
});
