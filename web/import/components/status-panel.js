/** How an import stands when it does not simply go on: an error, a warning, what can be done. */

import { byId, el } from '../../shared/dom.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';

/** @typedef {{ id: string, text: string, danger?: boolean, run: () => unknown }} StatusAction */

/** @type {Record<'error' | 'success' | 'warning' | 'info', import('../../shared/icon.js').IconName>} */
const ICONS = { error: 'alert', success: 'check', warning: 'alert', info: 'info' };

export function attachStatusPanel() {
  const panel = byId('statusPanel', HTMLElement);

  return {
    hide() {
      panel.hidden = true;
      panel.className = 'status';
      panel.replaceChildren();
    },

    /**
     * @param {keyof typeof ICONS} kind
     * @param {string} title
     * @param {string[]} texts
     * @param {StatusAction[]} [actions]
     */
    show(kind, title, texts, actions = []) {
      const buttons = actions.map(({ id, text, danger = false, run }) => {
        const button = el('button', { type: 'button', class: `btn btn--small${danger ? ' btn--danger' : ''}`, id }, text);
        button.addEventListener('click', async () => {
          button.disabled = true;
          await run();
          button.disabled = false;
        });
        return button;
      });
      panel.className = `status ${kind}`;
      panel.replaceChildren(icon(ICONS[kind]),
        el('div', { class: 'status__text' }, el('strong', {}, title),
          ...texts.filter((text) => text !== '').map((text) => el('p', {}, ...prose(text))),
          buttons.length === 0 ? null : el('div', { class: 'tools' }, ...buttons)));
      panel.hidden = false;
    },
  };
}
