/** What is wrong in a form: a box above it that takes focus, and a line at each field. */

import { byId, el, find } from './dom.js';
import { icon } from './icon.js';
import { prose } from './prose.js';

/**
 * @typedef {object} Problem
 * @property {string} text what is wrong and what to do
 * @property {string} [field] id of the input concerned
 * @property {{ text: string, follow: () => void }} [way] a button that leads to where it is mended
 */

/**
 * Shows problems in the `.error-summary` of a section, or removes it when there are none.
 *
 * @param {HTMLElement} section
 * @param {Problem[]} problems
 */
export function showProblems(section, problems) {
  const box = find(section, '.error-summary', HTMLElement);
  for (const input of section.querySelectorAll('[data-problem]')) clearField(input);
  box.hidden = problems.length === 0;
  box.replaceChildren();
  if (problems.length === 0) return;

  const list = el('ul', { class: 'error-summary__list' });
  for (const { text, field, way } of problems) {
    const item = el('li', {}, ...(field === undefined ? prose(text) : [linkTo(field, text)]));
    if (way !== undefined) item.append(' ', buttonTo(way));
    list.append(item);
    if (field !== undefined) markField(byId(field, HTMLElement), text);
  }
  box.append(icon('alert'), list);
  box.focus();
}

/** @param {string} field @param {string} text */
function linkTo(field, text) {
  const link = el('a', { href: `#${field}` }, text);
  link.addEventListener('click', (event) => {
    event.preventDefault();
    byId(field, HTMLElement).focus();
  });
  return link;
}

/** @param {{ text: string, follow: () => void }} way */
function buttonTo({ text, follow }) {
  const button = el('button', { type: 'button', class: 'btn btn--small' }, text);
  button.addEventListener('click', follow);
  return button;
}

/** @param {HTMLElement} input @param {string} text */
function markField(input, text) {
  const id = `${input.id}Problem`;
  input.after(el('p', { class: 'field-error', id }, icon('alert'), text));
  input.dataset.problem = input.getAttribute('aria-describedby') ?? '';
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-describedby', `${id} ${input.dataset.problem}`.trim());
}

/** @param {Element} input */
function clearField(input) {
  document.getElementById(`${input.id}Problem`)?.remove();
  input.removeAttribute('aria-invalid');
  const described = input.getAttribute('data-problem') ?? '';
  if (described === '') input.removeAttribute('aria-describedby');
  else input.setAttribute('aria-describedby', described);
  input.removeAttribute('data-problem');
}
