import { expect, it } from 'vitest';
import { createConfig, memory } from '../../src/index.js';
import { Feed } from '../runtime/rig.js';
import { serving, sidecarOf, until, watching } from './rig.js';

it('says how everything is doing', async () => {
  const { url, config } = await serving({ a: '1' });
  const status = (await (await fetch(`${url}/v1/status`)).json()) as Record<string, unknown>;
  expect(status).toMatchObject({
    state: 'live',
    watchers: 0,
    namespaces: { default: { state: 'live', source: 'live', keys: 1, bytes: 2, writables: [], layers: [{ name: 'memory', state: 'live', keys: 1 }] } },
  });
  expect(JSON.stringify(status)).toContain(`-${config.version}"`);
});

it('tells what it is asked to tell besides', async () => {
  const { url } = await serving({}, { about: () => ({ description: { path: 'calumma.yaml', error: 'nonsense' } }) });
  expect(await (await fetch(`${url}/v1/status`)).json()).toMatchObject({ description: { path: 'calumma.yaml', error: 'nonsense' } });
});

it('lists who waits for news', async () => {
  const { url, config } = await serving({ 'gateway.a': '1' });
  const client = await watching(`${url}/v1/watch?prefix=gateway`);
  await until(() => client.events.length === 1);
  const { clients } = (await (await fetch(`${url}/v1/clients`)).json()) as { clients: { revision: string }[] };
  expect(clients).toMatchObject([{ kind: 'watch', namespaces: ['default'], prefix: 'gateway', name: 'node' }]);
  expect(clients[0]!.revision).toMatch(new RegExp(`-${config.version}$`));
  client.stop();
  await expect.poll(async () => (await (await fetch(`${url}/v1/clients`)).json())).toEqual({ clients: [] });
});

it('is not ready, and has no answer but 503, before anything was held; then it is ready for good', async () => {
  const feed = new Feed('store');
  const config = createConfig({ layers: [{ source: feed, required: true }], context: {}, onError: () => undefined });
  const { url } = await sidecarOf({ configs: { default: config } });
  const ready = async (): Promise<number> => (await fetch(`${url!}/readyz`)).status;
  expect(await ready()).toBe(503);
  expect((await fetch(`${url!}/healthz`)).status).toBe(200);
  const refused = await fetch(`${url!}/v1/config/default`);
  expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'NOTHING_HELD' } }]);
  expect((await fetch(`${url!}/v1/config/default/a`)).status).toBe(503);
  feed.full({ a: '1' });
  await expect.poll(ready).toBe(200);
  feed.lose(new Error('gone'));
  await until(() => config.health().layers[0]!.state === 'stale');
  expect(await ready()).toBe(200);
  const stale = await fetch(`${url!}/v1/config/default`);
  expect([stale.status, stale.headers.get('x-config-source')]).toEqual([200, 'stale']);
  expect(Number(stale.headers.get('age'))).toBeGreaterThanOrEqual(0);
  await config.close();
});

it('has metrics for Prometheus that count from the start', async () => {
  const { url, store } = await serving({ a: '1' });
  store.set('a', '2');
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get('content-type')).toContain('text/plain');
  const text = await answer.text();
  expect(text).toContain('config_state{namespace="default",state="live"} 1');
  expect(text).toContain('config_keys{namespace="default"} 1');
  expect(text).toContain('config_commits_total{namespace="default"} 1');
  expect(text).toContain('# TYPE config_apply_latency_seconds histogram');
  expect(text).toMatch(/config_apply_latency_seconds_bucket\{.*le="\+Inf".*\} 0/);
});

it('explains, in the namespace default when none is named', async () => {
  const { url } = await serving({ 'a/b': '1' });
  for (const path of ['/v1/explain/a%2Fb', '/v1/explain/default/a%2Fb', '/v1/explain/default/a/b']) {
    expect(await (await fetch(url + path)).json()).toMatchObject({ key: 'a/b', value: '1', winner: { layer: 'memory' } });
  }
});

it('tells of the last publishes, newest first, and what differs between two revisions', async () => {
  const { url, store } = await serving({ a: '1' }, { limits: { ring: 3 } });
  const start = await fetch(`${url}/v1/config/default`);
  const first = start.headers.get('x-config-revision')!;
  store.set('a', '2');
  store.set('b', '1');
  store.set('a', '3');
  const { changes } = (await (await fetch(`${url}/v1/changes/default?limit=2`)).json()) as { changes: { revision: string }[] };
  expect(changes).toMatchObject([{ changes: [{ key: 'a', before: '2', after: '3', layer: 'memory' }] }, { changes: [{ key: 'b', after: '1' }] }]);
  expect(await (await fetch(`${url}/v1/changes/default?key=b`)).json()).toMatchObject({ changes: [{ changes: [{ key: 'b' }] }] });
  const diff = async (query: string): Promise<unknown> => (await fetch(`${url}/v1/diff/default?${query}`)).json();
  expect(await diff(`from=${first}`)).toMatchObject({ changes: [{ key: 'a', before: '1', after: '3' }, { key: 'b', after: '1' }] });
  expect(await diff(`from=${first}&to=${changes[1]!.revision}`)).toMatchObject({ changes: [{ key: 'a', before: '1', after: '2' }, { key: 'b', after: '1' }] });
  store.set('a', '1');
  expect(await diff(`from=${first}`)).toMatchObject({ error: { code: 'GONE' } });
  expect((await fetch(`${url}/v1/diff/default?from=${first}`)).status).toBe(410);
  expect((await fetch(`${url}/v1/diff/default`)).status).toBe(400);
  expect((await fetch(`${url}/v1/diff/default?from=${changes[0]!.revision}&to=${changes[1]!.revision}`)).status).toBe(400);
});

it('reads again only for who may write', async () => {
  const store = memory({ a: '1' });
  const config = createConfig({ layers: [store], context: {} });
  const { url } = await sidecarOf({ configs: { default: config } });
  const answer = await fetch(`${url!}/v1/refresh`, { method: 'POST' });
  expect([answer.status, await answer.json()]).toMatchObject([401, { error: { code: 'UNAUTHORIZED' } }]);
});
