/** A button that copies a text and says so. */

const SHOWN_MS = 2000;

/**
 * @param {HTMLButtonElement} button
 * @param {() => string} text
 */
export function attachCopyButton(button, text) {
  const label = button.textContent ?? '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  button.addEventListener('click', async () => {
    let said = 'Copied';
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      said = 'Copy failed';
    }
    button.textContent = said;
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = label;
    }, SHOWN_MS);
  });
}
