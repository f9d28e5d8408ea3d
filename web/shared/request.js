/** The one place that calls the server. Same origin, JSON both ways, errors with the words of the server. */

/** A call that brought no usable answer. The message is for a person. */
export class RequestError extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, hint?: string, code?: string, body?: Record<string, any>, aborted?: boolean }} [details]
   */
  constructor(message, details = {}) {
    super(message);
    this.name = 'RequestError';
    /** HTTP status; 0 if nothing answered. */
    this.status = details.status ?? 0;
    this.hint = details.hint ?? '';
    /** Stable short word of the server, if it gave one. */
    this.code = details.code ?? '';
    this.body = details.body ?? {};
    /** The caller lost interest: no error to show. */
    this.aborted = details.aborted ?? false;
  }
}

/**
 * @param {string} path root-relative
 * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options]
 * @returns {Promise<any>}
 */
export function getJson(path, options = {}) {
  return call(path, { method: 'GET' }, options);
}

/** @param {string} path root-relative @returns {Promise<any>} */
export function deleteJson(path) {
  return call(path, { method: 'DELETE' }, {});
}

/**
 * @param {string} path root-relative
 * @param {unknown} body
 * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options]
 * @returns {Promise<any>}
 */
export function postJson(path, body, options = {}) {
  const headers = { 'Content-Type': 'application/json' };
  return call(path, { method: 'POST', headers, body: JSON.stringify(body) }, options);
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @param {{ signal?: AbortSignal, timeoutMs?: number }} options
 */
async function call(path, init, { signal, timeoutMs }) {
  const signals = [signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)];
  const present = signals.filter((one) => one !== undefined);
  /** @type {Response} */
  let response;
  /** @type {string} */
  let text;
  try {
    response = await fetch(path, { ...init, signal: present.length > 0 ? AbortSignal.any(present) : null });
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw new RequestError('given up', { aborted: true });
    if (cause instanceof DOMException && cause.name === 'TimeoutError') {
      throw new RequestError(`No answer within ${(timeoutMs ?? 0) / 1000} s. Try again.`);
    }
    throw new RequestError('vmgather does not answer. Check that it is still running, then try again.');
  }
  return answerOf(response.status, text);
}

/**
 * The JSON of an answer; throws what the server said if it is a refusal.
 *
 * @param {number} status
 * @param {string} text
 * @returns {any}
 */
export function answerOf(status, text) {
  const body = status === 204 ? {} : parse(text);
  const ok = status >= 200 && status < 300;
  if (ok && body !== null) return body;
  if (ok) throw new RequestError('vmgather sent an answer that is not JSON.', { status });
  const said = body?.error ?? body?.message;
  throw new RequestError(typeof said === 'string' && said !== '' ? said : `The request failed with status ${status}.`, {
    status,
    hint: typeof body?.hint === 'string' ? body.hint : '',
    code: typeof body?.code === 'string' ? body.code : '',
    body: body ?? {},
  });
}

/** @param {string} text @returns {Record<string, any> | null} */
function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
