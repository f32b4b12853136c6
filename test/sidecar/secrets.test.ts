import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { watching } from './rig.js';
import { storing, tokens, type StoreRig } from './stores.js';

const secret = 'hunter2-never-shown';
const reason = { 'x-config-reason': 'test' };

/** Every way there is to ask, wrong ones too. */
const questions: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ['GET', '/v1/config/default'],
  ...['json', 'typed', 'properties', 'env', 'yaml', 'nonsense'].map((format) => ['GET', `/v1/config/default?format=${format}`] as const),
  ['GET', '/v1/config/default?prefix=db'],
  ['GET', '/v1/config/default/db.password'],
  ['GET', '/v1/config/default/dsn'],
  ['GET', '/v1/config/default/url'],
  ['GET', '/v1/config?ns=default'],
  ['GET', '/v1/config/default?wait=1ms'],
  ['GET', '/v1/explain/default/db.password'],
  ['GET', '/v1/explain/dsn'],
  ['GET', '/v1/explain/limit'],
  ['GET', '/v1/status'],
  ['GET', '/v1/clients'],
  ['GET', '/v1/changes'],
  ['GET', '/v1/changes/default'],
  ['GET', '/v1/history/default'],
  ['GET', '/v1/history/default?key=db.password'],
  ['GET', '/dynamicproperties?id=db.password&id=dsn&id=url'],
  ['GET', '/metrics'],
  ['GET', '/readyz'],
  ['GET', '/healthz'],
  ['GET', '/v1/config/default/..%2f..%2fetc%2fpasswd'],
  ['POST', '/v1/preview/default', { set: { 'db.password': 'other', copy: '${db.password}', again: '${copy}' } }],
  ['POST', '/v1/preview/default', { delete: ['db.password', 'dsn'] }],
  ['POST', '/v1/rollback', { version: '1', dryRun: true }],
  ['POST', '/v1/rollback', { version: 'x', reason: 'y' }],
  ['PATCH', '/v1/config/default', { set: { 'db.password': `${secret}-2` }, expectedVersion: '1', reason: 'stale' }],
  ['PATCH', '/v1/config/default', { set: { 'db.password': { nested: secret } }, reason: 'wrong' }],
  ['PATCH', '/v1/config/default', { set: { 'db.password': secret }, layer: 'top', reason: 'wrong' }],
  ['PUT', '/v1/config/default/db.password?layer=nowhere', secret],
  ['POST', '/v1/refresh'],
];

async function rig(): Promise<StoreRig & { readonly from: string }> {
  const served = await storing();
  const { store, config, sidecar } = served;
  const from = (await (await fetch(`${sidecar.url}/v1/config/default`)).json() as { revision: string }).revision;
  // A secret that was set, changed, mentioned, defaulted to, and mentioned no more.
  await store.set({ 'db.password': secret, dsn: '${db.password}', url: `postgres://app:${secret}@db/app`, limit: '${db.password:5}', was: '${db.password}' }, { author: 'ann', reason: 'start' });
  await expect.poll(() => config.get('dsn')).toBe(secret);
  config.getIntProperty('limit', 0).get(); // a value that does not parse, for errors to tell of
  await store.set({ 'db.password': `${secret}-new`, was: 'plain', e: `\${db.token:${secret}}` }, { author: 'ann', reason: 'more' });
  await expect.poll(() => config.get('dsn')).toBe(`${secret}-new`);
  return { ...served, from };
}

/** Status line, headers and body: everything that leaves the sidecar. */
function everything(url: string, method: string, path: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const json = typeof body === 'object';
    const sent = request(url + path, { method, headers: { ...headers, ...(json && { 'content-type': 'application/json' }) } }, (response) => {
      let text = `${response.statusCode} ${JSON.stringify(response.headers)}\n`;
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece)).on('end', () => resolve(text));
    });
    sent.on('error', reject).end(json ? JSON.stringify(body) : body);
  });
}

describe('a secret', () => {
  it.each(['nobody', 'writer'] as const)('leaves the sidecar by no way, asked by %s', async (who) => {
    const { url, from } = await rig();
    const headers = { ...reason, ...(who === 'writer' && { authorization: `Bearer ${tokens.writer}` }) };
    for (const [method, path, body] of [...questions, ['GET', `/v1/diff/default?from=${from}`] as const]) {
      const told = await everything(url, method, path, headers, body);
      expect({ method, path, told: told.includes(secret) ? told : 'nothing' }).toEqual({ method, path, told: 'nothing' });
      expect([path, told.slice(0, 3)]).not.toEqual([path, '500']);
    }
  });

  it('leaves by no stream, neither when it changes nor when it ends', async () => {
    const { url, from, store, config } = await rig();
    const streams = [await watching(`${url}/v1/watch`), await watching(`${url}/v1/watch?prefix=db`), await watching(`${url}/v1/watch`, from)];
    const poll = fetch(`${url}/v1/config/default?wait=20s`, { headers: { 'if-none-match': (await fetch(`${url}/v1/config/default`)).headers.get('etag')! } });
    await store.set({ dsn: 'x-plain', 'db.password': null, late: '${db.url}', 'db.url': `http://a:${secret}@b/` }, { author: 'ann', reason: 'end' });
    await expect.poll(() => config.get('late')).toContain(secret);
    await store.set({ 'api.token': secret, late: '${api.token}', done: '1', dsn: null }, { author: 'ann', reason: 'end' });
    await expect.poll(() => streams.every(({ text }) => text().includes('done') || text().includes('event: change'))).toBe(true);
    await expect.poll(() => [streams[0]!, streams[2]!].every(({ text }) => text().includes('"done"'))).toBe(true);
    expect((await (await poll).text()).includes(secret) && 'the long poll told it').toBe(false);
    for (const { text } of streams) expect(text()).not.toContain(secret);
  });

  it('is shown to a token that may see it', async () => {
    const { url } = await rig();
    const headers = { authorization: `Bearer ${tokens.seer}` };
    for (const path of ['/v1/config/default', '/v1/config/default?format=env', '/v1/config/default/dsn', '/v1/changes/default', '/v1/history/default', '/dynamicproperties?id=dsn']) {
      expect(await everything(url, 'GET', path, headers, undefined)).toContain(secret);
    }
    const [masked, revealed] = await Promise.all([fetch(`${url}/v1/config/default`), fetch(`${url}/v1/config/default`, { headers })]);
    expect(masked.headers.get('etag')).not.toBe(revealed.headers.get('etag'));
    expect((await masked.json() as { masked: string[] }).masked).toContain('db.password');
    expect(await revealed.json()).not.toHaveProperty('masked');
  });
});
