/** The folder for unfinished data: checked as it is typed, created on request, remembered. */

/** @import { FolderCheck } from '../api.js' */
/** @import { Store } from '../state.js' */

import { byId, el, show } from '../../shared/dom.js';
import { icon } from '../../shared/icon.js';
import { prose } from '../../shared/prose.js';
import { RequestError } from '../../shared/request.js';
import { checkFolder } from '../api.js';
import { openFolderPicker } from './folder-picker.js';

const REMEMBERED = 'vmgather_staging_dir';
const TYPING_PAUSE_MS = 400;

/** @param {Store} store */
export function attachStaging(store) {
  const input = byId('stagingDir', HTMLInputElement);
  const hint = byId('stagingDirHint', HTMLElement);
  const create = byId('createStagingDirBtn', HTMLButtonElement);
  const browse = byId('stagingDirBrowse', HTMLButtonElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let pause;
  let newest = 0;
  let touched = false;

  /** @param {'pending' | 'progress' | 'success' | 'warning' | 'error'} status @param {string} text */
  const paint = (status, text) => {
    const marks = /** @type {const} */ ({ pending: 'ring', progress: 'spinner', success: 'check', warning: 'folder', error: 'alert' });
    hint.dataset.status = status;
    hint.replaceChildren(icon(marks[status]), el('span', {}, ...prose(text)));
  };

  /** @param {boolean} ensure */
  const check = async (ensure) => {
    clearTimeout(pause);
    newest += 1;
    const mine = newest;
    const path = input.value.trim();
    if (path === '') {
      show(create, false);
      return paint('error', 'Enter a folder.');
    }
    paint('progress', 'Checking the folder');
    /** @type {FolderCheck} */
    let answer;
    try {
      answer = await checkFolder(path, ensure || path === store.state.config.default_staging_dir);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      answer = { ok: false, message: error.message };
    }
    if (mine !== newest) return;
    const missing = !answer.ok && answer.exists === false && answer.can_create === true && !ensure;
    show(create, missing);
    if (answer.ok) accept(path, answer.abs_path || path);
    else if (missing) paint('warning', 'The folder does not exist yet. Create directory, or let the export create it.');
    else paint('error', answer.message || 'The folder cannot be used. Choose another one.');
  };

  /** @param {string} typed @param {string} path */
  const accept = (typed, path) => {
    paint('success', `Ready: ${path}`);
    if (input.value.trim() !== typed) return;
    if (touched) remember(path);
    // Rewriting the text under the hands of a person who types would only disturb.
    if (document.activeElement === input) return;
    input.value = path;
    store.set({ stagingDir: path });
  };

  const edited = () => {
    touched = true;
    store.set({ stagingDir: input.value });
    clearTimeout(pause);
    newest += 1;
    pause = setTimeout(() => void check(false), TYPING_PAUSE_MS);
  };
  input.addEventListener('input', edited);
  input.addEventListener('blur', () => void check(false));
  create.addEventListener('click', () => {
    touched = true;
    // The button goes when the folder is there, and would take the focus with it.
    void check(true).then(() => {
      if (create.hidden && (document.activeElement === create || document.activeElement === document.body)) input.focus();
    });
  });
  byId('stagingDirDefault', HTMLButtonElement).addEventListener('click', () => {
    input.value = store.state.config.default_staging_dir ?? '/tmp/vmgather';
    store.set({ stagingDir: input.value });
    forget();
    void check(false);
  });
  browse.addEventListener('click', async () => {
    const chosen = await openFolderPicker(input.value.trim());
    if (chosen === null) return;
    touched = true;
    input.value = chosen;
    store.set({ stagingDir: chosen });
    void check(false);
  });

  input.value = remembered() ?? store.state.stagingDir;
  store.set({ stagingDir: input.value });
  let configured = false;
  store.watch(({ config }) => {
    show(browse, config.supports_dir_picker === true);
    if (configured || config.default_staging_dir === undefined) return;
    configured = true;
    // A late default fills only a field that nobody touched.
    if (!touched && remembered() === null && input.value === '/tmp/vmgather') {
      input.value = config.default_staging_dir;
      store.set({ stagingDir: input.value });
    }
  });
  return { check: () => check(false) };
}

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED) || null;
  } catch {
    return null;
  }
}

/** @param {string} path */
function remember(path) {
  try {
    localStorage.setItem(REMEMBERED, path);
  } catch {
    // The default is used next time.
  }
}

function forget() {
  try {
    localStorage.removeItem(REMEMBERED);
  } catch {
    // Nothing was remembered then.
  }
}
