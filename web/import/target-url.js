/** Where an import goes: the address and tenant a person typed, turned into the import URL. The server decides the same way. */

const TENANT = /^(?:\d{1,10}(?::\d{1,10})?|multitenant)$/;
const MAX_ID = 2 ** 32 - 1;
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * @param {string} endpoint
 * @param {string} tenant empty for none
 * @returns {{ url: string, host: string, userInfo: boolean, error: string }} either an error or a URL with its host; `userInfo`: the address names a user, who is not used
 */
export function importUrl(endpoint, tenant) {
  const text = endpoint.trim();
  if (text === '') return refused('Enter the address to import to.');
  if (/\s/.test(text)) return refused('An address has no blanks in it.');
  if (text.includes('\\')) return refused('An address has no backslash in it; use /.');
  /** @type {URL} */
  let parsed;
  try {
    parsed = new URL(SCHEME.test(text) ? text : `http://${text}`);
  } catch {
    return refused('This is not a valid address. Try http://host:port.');
  }
  if (!/^https?:$/.test(parsed.protocol)) return refused('The address must begin with http:// or https://.');
  if (tenant !== '' && !isTenant(tenant)) return refused('A tenant is a number, or two with a colon, such as 7 or 7:1.');

  const base = parsed.pathname.replace(/\/+$/, '').replace(/\/api\/v1\/(?:import|query)$/, '').replace(/\/+$/, '');
  const named = /\/(?:insert|select)\/([^/]+)/.exec(base)?.[1];
  if (named !== undefined && tenant !== '' && named !== tenant) {
    return refused(`The address names tenant ${named}, the field below tenant ${tenant}.`);
  }
  // A query string is used, but it may hold a key and is shown nowhere.
  return { url: `${parsed.origin}${importPath(base, tenant)}/api/v1/import`, host: parsed.host, userInfo: parsed.username !== '' || parsed.password !== '', error: '' };
}

/** @param {string} base @param {string} tenant */
function importPath(base, tenant) {
  if (/\/(?:insert|select)\//.test(`${base}/`)) {
    const insert = /\/insert\//.test(`${base}/`) ? base : base.replace('/select/', '/insert/');
    return /\/insert\/[^/]+$/.test(insert) ? `${insert}/prometheus` : insert;
  }
  if (tenant === '' || base.split('/').includes(tenant)) return base;
  return `${base.replace(/\/prometheus$/, '')}/insert/${tenant}/prometheus`;
}

/** @param {string} tenant */
function isTenant(tenant) {
  return TENANT.test(tenant) && tenant.split(':').every((id) => id === 'multitenant' || Number(id) <= MAX_ID);
}

/** @param {string} error */
function refused(error) {
  return { url: '', host: '', userInfo: false, error };
}
