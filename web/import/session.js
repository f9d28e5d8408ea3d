/** Remembers over a reload which import this tab was following. An id, never a secret. */

const KEY = 'vmgather_import';

/** @param {string} jobId empty to forget it */
export function rememberJob(jobId) {
  try {
    if (jobId === '') sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, jobId);
  } catch {
    // Without storage the list of imports leads back to it.
  }
}

/** @returns {string} empty if there is none */
export function rememberedJob() {
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}
