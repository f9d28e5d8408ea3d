/** Sends a form and tells how far it got, which `fetch` cannot. Fails like every other call. */

import { answerOf, RequestError } from '../shared/request.js';

/**
 * @param {string} path root-relative
 * @param {FormData} form
 * @param {{ signal: AbortSignal, onProgress: (fraction: number) => void }} options the fraction goes from 0 to 1
 * @returns {Promise<any>}
 */
export function upload(path, form, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const giveUp = () => request.abort();
    signal.addEventListener('abort', giveUp, { once: true });
    request.upload.addEventListener('progress', ({ loaded, total, lengthComputable }) => {
      if (lengthComputable && total > 0) onProgress(loaded / total);
    });
    request.addEventListener('load', () => {
      try {
        resolve(answerOf(request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    });
    request.addEventListener('error', () => {
      reject(new RequestError('The connection to vmgather broke off. Check that it is still running, then try again.'));
    });
    request.addEventListener('abort', () => reject(new RequestError('given up', { aborted: true })));
    request.addEventListener('loadend', () => signal.removeEventListener('abort', giveUp));
    if (signal.aborted) return reject(new RequestError('given up', { aborted: true }));
    request.open('POST', path);
    request.send(form);
  });
}
