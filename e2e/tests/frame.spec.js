import { can, COMPLETED } from '../fixtures/canned.js';
import { expect, test } from '../fixtures/test.js';
import { connect, expectStep, next, section, toConnection, toExport } from '../fixtures/wizard.js';

test.beforeEach(async ({ page }) => {
  await can(page);
  await page.goto('/');
});

test('the header names the tool and shows its mark on a plain ground', async ({ page }) => {
  await expect(page.locator('header')).toHaveCount(1);
  await expect(page.locator('header h1')).toContainText('vmgather');
  await expect(page.locator('header svg')).toHaveCount(1);
  await expect(page.locator('header svg')).toBeVisible();
  const background = await page.locator('header').evaluate((header) => getComputedStyle(header));
  expect(background.backgroundImage).toBe('none');
  expect(background.backgroundColor).toMatch(/^rgb\(/);
});

test('the page begins with one way on', async ({ page }) => {
  await expectStep(page, 1);
  await expect(section(page, 1).locator('button.btn-primary')).toHaveText('Next');
  await expect(section(page, 1).getByRole('button', { name: 'Back' })).toBeDisabled();
  await expect(page.getByRole('button', { name: /next/i })).toHaveCount(1);
});

test('all seven steps are in the document, and one is shown', async ({ page }) => {
  const steps = page.locator('.step');
  await expect(steps).toHaveCount(7);
  expect(await steps.evaluateAll((all) => all.map((one) => one.getAttribute('data-step')))).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  await expect(page.locator('.step:visible')).toHaveCount(1);
  for (let step = 1; step <= 7; step += 1) {
    await expect(section(page, step).locator('h2.step-title')).toHaveCount(1);
    await expect(section(page, step).locator('button[data-next="true"]')).toHaveCount(step <= 5 ? 1 : 0);
  }
});

test('the welcome tells where the file goes', async ({ page }) => {
  const box = section(page, 1).locator('.info-box');
  await expect(box).toHaveCount(1);
  await expect(box).toContainText('VictoriaMetrics team');
  await expect(box).not.toContainText('support team');
});

test('caption, title and progress follow each step', async ({ page }) => {
  const info = page.locator('.step-info');
  const width = () => page.locator('.progress-fill').evaluate((fill) => /** @type {HTMLElement} */ (fill).style.width);
  await expect(info).toHaveText('Step 1 of 6: Welcome');
  expect(await width()).toBe('0%');
  await next(page);
  await expect(info).toHaveText('Step 2 of 6: Time Range');
  await expect(section(page, 2).locator('h2.step-title')).toContainText('Select Time Range');
  expect(await width()).toBe('20%');
  await expect(section(page, 2).locator('[data-next]')).toBeEnabled();
  await expect(section(page, 1)).not.toHaveClass(/active/);
  await next(page);
  await expect(info).toHaveText('Step 3 of 6: VM Connection');
  await connect(page);
  await next(page);
  await expect(info).toHaveText('Step 4 of 6: Select Components');
  await expect(page.locator('#step5Next')).toBeEnabled();
  await next(page);
  await expect(info).toHaveText('Step 5 of 6: Obfuscation');
  await page.click('#startExportBtn');
  await expect(info).toHaveText('Step 6 of 6: Complete');
  expect(await width()).toBe('100%');
});

test('a step is shown before the click handler returns', async ({ page }) => {
  const shown = await page.evaluate(() => {
    const button = document.querySelector('.step.active [data-next]');
    if (button instanceof HTMLButtonElement) button.click();
    return document.querySelector('.step.active')?.getAttribute('data-step');
  });
  expect(shown).toBe('2');
});

test('only the Next of the shown step is the primary one', async ({ page }) => {
  const primary = page.locator('button.btn-primary', { hasText: 'Next' });
  for (const step of [1, 2, 3]) {
    await expectStep(page, step);
    await expect(primary).toHaveCount(1);
    await expect(section(page, step).locator('[data-next]')).toHaveClass(/btn-primary/);
    if (step < 3) await expect(section(page, step).locator('button.btn-primary')).toHaveCount(1);
    if (step < 3) await next(page);
  }
});

test('Back goes one step back without asking', async ({ page }) => {
  await next(page);
  await page.fill('#timeFrom', '');
  await section(page, 2).getByRole('button', { name: 'Back' }).click();
  await expectStep(page, 1);
});

test('the buttons keep their place from step to step', async ({ page }) => {
  const place = () => page.locator('.step.active [data-next]').boundingBox();
  const first = await place();
  await next(page);
  const second = await place();
  await next(page);
  const third = await place();
  expect(second?.x).toBe(first?.x);
  expect(third?.x).toBe(first?.x);
  expect(second?.y).toBe(first?.y);
});

test('the mode is chosen on the first step and starts the choices anew', async ({ page }) => {
  await page.click('.mode-slider');
  await expect(page.locator('body')).toHaveClass(/mode-custom/);
  await expect(page.locator('.step-info')).toHaveText('Step 1 of 7: Welcome');
  await page.click('.mode-slider');
  await expect(page.locator('body')).not.toHaveClass(/mode-custom/);
  await toConnection(page);
  await connect(page);
  await page.locator('#modeToggleWrapper').hover();
  await expect(page.locator('#modeLocked')).toBeVisible();
  await expect(page.locator('#modeToggleInput')).toBeDisabled();
  await section(page, 3).getByRole('button', { name: 'Back' }).click();
  await section(page, 2).getByRole('button', { name: 'Back' }).click();
  await page.click('.mode-slider');
  await toConnection(page);
  await expect(page.locator('#step3Next')).toBeDisabled();
});

test('each step has an address, and the browser goes back and forward', async ({ page }) => {
  await toConnection(page);
  await expect(page).toHaveURL(/#connection$/);
  await page.goBack();
  await expectStep(page, 2);
  await page.goForward();
  await expectStep(page, 3);
});

test('a link leads as far as the steps before it are done', async ({ page }) => {
  await page.goto('/#export');
  await page.reload();
  await expectStep(page, 3);
  await expect(page).toHaveURL(/#connection$/);
  await page.goto('/#time');
  await expectStep(page, 2);
});

test('the list of steps leads back and shows what was chosen', async ({ page }) => {
  await toConnection(page);
  await connect(page, 'http://vmselect:8481/select/7/prometheus');
  await next(page);
  const rail = page.getByRole('navigation', { name: 'Steps' });
  await expect(rail.locator('[aria-current="step"]')).toContainText('Select Components');
  await expect(rail).toContainText('vmselect:8481, tenant 7');
  await rail.getByRole('link', { name: 'Time Range' }).click();
  await expectStep(page, 2);
});

test('the keyboard alone goes through the first steps', async ({ page }) => {
  await page.keyboard.press('Tab');
  await expect(page.locator('.skip-link')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(section(page, 1).locator('[data-next]')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(section(page, 2).locator('.step-title')).toBeFocused();
  await page.locator('#timeTo').focus();
  await section(page, 2).locator('[data-next]').focus();
  await page.keyboard.press('Space');
  await expectStep(page, 3);
});

test('the keyboard alone reaches a bundle', async ({ page }) => {
  /** @param {string} selector */
  const tabTo = async (selector) => {
    for (let presses = 0; presses < 80; presses += 1) {
      if (await page.locator(selector).evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`the keyboard does not reach ${selector}`);
  };
  const goOn = async () => {
    await tabTo('.step.active [data-next]');
    await page.keyboard.press('Enter');
  };
  await goOn();
  await tabTo('.preset-btn >> nth=2');
  await page.keyboard.press('Space');
  await goOn();
  await tabTo('#vmUrl');
  await page.keyboard.type('http://vm:8428');
  await page.keyboard.press('Enter');
  await expect(page.locator('#step3Next')).toBeEnabled();
  await goOn();
  await expect(page.locator('#step5Next')).toBeEnabled();
  await tabTo('.component-item input >> nth=0');
  await page.keyboard.press('Space');
  await expect(page.locator('.component-item').first()).toHaveClass(/selected/);
  await goOn();
  await tabTo('#enableObfuscation');
  await page.keyboard.press('Space');
  await expect(page.locator('#obfuscationOptions')).toBeVisible();
  await tabTo('#previewDetails > summary');
  await page.keyboard.press('Enter');
  await expect(page.locator('.metric-name').first()).toBeVisible();
  await tabTo('#startExportBtn');
  await page.keyboard.press('Enter');
  await expectStep(page, 7);
  await tabTo('#downloadBtn');
  const outline = await page.locator('#downloadBtn').evaluate((button) => getComputedStyle(button).outlineStyle);
  expect(outline).toBe('solid');
});

test('the network is quiet after loading', async ({ page }) => {
  await page.goto('/', { waitUntil: 'networkidle' });
  await expectStep(page, 1);
});

test('a late default of the server does not disturb what was done meanwhile', async ({ page }) => {
  /** @type {(value?: unknown) => void} */
  let release = () => {};
  const held = new Promise((resolve) => (release = resolve));
  await page.route('**/api/config', async (route) => {
    await held;
    await route.fulfill({ json: { version: 'v9.9.9', default_staging_dir: '/late' } });
  });
  await page.goto('/');
  await toConnection(page);
  await page.fill('#vmUrl', 'http://typed:8428');
  release();
  await expect(page.locator('#appVersion')).toHaveText('v9.9.9');
  await expectStep(page, 3);
  await expect(page.locator('#vmUrl')).toHaveValue('http://typed:8428');
});

test('the first step stands there before any script runs, as scripts leave it', async ({ page, browser, baseURL, afterwards }) => {
  const bare = await browser.newContext({ baseURL, javaScriptEnabled: false });
  afterwards(() => bare.close());
  const still = await bare.newPage();
  await still.goto('/');
  for (const part of ['#rail', '.position', '.step.active', '#modeToggleWrapper']) {
    expect(await still.locator(part).innerText(), part).toBe(await page.locator(part).innerText());
  }
  await expect(still.locator('.rail__row--current')).toHaveAttribute('aria-current', 'step');
  expect(await still.locator('.progress-fill').evaluate((fill) => fill.getBoundingClientRect().width)).toBe(0);
});

test('while an export runs the mode stays, and its result can be reached from every step', async ({ page }) => {
  const api = await can(page, { '/api/export/status': { state: 'running', progress: 0.25 } });
  await toExport(page);
  await page.click('#startExportBtn');
  await expect(page.locator('#exportProgressPercent')).toHaveText('25%');
  const rail = page.getByRole('navigation', { name: 'Steps' });
  await rail.getByRole('link', { name: 'Welcome' }).click();
  await expect(page.locator('#modeToggleInput')).toBeDisabled();
  await expect(page.locator('#modeHint')).toHaveText('An export runs');
  api.answer('/api/export/status', COMPLETED);
  await expect(page.locator('#modeToggleInput')).toBeEnabled();
  await expect(page.locator('#modeHint')).toBeHidden();
  await page.click('.mode-slider');
  await rail.getByRole('link', { name: 'Complete' }).click();
  await expectStep(page, 7);
  await expect(page.locator('#archivePath')).toHaveText('/data/out/bundle.zip');
});

test('why the mode and the way on are closed stands there without a pointer', async ({ page }) => {
  await expect(page.locator('#modeHint')).toBeHidden();
  await toConnection(page);
  await expect(page.locator('#modeHint')).toBeVisible();
  await expect(page.locator('#modeHint')).toContainText('first step');
  await expect(page.locator('#step3NextHint')).toBeVisible();
  await expect(page.locator('#step3NextHint')).toContainText('Test the connection');
  await connect(page);
  await expect(page.locator('#step3NextHint')).toBeHidden();
});
