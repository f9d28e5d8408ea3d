/** Step 4: the selector or query of custom mode. */

/** @import { Connection } from '../api.js' */
/** @import { Wizard } from '../wizard.js' */

import { byId, el } from '../../shared/dom.js';
import { formatCount } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';
import { RequestError } from '../../shared/request.js';
import { validateQuery } from '../api.js';
import { queryKind } from '../query-type.js';

const BADGES = { empty: 'waiting for input', selector: 'selector', metricsql: 'MetricsQL' };
const BEHAVIOUR = {
  empty: 'A selector collects stored samples; a MetricsQL query collects computed results.',
  selector: 'A selector: its stored samples are collected. You choose the jobs on the following page.',
  metricsql: 'A MetricsQL query: the server computes its results, one value per step. Choosing jobs is left out.',
};

/** @param {Wizard} wizard @param {() => Connection | null} connection */
export function attachQuery(wizard, connection) {
  const { store } = wizard;
  const input = byId('customQueryInput', HTMLTextAreaElement);
  const badge = byId('queryTypeBadge', HTMLElement);
  const status = byId('customQueryStatus', HTMLElement);
  const behaviour = byId('customQueryBehavior', HTMLElement);
  const result = byId('customQueryValidationResult', HTMLElement);
  const button = byId('validateCustomQueryBtn', HTMLButtonElement);
  let run = 0;

  /** @param {'pending' | 'progress' | 'success' | 'error'} state @param {string} text */
  const paintStatus = (state, text) => {
    const marks = /** @type {const} */ ({ pending: 'ring', progress: 'spinner', success: 'check', error: 'cross' });
    status.dataset.status = state;
    status.replaceChildren(icon(marks[state]), el('span', {}, text));
  };
  const paintKind = () => {
    const kind = queryKind(input.value);
    badge.textContent = BADGES[kind];
    badge.dataset.kind = kind;
    behaviour.textContent = BEHAVIOUR[kind];
  };
  /** @param {string} text @param {string} [hint] */
  const fail = (text, hint = '') => {
    paintStatus('error', 'Validation failed');
    const box = el('div', { class: 'error-message' }, icon('alert'), el('div', {}, el('p', {}, ...prose(text)), hint === '' ? null : el('p', {}, ...prose(hint))));
    result.replaceChildren(box);
  };

  /** @param {boolean} running */
  const paintButton = (running) => {
    // Disabled for real, it would lose the focus.
    button.ariaDisabled = running ? 'true' : null;
  };
  /** Takes a validation back, also one that is under way. */
  const withdraw = () => {
    run += 1;
    paintButton(false);
    result.replaceChildren();
    paintKind();
    paintStatus('pending', input.value.trim() === '' ? 'Waiting for input' : 'Not validated yet');
  };
  const edited = () => {
    store.set({ query: input.value, queryType: '', foundTargets: [], targets: [] });
    withdraw();
  };

  const check = async () => {
    if (button.ariaDisabled === 'true') return;
    const query = input.value.trim();
    const to = connection();
    if (query === '') return fail('Enter a selector or a query.');
    if (to === null) return fail('Test the connection first: go back one step.');
    run += 1;
    const mine = run;
    paintButton(true);
    paintStatus('progress', 'Validating');
    try {
      const answer = await validateQuery(to, query);
      if (mine !== run) return;
      if (answer.success === false) fail(answer.error || answer.message || 'The query was not accepted.');
      else accept(answer);
    } catch (error) {
      if (mine !== run) return;
      if (error instanceof RequestError) fail(error.message, error.hint);
      else throw error;
    } finally {
      if (mine === run) paintButton(false);
    }
  };

  /** @param {import('../api.js').QueryValidation} answer */
  const accept = (answer) => {
    const type = answer.query_type === 'selector' ? 'selector' : 'metricsql';
    store.set({ query: input.value, queryType: type });
    badge.textContent = BADGES[type];
    badge.dataset.kind = type;
    behaviour.textContent = BEHAVIOUR[type];
    paintStatus('success', `Validated: ${BADGES[type]}`);
    const count = answer.result_count ?? 0;
    const labels = answer.sample_labels ?? [];
    result.replaceChildren(
      el(
        'div',
        { class: `notice${count === 0 ? ' notice--warning' : ''}` },
        icon(count === 0 ? 'alert' : 'check'),
        el(
          'div',
          {},
          el('p', {}, count === 0 ? 'It is valid, but matches no series now. The bundle may be empty.' : `Matched series: ${formatCount(count)}`),
          labels.length > 0 ? el('p', { class: 'hint' }, `Labels of one of them: ${labels.join(', ')}`) : null,
          type === 'selector' && answer.has_job === false ? el('p', { class: 'hint' }, 'No label job was seen, so there may be nothing to choose from.') : null,
        ),
      ),
    );
  };

  input.addEventListener('input', edited);
  button.addEventListener('click', () => void check());

  let { mode: shownMode, connection: askedAt } = store.state;
  store.watch(({ mode, connection: to, queryType }) => {
    // What one server said of the query, another one need not say.
    if (to === null && askedAt !== null && queryType === '') withdraw();
    askedAt = to;
    if (mode === shownMode) return;
    shownMode = mode;
    input.value = '';
    edited();
  });

  input.value = store.state.query;
  paintKind();
  if (store.state.queryType === '') paintStatus('pending', 'Waiting for input');
  else paintStatus('success', `Validated: ${BADGES[store.state.queryType]}`);

  wizard.register(4, {
    enter: () => input.focus({ preventScroll: true }),
    check: () => (store.state.queryType === '' ? [{ field: 'customQueryInput', text: 'Validate the query first.' }] : []),
    open: () => store.state.queryType !== '',
  });
}
