import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it, onTestFinished } from 'vitest';

import { type Config, createConfig, type LayerHealth, memory, type Reading, sidecar, values } from '../../../src/index.js';
import { openProxy } from '../../harness/proxy.js';
import { serving, sidecarOf } from '../../sidecar/rig.js';
import { until } from '../following.js';
import { watched } from '../url/watched.js';
import { withoutStreams } from './hosts.js';

const portOf = (url: string): number => Number(new URL(url).port);
const at = (port: number): string => `http://127.0.0.1:${port}`;

/** The kinds of the readings that the layer `name` has taken. */
function kindsOf(name: string): string[] {
  const kinds: string[] = [];
  const listener = (message: unknown): void => {
    const { layer, reading } = message as { layer: string; reading: Reading };
    if (layer === name) kinds.push(reading.kind);
  };
  subscribe('calumma:reading', listener);
  onTestFinished(() => void unsubscribe('calumma:reading', listener));
  return kinds;
}

/** Waits until the layer has heard a heartbeat. */
async function beats(layer: () => LayerHealth): Promise<void> {
  const before = layer().lastSuccess!.getTime();
  await until(() => layer().lastSuccess!.getTime() > before);
}

it('follows what the sidecar publishes: one publish for what changes together, and the lag since it was written', async () => {
  const { url, store } = await serving({ 'gateway.limit': '1', other: 'x' });
  const { config, changes, layer } = await watched(sidecar({ url }));
  expect(Object.fromEntries(config.entries())).toEqual({ 'gateway.limit': '1', other: 'x' });
  store.replace({ 'gateway.limit': '2', 'gateway.burst': '3' });
  await until(() => config.get('gateway.burst') === '3');
  expect(changes.map((set) => set.changes.map(({ key, after }) => [key, after]))).toEqual([[['gateway.limit', '1'], ['other', 'x']], [['other', undefined], ['gateway.limit', '2'], ['gateway.burst', '3']]].map((set) => expect.arrayContaining(set) as unknown));
  expect(layer().lagMs).toBeLessThan(1_000);
  expect(config.explain('gateway.limit').winner).toMatchObject({ layer: 'sidecar', raw: '2', origin: `sidecar:${url}/default/gateway.limit` });
});

it('reads another config, and only what lies at or below a prefix', async () => {
  const billing = memory({ 'tax.rate': '19', 'tax': 'on', 'taxes': 'no', 'x': 'y' }, { name: 'billing' });
  const config = createConfig({ layers: [billing], context: {} });
  onTestFinished(() => config.close());
  const { url } = await sidecarOf({ configs: { 'billing/eu': config } });
  const { shown, config: mine } = await watched(sidecar({ url: url!, config: 'billing/eu', prefix: 'tax' }));
  expect(shown()).toEqual({ tax: 'on', 'tax.rate': '19' });
  billing.set('x', 'z');
  billing.set('tax.rate', '7');
  await until(() => mine.get('tax.rate') === '7');
  expect(shown()).toEqual({ tax: 'on', 'tax.rate': '7' });
});

it('goes on after a lost connection from where it was, and is told only what it missed', async () => {
  const { url, store } = await serving({ a: '1', b: '1' });
  const proxy = await openProxy(portOf(url));
  onTestFinished(() => proxy.close());
  const kinds = kindsOf('sidecar');
  const { config, states } = await watched(sidecar({ url: at(proxy.port) }));
  store.set('a', '2');
  await until(() => config.get('a') === '2');
  await proxy.refuse();
  await until(() => states.includes('stale'));
  store.set('b', '2');
  expect(config.get('a')).toBe('2');
  await proxy.heal();
  await until(() => config.get('b') === '2');
  expect(kinds).toEqual(['full', 'patch', 'patch']);
});

it('a connection that is dead without a word is given up, and nothing is missed', async () => {
  const { url, store } = await serving({ a: '1' }, { heartbeatMs: 50 });
  const proxy = await openProxy(portOf(url));
  onTestFinished(() => proxy.close());
  const { config, errors, layer } = await watched(sidecar({ url: at(proxy.port), silence: 300, timeout: 300 }));
  await beats(layer);
  proxy.blackhole();
  store.set('a', '2');
  await until(() => errors.length > 0);
  expect(errors[0]?.message).toBe(`sidecar: expected a word within 300 ms, found none: the connection is dead (sidecar:${at(proxy.port)})`);
  expect([config.get('a'), layer().state]).toEqual(['1', 'stale']);
  await proxy.heal();
  await until(() => config.get('a') === '2' && layer().state === 'live');
});

it('is fresh while nothing changes, by the heartbeats', async () => {
  const { url } = await serving({ a: '1' }, { heartbeatMs: 20 });
  const { layer } = await watched(sidecar({ url }), { layers: [{ source: sidecar({ url }), maxStalenessMs: 500 }] });
  const first = layer().lastSuccess!;
  await until(() => layer().lastSuccess!.getTime() > first.getTime() + 600);
  expect([layer().state, layer().overdue]).toEqual(['live', false]);
});

it('what a sidecar says that is out of touch with its own sources is nothing fresh', async () => {
  const upstream = await serving({ a: '1' }, { heartbeatMs: 20 });
  const proxy = await openProxy(portOf(upstream.url));
  onTestFinished(() => proxy.close());
  const own = createConfig({ layers: [sidecar({ url: at(proxy.port) }), values({ b: '1' })], context: {}, onError: () => undefined });
  onTestFinished(() => own.close());
  await own.ready();
  const { url } = await sidecarOf({ configs: { default: own }, heartbeatMs: 20 });
  const { layer, config } = await watched(sidecar(), { layers: [{ source: sidecar({ url: url! }), maxStalenessMs: 300 }] });
  await proxy.refuse();
  await until(() => layer().overdue, () => [layer(), own.health()]);
  expect(config.get('a')).toBe('1');
  await proxy.heal();
  await until(() => !layer().overdue);
});

it.each([404, 405, 406, 501])('where streams are answered with %i, it asks and waits for the answer', async (status) => {
  const { url, store } = await serving({ a: '1' });
  const middle = await withoutStreams(portOf(url), status);
  onTestFinished(() => middle.close());
  const { config, errors } = await watched(sidecar({ url: at(middle.port) }));
  await until(() => middle.asked.some((asked) => asked.startsWith(`${status} `)));
  for (const value of ['2', '3']) {
    store.set('a', value);
    await until(() => config.get('a') === value);
  }
  expect(errors).toEqual([]);
  expect(middle.asked.filter((asked) => asked.includes('wait=')).length).toBeGreaterThanOrEqual(2);
});

it('where a stream opens and nothing comes through it, it asks instead', async () => {
  const { url, store } = await serving({ a: '1' });
  const middle = await withoutStreams(portOf(url), 200);
  onTestFinished(() => middle.close());
  const { config, layer } = await watched(sidecar({ url: at(middle.port), silence: 200 }));
  await until(() => layer().lastError !== undefined);
  store.set('a', '2');
  await until(() => config.get('a') === '2' && layer().state === 'live');
  expect(middle.asked.filter((asked) => asked.startsWith('200 /v1/watch'))).toHaveLength(1);
});

it('secrets that are not shown are left out, which is told once', async () => {
  const { url, store } = await serving({ 'db.host': 'db1', 'db.password': 'pw-1', 'db.url': 'postgres://ann:pw-1@db1/x' });
  const { shown, errors, config } = await watched(sidecar({ url }));
  store.set('db.password', 'pw-2');
  store.set('db.host', 'db2');
  await until(() => config.get('db.host') === 'db2');
  expect(shown()).toEqual({ 'db.host': 'db2' });
  expect(errors.map(({ message }) => message)).toEqual([
    `sidecar: expected all values, found that those of "db.password", "db.url" are secret, so the layer has not got them: give a token with the right "reveal", if they are needed here (sidecar:${url}/default)`,
  ]);
  store.set('db.host', 'redis://ann:pw-3@db3');
  await until(() => errors.length === 2);
  expect([config.get('db.host'), errors[1]?.message]).toEqual([undefined, expect.stringContaining('"db.host"')]);
  expect(JSON.stringify(errors)).not.toContain('pw-');
});

it('what a guard refuses is offered again, and what the sidecar takes back is gone', async () => {
  const { url, store } = await serving({ limit: '1' }, { heartbeatMs: 30 });
  const proxy = await openProxy(portOf(url));
  onTestFinished(() => proxy.close());
  const bar = memory({ most: '5' }, { name: 'bar' });
  const { config, errors } = await watched(sidecar({ url: at(proxy.port) }), {
    layers: [bar, sidecar({ url: at(proxy.port) })],
    guards: [(candidate) => {
      if (Number(candidate.get('limit') ?? 0) > Number(candidate.get('most'))) throw new Error('too much');
    }],
  });
  await config.ready();
  store.set('limit', '9');
  await until(() => errors.some(({ code }) => code === 'CALUMMA_GUARD'));
  expect(config.get('limit')).toBe('1');
  await proxy.refuse();
  await until(() => config.health().layers.some(({ state }) => state === 'stale'));
  store.set('limit', '1');
  await proxy.heal();
  await until(() => config.health().state === 'live');
  bar.set('most', '100');
  store.set('other', 'x');
  await until(() => config.get('other') === 'x');
  expect(config.get('limit')).toBe('1');
});

it('speaks through a Unix socket', async () => {
  const socketPath = `/tmp/calumma-sidecar-${process.pid}.sock`;
  const { store } = await serving({ a: '1' }, { listen: false, socketPath });
  const { config } = await watched(sidecar({ socketPath }));
  store.set('a', '2');
  await until(() => config.get('a') === '2');
  expect(config.explain('a').winner?.origin).toBe(`sidecar:unix:${socketPath}/default/a`);
});

it('a config that the sidecar gets later is found', async () => {
  const first = await serving({ a: '1' });
  const { errors, config, layer } = await watched(sidecar({ url: first.url, config: 'billing' }));
  expect(errors[0]?.message).toBe(`sidecar: expected status 200, found 404: has the sidecar a config "billing"? (sidecar:${first.url})`);
  const billing: Config = createConfig({ layers: [memory({ b: '2' })], context: {} });
  onTestFinished(() => billing.close());
  first.sidecar.reload({ default: first.config, billing });
  await until(() => config.get('b') === '2' && layer().state === 'live');
});
