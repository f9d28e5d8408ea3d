/** What the button would do, in one line, and whether it may. */

/** @import { Store } from '../../shared/store.js' */
/** @import { ImportState } from '../state.js' */

import { byId, el } from '../../shared/dom.js';
import { formatCount, formatDuration } from '../../shared/format.js';
import { addedLabels, isBusy } from '../state.js';
import { importUrl } from '../target-url.js';

/** @param {Store<ImportState>} store */
export function attachPlanBar(store) {
  const start = byId('startImportBtn', HTMLButtonElement);
  const reset = byId('resetBtn', HTMLButtonElement);
  const plan = byId('planSummary', HTMLElement);
  let painted = '';
  store.watch((state) => {
    start.disabled = !state.tested || state.analysis === null || state.reading || state.file === null || isBusy(state);
    reset.disabled = isBusy(state);
    const [what, how] = planOf(state);
    if (painted === what + how) return;
    painted = what + how;
    plan.replaceChildren(el('strong', {}, what), ...(how === '' ? [] : [` ${how}`]));
  });
  return { start, reset };
}

/** @param {ImportState} state @returns {[string, string]} */
function planOf(state) {
  const { analysis, file, shiftMs, dropLabels } = state;
  if (state.run === 'uploading') return ['Uploading.', 'Keep this page open until the upload is done.'];
  if (state.run === 'active') return ['Importing.', 'It goes on without this page, too.'];
  if (file === null && !state.tested) return ['A target and a bundle', 'are needed to begin.'];
  if (file === null) return ['A bundle', 'is needed to begin.'];
  if (state.reading) return ['Looking at the bundle.', ''];
  if (analysis === null) return ['The bundle', 'could not be read.'];
  if (!state.tested) return ['Test the connection', 'to begin.'];
  const points = analysis.summary?.points ?? 0;
  const count = analysis.summary?.sample_cut ? `More than ${formatCount(points)} samples` : `${formatCount(points)} samples`;
  const marks = Object.entries(addedLabels(state)).map(([name, value]) => `${name}=${value}`);
  const how = [
    `to ${importUrl(state.endpoint, '').host}${state.tenantEnabled && state.tenant !== '' ? `, tenant ${state.tenant}` : ''}`,
    ...(shiftMs === 0 ? [] : [`${formatDuration(Math.abs(shiftMs) / 1000)} ${shiftMs > 0 ? 'later' : 'earlier'}`]),
    ...(dropLabels.length === 0 ? [] : [`without ${dropLabels.length === 1 ? '1 label' : `${dropLabels.length} labels`}`]),
    ...(marks.length === 0 ? [] : [`marked ${marks.join(', ')}`]),
  ];
  return [count, `${how.join(', ')}.`];
}
