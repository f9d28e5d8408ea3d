/** Step 5: what discovery found, to choose from. */

/** @import { Component, Connection, Target } from '../api.js' */
/** @import { Wizard } from '../wizard.js' */

import { announce } from '../../shared/announce.js';
import { byId, el, show } from '../../shared/dom.js';
import { formatCount, formatNoun } from '../../shared/format.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';
import { RequestError } from '../../shared/request.js';
import { discover, discoverSelector } from '../api.js';
import { componentCard, paintCard, seriesText } from '../components/component-card.js';
import { timeRangeOf } from '../payload.js';
import { chosenComponents, chosenJobs, everything, isCount, sharedJobs, withComponent, withJob } from '../selection.js';

/** @param {Wizard} wizard @param {() => Connection | null} connection */
export function attachComponents(wizard, connection) {
  const { store } = wizard;
  const loading = byId('componentsLoading', HTMLElement);
  const failure = byId('componentsError', HTMLElement);
  const notes = byId('componentsNotes', HTMLElement);
  const tools = byId('componentsTools', HTMLElement);
  const list = byId('componentsList', HTMLElement);
  const targetList = byId('selectorJobsList', HTMLElement);
  const next = byId('step5Next', HTMLButtonElement);
  /** @type {AbortController | null} */
  let running = null;

  const selectAll = () => {
    const { mode, components, foundTargets } = store.state;
    store.set(mode === 'cluster' ? { selection: everything(components) } : { targets: foundTargets.map(({ job }) => job) });
  };

  const load = async () => {
    running?.abort();
    const mine = (running = new AbortController());
    const to = connection();
    const { mode, query } = store.state;
    show(loading, to !== null);
    show(failure, false);
    show(tools, false);
    notes.replaceChildren();
    list.replaceChildren();
    targetList.replaceChildren();
    show(list, false);
    show(targetList, false);
    if (to === null) return showUntested();
    next.disabled = true;
    try {
      const { signal } = mine;
      const range = timeRangeOf(store.state);
      if (mode === 'cluster') {
        const answer = await discover(to, range, { signal });
        if (!signal.aborted) showComponents(answer.components ?? [], answer.warnings ?? []);
      } else {
        const answer = await discoverSelector(to, range, query.trim(), { signal });
        if (!signal.aborted) showTargets(answer.jobs ?? [], answer.warnings ?? []);
      }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (!mine.signal.aborted) showFailure(error);
    } finally {
      if (running === mine) {
        running = null;
        show(loading, false);
        next.disabled = false;
      }
    }
  };

  /** @param {Component[]} found @param {string[]} warnings */
  const showComponents = (found, warnings) => {
    const components = found
      .map((one) => ({ ...one, jobs: one.jobs ?? [] }))
      .sort((a, b) => (a.component < b.component ? -1 : 1));
    // What was chosen before and is still there stays chosen.
    const selection = Object.fromEntries(
      components
        .map(({ component, jobs }) => [component, (store.state.selection[component] ?? []).filter((job) => jobs.includes(job))])
        .filter(([component, jobs]) => jobs.length > 0 || (store.state.selection[String(component)] && jobs.length === 0)),
    );
    store.set({ components, selection });
    list.replaceChildren(
      ...components.map((component) =>
        componentCard(
          component,
          (chosen) => store.set({ selection: withComponent(store.state.selection, component, chosen) }),
          (job, chosen) => store.set({ selection: withJob(store.state.selection, component, job, chosen) }),
        ),
      ),
    );
    show(list, true);
    show(tools, components.length > 0);
    showNotes(warnings, components.length === 0 ? 'No components were found in this time range. Go back and choose another range or address.' : '');
    announce(formatNoun(components.length, 'component') + ' found.');
    paint();
  };

  /** @param {Target[]} found @param {string[]} warnings */
  const showTargets = (found, warnings) => {
    const targets = [...found].sort((a, b) => (a.job < b.job ? -1 : 1));
    store.set({ foundTargets: targets, targets: targets.map(({ job }) => job) });
    targetList.replaceChildren(...targets.map(targetRow));
    show(targetList, true);
    show(tools, targets.length > 0);
    showNotes(warnings, targets.length === 0 ? 'The selector matches no job in this time range. Go back and change it.' : '');
    announce(formatNoun(targets.length, 'job') + ' found.');
    paint();
  };

  /** @param {Target} target */
  const targetRow = ({ job, instance_count: instances, metrics_count_estimate: series }) => {
    const box = el('input', { type: 'checkbox', class: 'checkbox', 'data-job': job, checked: true });
    box.addEventListener('change', () => {
      const chosen = new Set(store.state.targets);
      if (box.checked) chosen.add(job);
      else chosen.delete(job);
      store.set({ targets: store.state.foundTargets.map((one) => one.job).filter((one) => chosen.has(one)) });
    });
    return el(
      'label',
      { class: 'selector-job-item check' },
      box,
      el('span', { class: 'component-name' }, job),
      el('span', { class: 'component-details' },
        el('span', {}, `Instances: ${isCount(instances) ? formatCount(instances) : 'unknown'}`),
        el('span', {}, seriesText(series))),
    );
  };

  /** @param {string[]} warnings @param {string} empty */
  const showNotes = (warnings, empty) => {
    const texts = empty === '' ? warnings : [empty, ...warnings];
    notes.replaceChildren(
      ...texts.map((text) => el('div', { class: 'notice notice--warning' }, icon('alert'), el('div', {}, el('p', {}, ...prose(text))))),
    );
  };

  /** @param {RequestError} error */
  const showFailure = (error) => {
    store.set({ components: [], selection: {}, foundTargets: [], targets: [] });
    const retry = el('button', { type: 'button', class: 'btn btn--small' }, 'Try again');
    retry.addEventListener('click', async () => {
      // The button goes at once, and the focus with it.
      const title = byId('title5', HTMLElement);
      title.focus({ preventScroll: true });
      await load();
      if (document.activeElement === title) failure.querySelector('button')?.focus();
    });
    showBox('Discovery failed', [error.message, error.hint === '' ? '' : `What to do: ${error.hint}`], retry);
    announce('Discovery failed.');
  };

  /** A page that only watches an export of elsewhere has no connection to ask. */
  const showUntested = () => {
    running = null;
    next.disabled = false;
    const way = el('button', { type: 'button', class: 'btn btn--small' }, 'Go to the connection');
    way.addEventListener('click', () => wizard.show(3));
    showBox('There is no tested connection', ['Test the connection first: then its components can be looked for.'], way);
  };

  /** @param {string} title @param {string[]} texts @param {HTMLElement} button */
  const showBox = (title, texts, button) => {
    const paragraphs = texts.filter((text) => text !== '').map((text) => el('p', {}, ...prose(text)));
    failure.replaceChildren(el('div', { class: 'error-message' }, icon('alert'), el('div', {}, el('strong', {}, title), ...paragraphs, el('p', {}, button))));
    show(failure, true);
  };

  const paint = () => {
    const { mode, components, selection, targets, foundTargets } = store.state;
    for (const item of list.children) if (item instanceof HTMLElement) paintCard(item, selection);
    for (const box of targetList.querySelectorAll('input')) {
      box.checked = targets.includes(box.dataset.job ?? '');
      box.closest('.selector-job-item')?.classList.toggle('selected', box.checked);
    }
    const jobs = mode === 'cluster' ? chosenJobs(selection).length : targets.length;
    const parts = mode === 'cluster'
      ? `${formatNoun(chosenComponents(selection).length, 'component')} and ${formatNoun(jobs, 'job')} chosen`
      : `${jobs} of ${formatNoun(foundTargets.length, 'job')} chosen`;
    const shared = mode === 'cluster' ? sharedJobs(components, selection) : [];
    const along = shared.map(({ job, components: names }) => ` Job ${job} also holds ${names.join(', ')}; it is taken as a whole.`);
    const text = jobs === 0 && chosenComponents(selection).length === 0 ? 'Nothing chosen: going on takes everything.' : `${parts}.${along.join('')}`;
    const count = byId('selectionCount', HTMLElement);
    if (count.textContent !== text) count.textContent = text;
  };

  store.watch((state) => {
    byId('title5', HTMLElement).textContent = state.mode === 'cluster' ? 'Select Components' : 'Select Targets';
    byId('componentsLead', HTMLElement).textContent = state.mode === 'cluster'
      ? 'Found in the time range. Choose what to collect; without a choice everything is taken.'
      : 'Jobs that the selector matches in the time range. Leave out what is not needed.';
    paint();
  });
  byId('selectAllBtn', HTMLButtonElement).addEventListener('click', selectAll);
  byId('selectNoneBtn', HTMLButtonElement).addEventListener('click', () =>
    store.set(store.state.mode === 'cluster' ? { selection: {} } : { targets: [] }));

  const nothingChosen = () => {
    const { mode, components, selection, targets } = store.state;
    return mode === 'cluster' ? components.length === 0 || chosenComponents(selection).length === 0 : targets.length === 0;
  };
  wizard.register(5, {
    enter: () => void load(),
    check() {
      if (connection() === null) return [{ text: 'Test the connection first.', way: { text: 'Go to the connection', follow: () => wizard.show(3) } }];
      if (nothingChosen()) selectAll();
      return [];
    },
    open: () => !nothingChosen(),
  });
  return { selectAll, nothingChosen };
}
