/** Icons from the sprite. They are decoration: the word beside them carries the meaning. */

/**
 * @typedef {'check' | 'cross' | 'alert' | 'info' | 'clock' | 'ring' | 'spinner' | 'shield' | 'shield-off' | 'lock' |
 *   'copy' | 'download' | 'folder' | 'play' | 'trash' | 'arrow' | 'file'} IconName
 */

const SVG = 'http://www.w3.org/2000/svg';

/** @param {IconName} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', `icon icon--${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('focusable', 'false');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `/static/shared/icons.svg#${name}`);
  svg.append(use);
  return svg;
}
