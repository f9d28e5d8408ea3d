/** The server without a page, as scripts call it. */

import { expect, test } from '../fixtures/test.js';

const UNRESOLVABLE = 'http://nonexistent-host-xyz.invalid:8428';
const RANGE = { start: '2026-01-23T12:00:00Z', end: '2026-01-23T12:10:00Z' };

/** @param {object} [connection] */
const config = (connection = {}) => ({
  connection: { url: UNRESOLVABLE, tenant_id: null, auth: { type: 'none' }, ...connection },
  time_range: RANGE,
  components: [],
  jobs: [],
  obfuscation: { enabled: false, custom_labels: [] },
});

for (const [name, path, body] of /** @type {[string, string, object][]} */ ([
  ['a sample', '/api/sample', { config: config(), limit: 5 }],
  ['an export that the caller waits for', '/api/export', config()],
  ['discovery', '/api/discover', { connection: config().connection, time_range: RANGE }],
])) {
  test(`${name} of an unresolvable host fails with words`, async ({ request }) => {
    const answer = await request.post(path, { data: body });
    expect(answer.status()).toBeGreaterThanOrEqual(400);
    expect(answer.headers()['content-type']).toContain('application/json');
    expect(typeof (await answer.json()).error).toBe('string');
  });
}

test('a validation without its wrapper is answered in JSON', async ({ request }) => {
  const answer = await request.post('/api/validate', { data: { url: UNRESOLVABLE, auth: { type: 'none' } } });
  expect(typeof (await answer.json())).toBe('object');
});

test('a download without a path is refused', async ({ request }) => {
  const answer = await request.get('/api/download');
  expect(answer.status()).toBe(400);
  expect((await answer.json()).error).toContain('Missing path parameter');
});

test('empty texts of the page mean nothing chosen', async ({ request }) => {
  const answer = await request.post('/api/sample', { data: { config: { ...config(), mode: 'cluster', query_type: '', query: '' }, limit: 5 } });
  expect((await answer.json()).error).not.toContain('query_type');
});

test('a sample asks the address that was given', async ({ request }) => {
  const answer = await request.post('/api/sample', {
    data: { config: { connection: { url: UNRESOLVABLE, api_base_path: '' }, time_range: RANGE, components: [], jobs: [] } },
  });
  const body = await answer.json();
  expect(Array.isArray(body.samples) || !body.error.includes('unsupported protocol scheme')).toBe(true);
});

for (const [name, path, connection] of /** @type {[string, string, object][]} */ ([
  ['export with rw in the base path', '/api/export', { api_base_path: '/1011/rw/prometheus' }],
  ['export with rw in base path and full address', '/api/export', { api_base_path: '/1011/rw/prometheus', full_api_url: `${UNRESOLVABLE}/1011/rw/prometheus` }],
  ['export with rw in the full address', '/api/export', { full_api_url: `${UNRESOLVABLE}/1011/rw/prometheus` }],
  ['export with ui in the base path', '/api/export', { api_base_path: '/1011/ui/prometheus' }],
  ['export with a plain base path', '/api/export', { api_base_path: '/1011/prometheus' }],
  ['export with a plain full address', '/api/export', { full_api_url: `${UNRESOLVABLE}/1011/prometheus` }],
  ['sample with rw in the full address', '/api/sample', { full_api_url: `${UNRESOLVABLE}/1011/rw/prometheus` }],
])) {
  test(`an ${name} never ends in a missing route`, async ({ request }) => {
    const answer = await request.post(path, { data: path === '/api/export' ? config(connection) : { config: config(connection) } });
    const { error = '' } = await answer.json();
    expect(error).not.toContain('missing route');
    if (answer.status() === 500) {
      expect(error).toMatch(/\/prometheus\/api\/v1\/export|401|Unauthorized/);
      expect(error).not.toContain('/rw/prometheus');
    }
  });
}

test('the page loads without a line of inline code and asks nobody else', async ({ request }) => {
  const answer = await request.get('/');
  const policy = answer.headers()['content-security-policy'];
  expect(policy).not.toContain('unsafe');
  const html = await answer.text();
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(html).not.toMatch(/\sstyle=|\son[a-z]+=/);
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
});
