/** One line for a recent profile. */

/** @import { Profile } from './api.js' */

import { formatUtc, parseMoment } from './utc.js';

/** @type {Record<string, string>} */
const AUTH = { none: 'no credentials', basic: 'user and password', bearer: 'token', header: 'custom header' };

/** @param {Profile} profile host with port first, so that the line can be found by typing it */
export function profileText({ endpoint = '', tenant_id: tenant, auth_type: auth = 'none', last_used_at: used }) {
  const address = endpoint.replace(/^https?:\/\//i, '').replace(/\/+$/, '');
  const moment = parseMoment(used);
  return [
    address,
    tenant ? `tenant ${tenant}` : 'single tenant',
    AUTH[auth] ?? auth,
    ...(moment === null ? [] : [`used ${formatUtc(moment).slice(0, 16)} UTC`]),
  ].join(', ');
}
