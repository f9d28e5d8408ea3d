/** The file, what becomes of it, and what the target keeps, drawn on one line of time. */

/** @import { Span } from '../time-shift.js' */

import { byId } from '../../shared/dom.js';
import { formatUtcSpan } from '../utc.js';

/** Something shorter than this many per cent is drawn so wide, to be seen at all. */
const NARROWEST = 0.6;

/** @returns {(span: Span | null, shiftMs: number, cutoffMs: number) => void} draws; a cut-off of 0 is unknown */
export function attachTimeline() {
  const box = byId('timeline', HTMLElement);
  const kept = byId('timelineKept', HTMLElement);
  const file = byId('timelineFile', HTMLElement);
  const shifted = byId('timelineShifted', HTMLElement);

  return (span, shiftMs, cutoffMs) => {
    box.dataset.empty = String(span === null);
    box.setAttribute('aria-label', 'No bundle yet');
    if (span === null) return;
    const now = Date.now();
    const moments = [span.startMs, span.endMs, span.startMs + shiftMs, span.endMs + shiftMs, now, ...(cutoffMs > 0 ? [cutoffMs] : [])];
    const first = Math.min(...moments);
    const whole = Math.max(...moments) - first || 1;
    /** @param {HTMLElement} bar @param {number} from @param {number} to */
    const place = (bar, from, to) => {
      const width = Math.max(NARROWEST, ((to - from) / whole) * 100);
      bar.style.left = `${Math.min(100 - width, ((from - first) / whole) * 100)}%`;
      bar.style.width = `${width}%`;
    };
    place(kept, cutoffMs > 0 ? cutoffMs : first, now);
    kept.hidden = cutoffMs <= 0;
    place(file, span.startMs, span.endMs);
    place(shifted, span.startMs + shiftMs, span.endMs + shiftMs);
    box.setAttribute('aria-label', `Sent: ${formatUtcSpan(span.startMs + shiftMs, span.endMs + shiftMs)}`);
  };
}
