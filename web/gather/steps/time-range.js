/** Step 2: the time range, in whole minutes. */

/** @import { Wizard } from '../wizard.js' */
/** @import { Problem } from '../../shared/error-summary.js' */

import { byId } from '../../shared/dom.js';
import { formatDuration } from '../../shared/format.js';
import { withRange } from '../state.js';
import { describeMoment, describeOffset, fromWall, resolveZone, toWall, wholeMinute } from '../timezone.js';

/** A preset that ended longer ago is not what its button says. */
const AGED_MS = 120_000;

/** @param {Wizard} wizard */
export function attachTimeRange(wizard) {
  const { store } = wizard;
  const zone = byId('timezone', HTMLSelectElement);
  const from = byId('timeFrom', HTMLInputElement);
  const to = byId('timeTo', HTMLInputElement);
  const presets = [...wizard.section(2).querySelectorAll('button.preset-btn')].filter((b) => b instanceof HTMLButtonElement);

  for (const option of zone.options) {
    const offset = describeOffset(Date.now(), option.value);
    const facts = [option.value === 'local' ? resolveZone('local') : '', offset].filter((fact, at, all) => fact !== '' && all.indexOf(fact) === at);
    if (option.value !== 'UTC') option.textContent += ` (${facts.join(', ')})`;
  }

  /** What was typed, read in the chosen zone; an untouched input keeps its exact moment. */
  const readInputs = () => {
    const { fromMs, toMs, timezone } = store.state;
    const first = from.value === toWall(fromMs, timezone) ? fromMs : fromWall(from.value, timezone, 'first');
    const last = to.value === toWall(toMs, timezone) ? toMs : fromWall(to.value, timezone, 'last');
    return { first, last };
  };

  /** @param {{ fromMs?: number, toMs?: number }} range @param {number | null} preset */
  const setRange = (range, preset) => store.set({ preset, ...withRange(store.state, range) });

  const typed = () => {
    const { first, last } = readInputs();
    setRange({ ...(first === null ? {} : { fromMs: first }), ...(last === null ? {} : { toMs: last }) }, null);
  };
  for (const input of [from, to]) {
    input.addEventListener('input', typed);
    input.addEventListener('change', typed);
  }
  zone.addEventListener('change', () => {
    const { first, last } = readInputs();
    const { fromMs, toMs } = store.state;
    from.value = toWall(first ?? fromMs, zone.value);
    to.value = toWall(last ?? toMs, zone.value);
    store.set({ timezone: zone.value, ...withRange(store.state, { fromMs: first ?? fromMs, toMs: last ?? toMs }) });
  });
  for (const button of presets) {
    button.addEventListener('click', () => {
      const seconds = Number(button.dataset.seconds);
      const toMs = wholeMinute(Date.now());
      const fromMs = toMs - seconds * 1000;
      from.value = toWall(fromMs, store.state.timezone);
      to.value = toWall(toMs, store.state.timezone);
      setRange({ fromMs, toMs }, seconds);
    });
  }

  if (Date.now() - store.state.toMs > AGED_MS) store.set({ preset: null });
  zone.value = store.state.timezone;
  from.value = toWall(store.state.fromMs, zone.value);
  to.value = toWall(store.state.toMs, zone.value);
  store.watch(({ preset }) => {
    for (const button of presets) {
      const chosen = Number(button.dataset.seconds) === preset;
      button.classList.toggle('active', chosen);
      button.setAttribute('aria-pressed', String(chosen));
    }
    const length = byId('rangeLength', HTMLElement);
    const utc = byId('rangeUtc', HTMLElement);
    const { first, last } = readInputs();
    const known = first !== null && last !== null && first < last;
    length.textContent = known ? formatDuration((last - first) / 1000) : '–';
    utc.textContent = known ? `${describeMoment(first, 'UTC')} – ${describeMoment(last, 'UTC')}` : '–';
  });

  wizard.register(2, {
    check() {
      /** @type {Problem[]} */
      const problems = [];
      const { first, last } = readInputs();
      if (first === null) problems.push({ field: 'timeFrom', text: 'Enter the time at which the range starts.' });
      if (last === null) problems.push({ field: 'timeTo', text: 'Enter the time at which the range ends.' });
      if (first === null || last === null) return problems;
      if (first >= last) problems.push({ field: 'timeFrom', text: 'The start must lie before the end.' });
      else store.set(withRange(store.state, { fromMs: first, toMs: last }));
      return problems;
    },
    open: () => {
      const { first, last } = readInputs();
      return first !== null && last !== null && first < last;
    },
  });
}
