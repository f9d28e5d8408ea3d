/** Takes the bundle: chosen in a dialog or dropped. */

/** @import { Store } from '../../shared/store.js' */
/** @import { ImportState } from '../state.js' */

import { byId } from '../../shared/dom.js';
import { formatBytes } from '../../shared/format.js';
import { noShift, isBusy } from '../state.js';

/** @param {Store<ImportState>} store @param {{ chosen: () => void }} events a file is there */
export function attachBundleDrop(store, { chosen }) {
  const zone = byId('dropZone', HTMLElement);
  const input = byId('bundleFile', HTMLInputElement);
  const title = byId('dropTitle', HTMLElement);
  const hint = byId('fileHint', HTMLElement);
  const texts = { title: title.textContent, hint: hint.textContent };

  /** @param {FileList | null | undefined} files */
  const take = (files) => {
    const file = files?.[0];
    if (file === undefined || isBusy(store.state)) return;
    // A shift that was chosen for another file means nothing for this one; one of a profile waits for its file.
    store.set({ file, analysis: null, ...(store.state.file === null ? {} : noShift()) });
    chosen();
  };

  // Else the same file, changed meanwhile, could not be chosen again.
  input.addEventListener('click', () => {
    input.value = '';
  });
  input.addEventListener('change', () => take(input.files));
  // A file that misses the zone would replace the page.
  addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.toggle('drop--over', event.target instanceof Node && zone.contains(event.target));
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) zone.classList.remove('drop--over');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('drop--over');
    if (event.target instanceof Node && zone.contains(event.target)) take(event.dataTransfer?.files);
  });

  store.watch((state) => {
    const { file } = state;
    zone.classList.toggle('drop--full', file !== null);
    title.textContent = file?.name ?? texts.title;
    hint.textContent = file === null ? texts.hint : `${formatBytes(file.size)}. Drop another one, or choose again.`;
    input.disabled = isBusy(state);
  });
}
