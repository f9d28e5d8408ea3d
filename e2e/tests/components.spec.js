import { can, COMPONENTS } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { expectStep, next, section, toComponents, toExport } from '../fixtures/wizard.js';

test('components are sorted and tell jobs, instances and series', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toComponents(page);
  const items = page.locator('.component-item');
  await expect(page.locator('#componentsList')).toBeVisible();
  await expect(items).toHaveCount(2);
  await expect(items.nth(0).locator('.component-header')).toHaveText('vmagent');
  await expect(items.nth(0).locator('.component-details')).toContainText('Jobs: vmagent-eu, vmagent-us');
  await expect(items.nth(0).locator('.component-details')).toContainText('Instances: 6');
  await expect(items.nth(0).locator('.jobs-group')).toBeVisible();
  await expect(items.nth(0).locator('.job-item')).toHaveCount(2);
  await expect(items.nth(0).locator('.job-item input[type="checkbox"]')).toHaveCount(2);
  await expect(items.nth(1).locator('.jobs-group')).toHaveCount(0);
  await expect(items.nth(1).locator('.component-details')).toContainText('42 series');
});

test('numbers that are not known are told as such', async ({ page }) => {
  await can(page, { '/api/discover': { components: [{ component: 'vmauth', jobs: ['a', 'b'], metrics_count_estimate: -1 }] } });
  await page.goto('/');
  await toComponents(page);
  const item = page.locator('.component-item');
  await expect(item).toContainText('Instances: unknown');
  await expect(item).toContainText('series unknown');
  await expect(item).not.toContainText('undefined');
});

test('jobs and their component choose each other', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toComponents(page);
  const agent = page.locator('.component-item').nth(0);
  const header = agent.locator('input').first();
  const [first, second] = [agent.locator('.job-item input').nth(0), agent.locator('.job-item input').nth(1)];
  await expect(page.locator('.component-item input:checked')).toHaveCount(0);
  await first.check();
  await expect(header).toBeChecked();
  await expect(agent.locator('.job-item input:checked')).toHaveCount(1);
  await second.check();
  await expect(agent.locator('.job-item input:checked')).toHaveCount(2);
  await first.uncheck();
  await expect(header).toBeChecked();
  await second.uncheck();
  await expect(header).not.toBeChecked();
  await header.check();
  await expect(agent.locator('.job-item input:checked')).toHaveCount(2);
  await header.uncheck();
  await expect(agent.locator('.job-item input:checked')).toHaveCount(0);
});

test('a click anywhere on a card is one toggle', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toComponents(page);
  const storage = page.locator('.component-item').nth(1);
  await storage.click();
  await expect(storage).toHaveClass(/selected/);
  await storage.locator('.component-name').click();
  await expect(storage).not.toHaveClass(/selected/);
  await storage.locator('input').click();
  await expect(storage).toHaveClass(/selected/);
  await page.locator('.job-item__name', { hasText: 'vmagent-us' }).click();
  await expect(page.locator('.job-item input:checked')).toHaveCount(1);
});

test('going on without a choice takes everything', async ({ page }) => {
  const api = await can(page);
  await page.goto('/');
  await toExport(page);
  await expect.poll(() => api.to('/api/sample').length).toBe(1);
  expect(api.to('/api/sample')[0].body.config).toMatchObject({
    mode: 'cluster', query_type: '', query: '', components: ['vmagent', 'vmstorage'], jobs: ['vmagent-eu', 'vmagent-us', 'vmstorage-prod'],
  });
  await expect(page.locator('#selectionSummary')).toContainText('1,242 series');
});

test('the summary follows the choice', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toComponents(page);
  await page.locator('.component-item').nth(1).click();
  await next(page);
  await expect(page.locator('#selectionSummary')).toContainText('42 series');
  await expect(page.locator('#selectionSummary')).not.toContainText('vmagent');
  await section(page, 6).getByRole('button', { name: 'Back' }).click();
  await expect(page.locator('.component-item').nth(1)).toHaveClass(/selected/);
});

test('a job that holds other components too is told before it is taken', async ({ page }) => {
  await can(page, { '/api/discover': { components: [{ component: 'vmauth', jobs: ['edge'] }, { component: 'vminsert', jobs: ['edge'] }] } });
  await page.goto('/');
  await toComponents(page);
  await page.locator('.component-item').nth(0).click();
  await expect(page.locator('#selectionCount')).toContainText('Job edge also holds vminsert');
});

test('a failed discovery stays in its box and can be repeated', async ({ page }) => {
  const api = await can(page, { '/api/discover': { status: 502, body: { error: 'no answer from vmselect', hint: 'look at its log' } } });
  await page.goto('/');
  await toComponents(page);
  await expect(page.locator('#componentsError')).toContainText('no answer from vmselect');
  await expect(page.locator('#componentsError')).toContainText('look at its log');
  api.answer('/api/discover', COMPONENTS);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('.component-item')).toHaveCount(2);
  await expect(page.getByText('Discovery failed')).toHaveCount(0 + 1);
  await expect(page.locator('#componentsError')).toBeHidden();
});

test('an empty answer says so', async ({ page }) => {
  await can(page, { '/api/discover': { components: [] } });
  await page.goto('/');
  await toComponents(page);
  await expect(page.locator('#componentsNotes')).toContainText('No components were found');
  await expectStep(page, 5);
});

test('a component of which only some jobs are chosen shows neither all nor nothing', async ({ page }) => {
  await can(page);
  await page.goto('/');
  await toComponents(page);
  const agent = page.locator('.component-item').nth(0);
  const mixed = () => agent.locator('input').first().evaluate((box) => /** @type {HTMLInputElement} */ (box).indeterminate);
  expect(await mixed()).toBe(false);
  await agent.locator('.job-item input').nth(0).check();
  expect(await mixed()).toBe(true);
  await agent.locator('.job-item input').nth(1).check();
  expect(await mixed()).toBe(false);
  await agent.locator('.job-item input').nth(0).uncheck();
  expect(await mixed()).toBe(true);
  await agent.locator('.job-item input').nth(1).uncheck();
  expect(await mixed()).toBe(false);
});

test('the focus does not get lost when a discovery is tried again', async ({ page }) => {
  const api = await can(page, { '/api/discover': { status: 502, body: { error: 'no answer' } } });
  await page.goto('/');
  await toComponents(page);
  const retry = page.getByRole('button', { name: 'Try again' });
  await retry.focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => api.to('/api/discover').length).toBe(2);
  await expect(retry).toBeFocused();
  api.answer('/api/discover', COMPONENTS);
  await page.keyboard.press('Enter');
  await expect(page.locator('.component-item')).toHaveCount(2);
  await expect(page.locator('#title5')).toBeFocused();
});
