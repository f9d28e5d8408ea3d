/** @import { ExportResult } from '../api.js' */

import { el } from '../../shared/dom.js';
import { downloadUrl } from '../api.js';
import { downloadName } from '../sample-view.js';

/** Hands a bundle to the download of the browser. @param {ExportResult} result */
export function download(result) {
  const url = downloadUrl(result);
  if (url === null) return;
  const link = el('a', { href: url, download: downloadName(result) });
  document.body.append(link);
  link.click();
  link.remove();
}
