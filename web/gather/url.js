/**
 * Takes apart the address a person typed or pasted: what to connect to, under which path, for which tenant.
 */

/**
 * @typedef {object} ParsedUrl
 * @property {true} ok
 * @property {string} url scheme, host in lower case, port unless it is the default one
 * @property {string} api_base_path what stands before `/api/v1/...`; empty if the server has to find out
 * @property {string | null} tenant_id `accountID[:projectID]`
 * @property {boolean} is_multitenant
 * @property {string} full_api_url `url` and `api_base_path`
 * @property {boolean} dropped_user_info the address held a user name or a password, which is not used
 */

/**
 * @typedef {object} RejectedUrl
 * @property {false} ok
 * @property {boolean} empty nothing was typed
 * @property {string} reason for a person, with what to do
 */

// An underscore is no host name by the book, but names of containers have it.
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * @param {string} input
 * @returns {ParsedUrl | RejectedUrl}
 */
export function parseUrl(input) {
  const text = input.trim();
  if (text === '') return { ok: false, empty: true, reason: 'Enter the address of your VictoriaMetrics.' };
  if (/\s/.test(text)) return rejected('An address has no blanks in it.');
  if (text.includes('\\')) return rejected('An address has no backslash in it; use /.');

  const address = SCHEME.test(text) ? text : `http://${text}`;
  if (!/^https?:/i.test(address)) return rejected('The address must begin with http:// or https://.');
  /** @type {URL} */
  let parsed;
  try {
    parsed = new URL(address);
  } catch {
    return rejected('This is not a valid address. Try http://host:port.');
  }
  if (!isHost(parsed.hostname)) return rejected(`"${parsed.hostname}" is not a valid host name.`);

  const url = parsed.origin;
  const base = basePath(parsed.pathname.replace(/\/+$/, ''));
  return {
    ok: true,
    url,
    ...base,
    full_api_url: url + base.api_base_path,
    dropped_user_info: parsed.username !== '' || parsed.password !== '',
  };
}

/**
 * What is typed so far of an address, if nothing in it can be a secret: no user, no query, no password on its way to
 * an `@`. Else nothing.
 *
 * @param {string} input
 */
export function withoutDoubt(input) {
  return /[@?#]|:(?!\/|\d{0,5}(?:\/|$))/.test(input) ? '' : input;
}

/** @param {string} reason @returns {RejectedUrl} */
function rejected(reason) {
  return { ok: false, empty: false, reason };
}

/** @param {string} host as the URL parser left it: lower case, IPv4 and IPv6 already checked */
function isHost(host) {
  if (host.startsWith('[')) return true;
  return host.replace(/\.$/, '').split('.').every((label) => LABEL.test(label));
}

/**
 * @param {string} path without trailing slashes
 * @returns {Pick<ParsedUrl, 'api_base_path' | 'tenant_id' | 'is_multitenant'>}
 */
function basePath(path) {
  const select = /^\/select\/(\d+(?::\d+)?|multitenant)(?:\/|$)/.exec(path);
  if (select) {
    const multitenant = select[1] === 'multitenant';
    return {
      api_base_path: `/select/${select[1]}/prometheus`,
      tenant_id: multitenant ? null : select[1],
      is_multitenant: multitenant,
    };
  }
  const page = /^(.*)\/vmui$/.exec(path);
  if (page) return basePath(page[1].replace(/\/+$/, ''));

  const prometheus = /^(.*\/prometheus.*?)(?:\/api\/v1(?:\/.*)?|\/vmui(?:\/.*)?)?$/.exec(path);
  if (prometheus) return plain(prometheus[1].replace(/\/+$/, ''), path);

  // A pasted request worked where it was copied, so what stands before it is the base already.
  const request = /^(.*?)\/api\/v1(?:\/.*)?$/.exec(path);
  if (request) return plain(request[1], path);

  return plain(path === '' ? '' : `${path}/prometheus`, path);
}

/** @param {string} base @param {string} path */
function plain(base, path) {
  const tenant = /^\/(\d+)(?:\/|$)/.exec(path);
  return { api_base_path: base, tenant_id: tenant ? tenant[1] : null, is_multitenant: false };
}
