import { describe, expect, it } from 'vitest';
import { refusal, storing, told } from './stores.js';
import { watching } from './rig.js';

const why = { 'x-config-reason': 'traffic%20peak' };
const reason = 'traffic peak';

describe('a write', () => {
  it('of one key reaches the store, and whoever asks next', async () => {
    const { as, store, url } = await storing();
    const written = await told(as('writer', '/v1/config/default/gateway.limit', { method: 'PUT', body: '50', headers: why }));
    const asked = await fetch(`${url}/v1/config/default/gateway.limit`);
    expect([await asked.text(), asked.headers.get('x-config-revision')]).toEqual(['50', (written.body as { revision: string }).revision]);
    expect(written).toMatchObject({ status: 200, body: { namespace: 'default', layer: 'sqlite', seen: true, version: (await store.history())[0]?.version } });
    expect((await store.history()).map(({ key, after, author, reason: said }) => [key, after, author, said])).toEqual([['gateway.limit', '50', 'ann', 'traffic peak']]);
    expect(await told(as('writer', '/v1/config/default/gateway.limit', { method: 'DELETE', headers: why }))).toMatchObject({ status: 200 });
    expect((await fetch(`${url}/v1/config/default/gateway.limit`)).status).toBe(404);
  });

  it('takes any key and any text as they are', async () => {
    const { as, config } = await storing();
    for (const [path, key, value] of [
      ['a%2Fb/c', 'a/b/c', ' lines\r\nand ✓ \u0000-free '.replace('\u0000', '')],
      ['__proto__', '__proto__', ''],
      ['%C3%A9%20%25', 'é %', '\ufeffwith a mark'],
    ] as const) {
      expect((await as('writer', `/v1/config/default/${path}`, { method: 'PUT', body: value, headers: why })).status).toBe(200);
      expect(config.get(key)).toBe(value);
    }
  });

  it('of several keys is one transaction and one event', async () => {
    const { as, config, store, url } = await storing();
    await store.set({ gone: '1', 'a.old': '1' }, { author: 'x', reason: 'y' });
    await expect.poll(() => config.get('gone')).toBe('1');
    const watcher = await watching(`${url}/v1/watch?snapshot=false`);
    const json = JSON.parse('{"set":{"a":1,"b":true,"__proto__":"kept","a.old":null},"delete":["gone"],"layer":"sqlite","reason":"traffic peak","author":"Zoë"}') as unknown;
    expect(await told(as('bare', '/v1/config/default', { method: 'PATCH', json }))).toMatchObject({ status: 200, body: { seen: true } });
    expect(config.entries().sort()).toEqual([['__proto__', 'kept'], ['a', '1'], ['b', 'true'], ['base', 'default']]);
    await expect.poll(() => watcher.events.filter(({ event }) => event === 'change').length).toBe(1);
    expect((await store.history(undefined, 1))[0]).toMatchObject({ author: expect.stringMatching(/^Zoë \(token-[0-9a-f]{4}\)$/) as string, reason });
  });

  it('is refused where somebody else has written since', async () => {
    const { as, config } = await storing();
    const first = (await told(as('writer', '/v1/config/default/a', { method: 'PUT', body: '1', headers: why }))).body as { version: string };
    await as('writer', '/v1/config/default/a', { method: 'PUT', body: '2', headers: why });
    const stale = { ...why, 'if-match': `"${first.version}"` };
    expect(await refusal(as('writer', '/v1/config/default/a', { method: 'PUT', body: '3', headers: stale }))).toEqual([412, 'CALUMMA_CONFLICT']);
    expect(await refusal(as('writer', '/v1/config/default/a', { method: 'DELETE', headers: stale }))).toEqual([412, 'CALUMMA_CONFLICT']);
    expect(await refusal(as('writer', '/v1/config/default', { method: 'PATCH', json: { set: { a: '3' }, expectedVersion: first.version, reason } }))).toEqual([412, 'CALUMMA_CONFLICT']);
    expect((await as('writer', '/v1/config/default/b', { method: 'PUT', body: '3', headers: stale })).status).toBe(200);
    expect([config.get('a'), config.get('b')]).toEqual(['2', '3']);
    for (const [tag, status] of [['*', 400], ['unquoted', 400], ['"a", "b"', 400], ['W/"1"', 412]] as const) {
      expect((await refusal(as('writer', '/v1/config/default/a', { method: 'PUT', body: '3', headers: { ...why, 'if-match': tag } })))[0]).toBe(status);
    }
  });

  it('lets one of many who race with one version win', async () => {
    const { as, config, store } = await storing();
    const { version } = await store.set({ a: '0' }, { author: 'x', reason: 'y' });
    const racing = Array.from({ length: 8 }, (_, at) => as('writer', '/v1/config/default/a', { method: 'PUT', body: String(at + 1), headers: { ...why, 'if-match': `"${version}"` } }));
    const statuses = (await Promise.all(racing)).map(({ status }) => status);
    expect([...statuses].sort()).toEqual([200, ...Array.from({ length: 7 }, () => 412)]);
    expect(config.get('a')).toBe(String(statuses.indexOf(200) + 1));
    expect(await store.history('a')).toHaveLength(2);
  });

  it('needs a token that may write', async () => {
    const { as, store } = await storing();
    const all = [['PUT', 'config/default/a'], ['DELETE', 'config/default/a'], ['PATCH', 'config/default'], ['POST', 'preview/default'], ['POST', 'rollback'], ['POST', 'rollback/default'], ['POST', 'refresh']] as const;
    for (const [method, path] of all) {
      expect([path, ...(await refusal(as(undefined, `/v1/${path}`, { method, headers: why })))]).toEqual([path, 401, 'UNAUTHORIZED']);
      expect([path, ...(await refusal(as('reader', `/v1/${path}`, { method, headers: why })))]).toEqual([path, 403, 'FORBIDDEN']);
    }
    expect(await store.history()).toEqual([]);
  });

  it('says what is wrong with it, and nothing changes', async () => {
    const { as, config, store } = await storing({}, { maxBytes: 10_000, guards: [(candidate) => { if (candidate.get('limit') === '0') throw new Error('limit must not be 0'); }] });
    const patch = (json: unknown) => refusal(as('writer', '/v1/config/default', { method: 'PATCH', json }));
    const put = (path: string, init: RequestInit = {}) => refusal(as('writer', path, { method: 'PUT', body: '1', headers: why, ...init }));
    expect(await put('/v1/config/default/a?layer=top')).toEqual([409, 'CALUMMA_READ_ONLY']);
    expect(await put('/v1/config/default/a?layer=nowhere')).toEqual([404, 'CALUMMA_UNKNOWN_LAYER']);
    expect(await put('/v1/config/nowhere/a')).toEqual([404, 'NOT_FOUND']);
    expect(await put('/v1/config/default/a', { headers: {} })).toEqual([400, 'BAD_REQUEST']);
    expect(await put('/v1/config/default/a', { headers: { 'x-config-reason': '%zz' } })).toEqual([400, 'BAD_REQUEST']);
    expect(await put('/v1/config/default/a', { headers: { ...why, 'x-config-author': 'x'.repeat(2_000) } })).toEqual([400, 'BAD_REQUEST']);
    expect(await put('/v1/config/default')).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(await put('/v1/config/default/limit', { body: '0' })).toEqual([409, 'CALUMMA_GUARD']);
    expect(await put('/v1/config/default/a', { body: 'x'.repeat(20_000) })).toEqual([413, 'CALUMMA_TOO_LARGE']);
    for (const bad of [{}, { set: {}, reason }, { set: [], reason }, { set: { a: {} }, reason }, { set: { a: 2 ** 60 }, reason }, { delete: 'a', reason }, { set: { a: 1 }, reason: 5 }, { set: { a: 1 } }, { sets: {}, reason }, { set: { a: 1 }, layer: 5, reason }, [1], null, 'text']) {
      expect([bad, (await patch(bad))[0]]).toEqual([bad, 400]);
    }
    expect([config.entries(), await store.history()]).toEqual([[['base', 'default']], []]);
  });

  it('under a layer above is not seen in the whole, and says it is there', async () => {
    const { as, top, config } = await storing();
    top.set('a', 'above');
    expect(await told(as('writer', '/v1/config/default/a', { method: 'PUT', body: 'below', headers: why }))).toMatchObject({ status: 200, body: { seen: true } });
    expect([config.get('a'), config.explain('a').hidden.map(({ raw }) => raw)]).toEqual(['above', ['below']]);
  });
});

describe('the history', () => {
  it('tells who wrote what and why, without secrets for who may not see them', async () => {
    const { as, store } = await storing();
    await store.set({ a: '1', 'db.password': 'hunter2' }, { author: 'ann', reason: 'start' });
    await store.set({ a: '${db.password:hunter2}', u: 'x' }, { author: 'bob', reason: 'more' });
    const masked = await told(as(undefined, '/v1/history/default'));
    expect(JSON.stringify(masked)).not.toContain('hunter2');
    expect(masked).toMatchObject({ status: 200, body: { namespace: 'default', layer: 'sqlite' } });
    const open = (await told(as('seer', '/v1/history/default?layer=sqlite&key=a&limit=1'))).body as { entries: unknown[] };
    expect(open.entries).toEqual([expect.objectContaining({ key: 'a', before: '1', after: '${db.password:hunter2}', author: 'bob', reason: 'more' })]);
    expect((await told(as(undefined, '/v1/history?key=u'))).body).toMatchObject({ entries: [{ key: 'u', before: null, after: 'x' }] });
    for (const bad of ['limit=0', 'limit=x', 'limit=1000000']) expect((await as(undefined, `/v1/history/default?${bad}`)).status).toBe(400);
    expect(await refusal(as(undefined, '/v1/history/default?layer=top'))).toEqual([409, 'CALUMMA_READ_ONLY']);
  });
});

describe('a preview', () => {
  it('tells what would change, what is hidden and who would be told, and moves nothing', async () => {
    const { as, top, config, url, store } = await storing();
    top.set('b', 'above');
    top.set('url', '<${a}>');
    await watching(`${url}/v1/watch`);
    await watching(`${url}/v1/watch?prefix=nowhere`);
    const before = config.version;
    const answer = await told(as('writer', '/v1/preview/default', { method: 'POST', json: { set: { a: '1', b: '2', 'db.password': 'hunter2' }, layer: 'sqlite' } }));
    expect(answer).toMatchObject({ status: 200, body: { layer: 'sqlite', hidden: [{ key: 'b', by: 'top' }], clients: 1 } });
    expect((answer.body as { changes: { key: string }[] }).changes.sort((x, y) => (x.key < y.key ? -1 : 1))).toEqual([
      { key: 'a', before: null, after: '1', layer: 'sqlite' },
      { key: 'db.password', before: null, after: '***', layer: 'sqlite' },
      { key: 'url', before: '<${a}>', after: '<1>', layer: 'top' },
    ]);
    expect([config.version, await store.history()]).toEqual([before, []]);
  });

  it('does not fill a secret into what may be seen', async () => {
    const { as, top } = await storing();
    top.set('db.password', 'hunter2');
    const json = { set: { x: '${db.password}', y: '${x}' } };
    expect(JSON.stringify(await told(as('writer', '/v1/preview/default', { method: 'POST', json })))).not.toContain('hunter2');
    expect(JSON.stringify(await told(as('seer', '/v1/preview/default', { method: 'POST', json })))).toContain('hunter2');
  });
});

describe('a rollback', () => {
  it('is one more write that gives each key its value of then', async () => {
    const { as, config, store } = await storing();
    const { version } = await store.set({ a: '1', b: '1', 'db.password': 'old' }, { author: 'ann', reason: 'good' });
    await store.set({ a: '2', b: null, c: '1', 'db.password': 'new' }, { author: 'bob', reason: 'bad' });
    await expect.poll(() => config.get('c')).toBe('1');
    const dry = await told(as('writer', '/v1/rollback', { method: 'POST', json: { version, dryRun: true } }));
    expect(JSON.stringify(dry)).not.toMatch(/"(old|new)"/);
    expect((dry.body as { keys: string[] }).keys.sort()).toEqual(['a', 'b', 'c', 'db.password']);
    expect(config.get('a')).toBe('2');
    const some = await told(as('writer', '/v1/rollback/default', { method: 'POST', json: { version, keys: ['a'], reason: 'as it was' } }));
    expect([some.status, config.get('a'), config.get('b')]).toEqual([200, '1', undefined]);
    const all = await told(as('writer', '/v1/rollback/default', { method: 'POST', json: { version, layer: 'sqlite', reason: 'all of it' } }));
    expect(all).toMatchObject({ status: 200, body: { layer: 'sqlite', seen: true } });
    expect(config.entries().sort()).toEqual([['a', '1'], ['b', '1'], ['base', 'default'], ['db.password', 'old']]);
    expect((await store.history('b', 1))[0]).toMatchObject({ author: 'ann', reason: 'all of it' });
    expect(await told(as('writer', '/v1/rollback', { method: 'POST', json: { version, reason: 'again' } }))).toMatchObject({ status: 200, body: { keys: [], seen: true } });
  });

  it('is refused with what is wrong', async () => {
    const { as, store } = await storing();
    const { version } = await store.set({ a: '1' }, { author: 'ann', reason: 'one' });
    await store.set({ a: '2' }, { author: 'ann', reason: 'two' });
    const post = (json: unknown) => refusal(as('writer', '/v1/rollback', { method: 'POST', json }));
    expect(await post({ reason })).toEqual([400, 'BAD_REQUEST']);
    expect(await post({ version: 'x', reason })).toEqual([400, 'CALUMMA_OPTION']);
    expect(await post({ version })).toEqual([400, 'BAD_REQUEST']);
    expect(await post({ version, dryRun: 'yes', reason })).toEqual([400, 'BAD_REQUEST']);
    expect(await post({ version, layer: 'top', reason })).toEqual([409, 'CALUMMA_READ_ONLY']);
    expect(await post({ version, expectedVersion: version, reason })).toEqual([412, 'CALUMMA_CONFLICT']);
    expect(await store.history()).toHaveLength(2);
  });
});
