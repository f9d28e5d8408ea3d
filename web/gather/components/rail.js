/** The list of steps at the side: where one is, what was chosen, and links back. */

/** @import { Wizard } from '../wizard.js' */
/** @import { State } from '../state.js' */

import { byId, el } from '../../shared/dom.js';
import { formatDuration, formatNoun } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { showsOther } from '../payload.js';
import { chosenComponents } from '../selection.js';
import { stepName, stepSlug } from '../sequence.js';

/** @param {Wizard} wizard */
export function attachRail(wizard) {
  const list = byId('rail', HTMLElement);
  let painted = '';
  wizard.store.watch((state) => {
    const reachable = wizard.reachable();
    const silent = state.step === 6 && showsOther(state);
    const items = wizard.sequence.map((step, at) => ({
      step,
      at,
      name: stepName(step, state.mode),
      chosen: silent || step === state.step ? '' : chosenText(step, state),
      linked: reachable.includes(step) && step !== state.step,
      done: at < wizard.sequence.indexOf(state.step) || (step === 7 && state.result !== null),
      current: step === state.step,
    }));
    const key = JSON.stringify(items);
    if (key === painted) return;
    painted = key;
    list.replaceChildren(...items.map((item) => paint(item, wizard)));
  });
}

/**
 * @param {{ step: number, at: number, name: string, chosen: string, linked: boolean, done: boolean, current: boolean }} item
 * @param {Wizard} wizard
 */
function paint({ step, at, name, chosen, linked, done, current }, wizard) {
  const marker = el('span', { class: 'rail__marker', 'aria-hidden': 'true' }, done ? icon('check') : String(at + 1));
  const text = el('span', { class: 'rail__text' }, name, chosen === '' ? null : el('span', { class: 'rail__chosen' }, chosen));
  const row = { class: `rail__row${current ? ' rail__row--current' : ''}${done ? ' rail__row--done' : ''}` };
  if (!linked) {
    return el('li', {}, el('span', { ...row, 'aria-current': current ? 'step' : false }, marker, text));
  }
  const link = el('a', { ...row, href: `#${stepSlug(step)}` }, marker, text);
  link.addEventListener('click', (event) => {
    event.preventDefault();
    wizard.show(step);
  });
  return el('li', {}, link);
}

/** @param {number} step @param {State} state */
function chosenText(step, state) {
  if (step === 2 && state.step > 2) {
    return formatDuration((state.toMs - state.fromMs) / 1000);
  }
  if (step === 3 && state.connection) {
    const { url, tenant_id: tenant } = state.connection;
    return `${url.replace(/^https?:\/\//, '')}${tenant ? `, tenant ${tenant}` : ''}`;
  }
  if (step === 4 && state.queryType !== '') return state.query.trim();
  if (step === 5 && state.mode === 'cluster' && state.step > 5) {
    const chosen = chosenComponents(state.selection).length;
    return chosen === 0 ? '' : formatNoun(chosen, 'component');
  }
  if (step === 5 && state.mode === 'custom' && state.step > 5) return formatNoun(state.targets.length, 'job');
  return '';
}
