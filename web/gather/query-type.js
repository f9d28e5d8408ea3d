/**
 * Tells a selector from a MetricsQL expression by looking at its tokens, so that parentheses, braces and line
 * breaks inside quoted label values do not matter. The server decides in the end.
 */

/** @typedef {'empty' | 'selector' | 'metricsql'} QueryKind */

const NAME = /[a-zA-Z_:][\w:.]*/y;
const QUOTED = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|`[^`]*`/y;

/**
 * @param {string} text
 * @returns {QueryKind}
 */
export function queryKind(text) {
  const query = text.trim();
  if (query === '') return 'empty';
  const name = read(NAME, query, 0);
  const braces = skipBlanks(query, name.length);
  if (name !== '' && braces === query.length) return 'selector';
  if (query[braces] !== '{') return 'metricsql';
  return closingBrace(query, braces) === query.length - 1 ? 'selector' : 'metricsql';
}

/** @param {string} query @param {number} open the position of `{`; -1 if its block does not end */
function closingBrace(query, open) {
  for (let at = open + 1; at < query.length; ) {
    const quoted = read(QUOTED, query, at);
    if (quoted !== '') {
      at += quoted.length;
      continue;
    }
    if (query[at] === '}') return at;
    if ('"\'`{()['.includes(query[at])) return -1;
    at += 1;
  }
  return -1;
}

/** @param {RegExp} pattern sticky @param {string} text @param {number} at */
function read(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** @param {string} text @param {number} at */
function skipBlanks(text, at) {
  let next = at;
  while (next < text.length && /\s/.test(text[next])) next += 1;
  return next;
}
