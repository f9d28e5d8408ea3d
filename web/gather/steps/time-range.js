/** Step 2: the time range. The state holds the exact moments; the inputs show them to the minute. */

/** @import { Wizard } from '../wizard.js' */
/** @import { Problem } from '../../shared/error-summary.js' */

import { byId } from '../../shared/dom.js';
import { formatDuration } from '../../shared/format.js';
import { describeMoment, describeOffset, fromWall, resolveZone, toWall } from '../timezone.js';

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

  const writeInputs = () => {
    const { fromMs, toMs, timezone } = store.state;
    from.value = toWall(fromMs, timezone);
    to.value = toWall(toMs, timezone);
  };

  /** What was typed, read in the chosen zone; an untouched input keeps its exact moment. */
  const readInputs = () => {
    const { fromMs, toMs, timezone } = store.state;
    const first = from.value === toWall(fromMs, timezone) ? fromMs : fromWall(from.value, timezone, 'first');
    const last = to.value === toWall(toMs, timezone) ? toMs : fromWall(to.value, timezone, 'last');
    return { first, last };
  };

  const typed = () => {
    const { first, last } = readInputs();
    store.set({ preset: null, ...(first === null ? {} : { fromMs: first }), ...(last === null ? {} : { toMs: last }) });
  };
  for (const input of [from, to]) {
    input.addEventListener('input', typed);
    input.addEventListener('change', typed);
  }
  zone.addEventListener('change', () => {
    const { first, last } = readInputs();
    const { fromMs, toMs } = store.state;
    store.set({ timezone: zone.value, fromMs: first ?? fromMs, toMs: last ?? toMs });
    writeInputs();
  });
  for (const button of presets) {
    button.addEventListener('click', () => {
      const seconds = Number(button.dataset.seconds);
      const now = Date.now();
      store.set({ preset: seconds, fromMs: now - seconds * 1000, toMs: now });
      writeInputs();
    });
  }

  zone.value = store.state.timezone;
  writeInputs();
  store.watch(({ preset, fromMs, toMs }) => {
    for (const button of presets) {
      const chosen = Number(button.dataset.seconds) === preset;
      button.classList.toggle('active', chosen);
      button.setAttribute('aria-pressed', String(chosen));
    }
    const length = byId('rangeLength', HTMLElement);
    const utc = byId('rangeUtc', HTMLElement);
    length.textContent = fromMs < toMs ? formatDuration((toMs - fromMs) / 1000) : '–';
    utc.textContent = `${describeMoment(fromMs, 'UTC')} – ${describeMoment(toMs, 'UTC')}`;
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
      else store.set({ fromMs: first, toMs: last });
      return problems;
    },
    open: () => {
      const { first, last } = readInputs();
      return first !== null && last !== null && first < last;
    },
  });
}
