/** Step 7: the sealed bundle. */

/** @import { Wizard } from '../wizard.js' */
/** @import { ExportResult } from '../api.js' */

import { attachCopyButton } from '../../shared/copy-button.js';
import { byId, el, show } from '../../shared/dom.js';
import { formatCompact, formatCount, formatKilobytes } from '../../shared/format.js';
import { formatName } from '../../shared/format-name.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';
import { download } from '../components/download.js';
import { sampleCards } from '../components/sample-cards.js';
import { isCount } from '../selection.js';
import { forgetSession } from '../session.js';
import { warningText } from '../warning-text.js';

/** @param {Wizard} wizard */
export function attachComplete(wizard) {
  const { store } = wizard;
  /** @param {string} id @param {string} text */
  const write = (id, text) => {
    byId(id, HTMLElement).textContent = text;
  };

  /** @param {ExportResult} result */
  const paint = (result) => {
    const size = result.archive_size ?? result.archive_size_bytes;
    const series = result.metrics_count ?? result.metrics_exported ?? 0;
    write('exportId', result.export_id || 'N/A');
    write('metricsCount', formatCount(result.series_count ?? series));
    write('samplesCount', isCount(result.sample_count) ? formatCompact(result.sample_count) : '–');
    write('archiveSize', isCount(size) ? formatKilobytes(size) : '–');
    write('archivePath', result.archive_path ?? '-');
    const format = formatName(result.format);
    show(byId('formatRow', HTMLElement), format !== '');
    write('archiveFormat', format);
    show(byId('formatNote', HTMLElement), result.format === 'native');
    write('archiveSha256', result.sha256 || 'N/A');
    write('completeText', result.obfuscation_applied === false
      ? 'The bundle is sealed. Nothing in it was replaced: real names and addresses are in there.'
      : 'The bundle is sealed and ready to send.');
    show(byId('mapRow', HTMLElement), Boolean(result.map_path));
    write('mapPath', result.map_path ?? '');
    byId('completeWarnings', HTMLElement).replaceChildren(
      ...(result.warnings ?? []).map((one) => el('div', { class: 'notice notice--warning' }, icon('alert'), el('div', {}, el('p', {}, ...prose(warningText(one)))))),
    );
    const samples = result.sample_data ?? [];
    show(byId('exportSpoilersDetails', HTMLElement), samples.length > 0);
    byId('exportSpoilers', HTMLElement).replaceChildren(...sampleCards(samples, false).cards);
  };

  let painted = store.state.result;
  store.watch(({ result }) => {
    if (result === null || result === painted) return;
    painted = result;
    paint(result);
  });
  attachCopyButton(byId('copyArchivePathBtn', HTMLButtonElement), () => byId('archivePath', HTMLElement).textContent ?? '');
  byId('downloadBtn', HTMLButtonElement).addEventListener('click', () => download(store.state.result ?? {}));
  byId('newExportBtn', HTMLButtonElement).addEventListener('click', () => {
    forgetSession();
    history.replaceState(null, '', location.pathname + location.search);
    location.reload();
  });
}
