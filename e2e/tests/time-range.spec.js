import { can } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { connect, expectStep, next, section } from '../fixtures/wizard.js';

const WALL = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;
const PRESETS = [
  ['Last 15 min', 15], ['Last 1 h', 60], ['Last 3 h', 180], ['Last 6 h', 360], ['Last 12 h', 720], ['Last 24 h', 1440],
];

test.beforeEach(async ({ page }) => {
  await can(page);
  await page.goto('/');
  await next(page);
});

test('the zone comes first, in sight, with the zone of the browser', async ({ page }) => {
  const zone = page.locator('#timezone');
  await expect(zone).toBeVisible();
  await expect(zone).toBeInViewport({ ratio: 1 });
  await expect(zone).toHaveValue('local');
  await expect(page.locator('label[for="timezone"]')).toContainText('Timezone');
  const options = await zone.locator('option').allTextContents();
  expect(options.length).toBeGreaterThan(5);
  for (const name of ['Local Time', 'UTC', 'America/New York', 'Europe/London', 'Asia/Tokyo']) {
    expect(options.filter((text) => text.startsWith(name))).toHaveLength(1);
  }
  const presets = page.locator('label', { hasText: 'Quick Presets' });
  await expect(presets).toHaveCount(1);
  await expect(presets).toBeVisible();
  const order = await page.evaluate(() => {
    const groups = [...document.querySelectorAll('.step[data-step="2"] div.form-group')];
    const zoneAt = groups.findIndex((group) => group.querySelector('#timezone'));
    const presetsAt = groups.findIndex((group) => group.textContent?.includes('Quick Presets'));
    return { before: zoneAt < presetsAt, siblings: groups[zoneAt].parentElement === groups[presetsAt].parentElement };
  });
  expect(order).toEqual({ before: true, siblings: true });
});

test('both times are filled in and are good as they are', async ({ page }) => {
  const from = await page.inputValue('#timeFrom');
  const to = await page.inputValue('#timeTo');
  expect(from).toMatch(WALL);
  expect(to).toMatch(WALL);
  expect(minutesBetween(from, to)).toBe(60);
  await next(page);
  await expectStep(page, 3);
});

test('a preset spans what it says, in every zone', async ({ page }) => {
  for (const zone of ['local', 'UTC', 'Asia/Tokyo']) {
    await page.selectOption('#timezone', zone);
    for (const [name, minutes] of PRESETS) {
      const button = page.locator('button.preset-btn', { hasText: String(name) });
      await expect(button).toHaveCount(1);
      await button.click();
      await expect(button).toHaveClass(/active/);
      await expect(page.locator('button.preset-btn.active')).toHaveCount(1);
      expect(minutesBetween(await page.inputValue('#timeFrom'), await page.inputValue('#timeTo'))).toBe(minutes);
      await expect(page.locator('#timezone')).toHaveValue(zone);
    }
  }
});

test('another zone shows the same moments', async ({ page }) => {
  await page.fill('#timeFrom', '2026-01-23T12:00');
  await page.fill('#timeTo', '2026-01-23T13:00');
  const utc = page.locator('#rangeUtc');
  await expect(utc).toHaveText('2026-01-23 11:00:00 – 2026-01-23 12:00:00');
  for (const [zone, from] of [['UTC', '2026-01-23T11:00'], ['America/New_York', '2026-01-23T06:00'], ['Europe/London', '2026-01-23T11:00'], ['Asia/Tokyo', '2026-01-23T20:00']]) {
    await page.selectOption('#timezone', zone);
    await expect(page.locator('#timeFrom')).toHaveValue(from);
    await expect(utc).toHaveText('2026-01-23 11:00:00 – 2026-01-23 12:00:00');
  }
});

test('typed times are kept and sent as moments of the chosen zone', async ({ page }) => {
  const api = await can(page);
  await page.selectOption('#timezone', 'Asia/Tokyo');
  await page.fill('#timeFrom', '2026-01-23T12:00');
  await page.fill('#timeTo', '2026-01-23T13:30');
  await expect(page.locator('#timeFrom')).toHaveValue('2026-01-23T12:00');
  await expect(page.locator('#timeTo')).toHaveValue('2026-01-23T13:30');
  await expect(page.locator('button.preset-btn.active')).toHaveCount(0);
  await next(page);
  await connect(page);
  await next(page);
  await expect.poll(() => api.to('/api/discover').length).toBe(1);
  expect(api.to('/api/discover')[0].body.time_range).toEqual({ start: '2026-01-23T03:00:00.000Z', end: '2026-01-23T04:30:00.000Z' });
});

test('a missing time keeps the step and is told at its field', async ({ page }) => {
  for (const id of ['timeFrom', 'timeTo']) {
    await page.goto('/');
    await next(page);
    await page.fill(`#${id}`, '');
    await next(page);
    await expectStep(page, 2);
    const summary = section(page, 2).locator('.error-summary');
    await expect(summary).toContainText('time');
    await expect(summary).toBeFocused();
    await expect(page.locator(`#${id}`)).toHaveAttribute('aria-invalid', 'true');
    await summary.getByRole('link').click();
    await expect(page.locator(`#${id}`)).toBeFocused();
  }
});

test('a start that is not before the end keeps the step until it is mended', async ({ page }) => {
  await page.fill('#timeFrom', '2026-01-23T13:00');
  await page.fill('#timeTo', '2026-01-23T12:00');
  await next(page);
  await expectStep(page, 2);
  await expect(section(page, 2).locator('.error-summary')).toContainText('before');
  await page.fill('#timeTo', '2026-01-23T14:00');
  await next(page);
  await expectStep(page, 3);
});

/** @param {string} from @param {string} to */
function minutesBetween(from, to) {
  return (Date.parse(`${to}Z`) - Date.parse(`${from}Z`)) / 60_000;
}

test('what is sent is the minute that is shown', async ({ page }) => {
  const api = await can(page);
  await page.clock.setFixedTime('2026-01-23T12:34:56.789Z');
  await page.selectOption('#timezone', 'UTC');
  await page.locator('button.preset-btn', { hasText: 'Last 15 min' }).click();
  await expect(page.locator('#timeTo')).toHaveValue('2026-01-23T12:34');
  await expect(page.locator('#rangeUtc')).toHaveText('2026-01-23 12:19:00 – 2026-01-23 12:34:00');
  await expect(page.locator('#timeFrom')).not.toHaveAttribute('step');
  await next(page);
  await connect(page);
  await next(page);
  await expect.poll(() => api.to('/api/discover').length).toBe(1);
  expect(api.to('/api/discover')[0].body.time_range).toEqual({ start: '2026-01-23T12:19:00.000Z', end: '2026-01-23T12:34:00.000Z' });
});

test('a preset is not pressed over a range that is old after a reload', async ({ page }) => {
  await page.clock.setFixedTime('2026-01-23T12:34:56Z');
  await page.locator('button.preset-btn', { hasText: 'Last 15 min' }).click();
  await page.reload();
  await expect(page.locator('button.preset-btn.active')).toHaveText('Last 15 min');
  const to = await page.inputValue('#timeTo');
  await page.clock.setFixedTime('2026-01-23T13:34:56Z');
  await page.reload();
  await expectStep(page, 2);
  await expect(page.locator('#timeTo')).toHaveValue(to);
  await expect(page.locator('button.preset-btn.active')).toHaveCount(0);
});

test('another range asks anew for what is in it, and keeps the choice', async ({ page }) => {
  const api = await can(page);
  await next(page);
  await connect(page);
  await next(page);
  await page.locator('.component-item').nth(1).click();
  await next(page);
  await expect(page.locator('#selectionSummary')).toContainText('42 series');
  const rail = page.getByRole('navigation', { name: 'Steps' });
  await rail.getByRole('link', { name: 'Time Range' }).click();
  await expect(rail.getByRole('link', { name: 'Obfuscation' })).toBeVisible();
  await page.locator('button.preset-btn', { hasText: 'Last 24 h' }).click();
  await expect(rail.getByRole('link', { name: 'Obfuscation' })).toHaveCount(0);
  await expect(page.locator('#selectionSummary')).not.toContainText('42');
  api.answer('/api/discover', { components: [{ component: 'vmstorage', jobs: ['vmstorage-prod'], metrics_count_estimate: 7 }] });
  await rail.getByRole('link', { name: 'Select Components' }).click();
  await expect(page.locator('.component-item')).toHaveClass(/selected/);
  await next(page);
  await expect(page.locator('#selectionSummary')).toContainText('7 series');
});

test('an estimate of no series says that nothing is in the range', async ({ page }) => {
  await can(page, { '/api/estimate': { series: 0, samples: 0, bundle_bytes_jsonl: 0, bundle_bytes_native: 0, seconds: 0 } });
  await next(page);
  await connect(page);
  await next(page);
  await expect(page.locator('#step5Next')).toBeEnabled();
  await next(page);
  await expect(page.locator('#estimateNote')).toContainText('Nothing that was chosen has samples in this time range');
  await expect(page.locator('#estimateNote')).toHaveAttribute('data-status', 'warning');
  for (const figure of ['#estimateBytes', '#estimateTime']) await expect(page.locator(figure)).toHaveText('–');
});
