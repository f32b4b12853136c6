import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, onTestFinished } from 'vitest';
import { createConfig, memory, values } from '../../src/index.js';
import { Feed } from '../runtime/rig.js';
import { raw, serving, sidecarOf, until, watching } from './rig.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('tells everything first, then each commit', async () => {
  const { url, store, config } = await serving({ a: '1' });
  const client = await watching(`${url}/v1/watch`);
  await until(() => client.events.length === 1);
  expect(client.events[0]).toMatchObject({ event: 'snapshot', data: { namespace: 'default', values: { a: '1' } } });
  store.set('a', '2');
  await until(() => client.events.length === 2);
  expect(client.events[1]).toMatchObject({ event: 'change', data: { namespace: 'default', changes: [{ key: 'a', op: 'set', value: '2', layer: 'memory' }] } });
  store.delete('a');
  await until(() => client.events.length === 3);
  expect(client.events[2]).toMatchObject({ data: { changes: [{ key: 'a', op: 'delete', layer: 'memory' }] } });
  expect(client.lastId()).toMatch(new RegExp(`^[0-9a-z]{8}-${config.version}$`));
  expect(client.text()).toMatch(/^retry: 1000\n\n/);
});

it('resumes after a cut with nothing lost and nothing doubled', async () => {
  const { url, store } = await serving({ n: '0' });
  const seen: string[] = [];
  let id: string | undefined;
  for (let round = 0; round < 5; round += 1) {
    const client = await watching(`${url}/v1/watch?snapshot=false`, id);
    for (let at = 0; at < 10; at += 1) store.set('n', String(round * 20 + at + 1));
    await until(() => client.events.length >= (round === 0 ? 10 : 20));
    seen.push(...client.events.map(({ data }) => (data as { changes: { value: string }[] }).changes[0]!.value));
    id = client.lastId();
    client.stop();
    for (let at = 10; at < 20; at += 1) store.set('n', String(round * 20 + at + 1));
  }
  expect(seen).toEqual(Array.from({ length: 90 }, (_, at) => String(at + 1)));
});

it.each(['', 'zzzzzzzz-1', 'nonsense', 'default=x&billing=y'])('gives everything to who comes back with the id %j, which it never gave or has forgotten', async (id) => {
  const { url } = await serving({ a: '1' });
  const client = await watching(`${url}/v1/watch`, id);
  await until(() => client.events.length === 1);
  expect(client.events[0]).toMatchObject({ event: 'snapshot', data: { values: { a: '1' } } });
});

it('gives everything when the ring has run over', async () => {
  const { url, store } = await serving({ n: '0' }, { limits: { ring: 5 } });
  const first = await watching(`${url}/v1/watch`);
  await until(() => first.events.length === 1);
  first.stop();
  for (let at = 1; at <= 6; at += 1) store.set('n', String(at));
  const client = await watching(`${url}/v1/watch?snapshot=false`, first.lastId());
  await until(() => client.events.length === 1);
  expect(client.events[0]).toMatchObject({ event: 'snapshot', data: { values: { n: '6' } } });
});

it('tells only what lies below the prefix, and lets the id run on with the heartbeat', async () => {
  const { url, store, config } = await serving({ 'gateway.a': '1', 'gatewayb': '1' }, { heartbeatMs: 30 });
  const client = await watching(`${url}/v1/watch?prefix=gateway`);
  await until(() => client.events.length === 1);
  expect((client.events[0]!.data as { values: unknown }).values).toEqual({ 'gateway.a': '1' });
  store.set('gatewayb', '2');
  await until(() => client.text().includes(`: here live\nid: ${idOf(config.version, client.lastId()!)}\n`));
  store.set('gateway.a', '2');
  await until(() => client.events.length === 2);
  expect(client.events[1]).toMatchObject({ data: { changes: [{ key: 'gateway.a', value: '2' }] } });
});

it('watches several namespaces, and resumes in each', async () => {
  const [store, billing] = [memory({ a: '1' }), memory({ b: '1' })];
  const configs = { default: createConfig({ layers: [store], context: {} }), billing: createConfig({ layers: [billing], context: {} }) };
  const { url } = await sidecarOf({ configs });
  const first = await watching(`${url!}/v1/watch?ns=default&ns=billing`);
  await until(() => first.events.length === 2);
  store.set('a', '2');
  await until(() => first.events.length === 3);
  first.stop();
  billing.set('b', '2');
  store.set('a', '3');
  const client = await watching(`${url!}/v1/watch?ns=default,billing`, first.lastId());
  await until(() => client.events.length === 2);
  expect(client.events.map(({ data }) => data)).toMatchObject([
    { namespace: 'default', changes: [{ key: 'a', value: '3' }] },
    { namespace: 'billing', changes: [{ key: 'b', value: '2' }] },
  ]);
});

it('tells when a layer loses its source', async () => {
  const feed = new Feed('store');
  const config = createConfig({ layers: [feed], context: {}, onError: () => undefined });
  onTestFinished(() => config.close());
  feed.full({ a: '1' });
  await config.ready();
  const { url } = await sidecarOf({ configs: { default: config } });
  const client = await watching(`${url!}/v1/watch`);
  await until(() => client.events.length === 1);
  feed.lose(new Error('gone'));
  await until(() => client.events.length === 2);
  expect(client.events[1]).toMatchObject({ event: 'state', data: { namespace: 'default', layer: 'store', state: 'stale' } });
});

it('drops a slow reader to what it missed, and holds no more than one message for it', async () => {
  const { url, store, sidecar } = await serving({ n: '0' }, { limits: { ring: 10 } });
  const { port } = new URL(url);
  const slow = request({ port, path: '/v1/watch', host: '127.0.0.1' }).end();
  onTestFinished(() => void slow.destroy());
  const [response] = (await once(slow, 'response')) as [IncomingMessage];
  response.pause();
  const big = 'x'.repeat(1024 * 1024);
  const before = process.memoryUsage().external;
  for (let at = 1; at <= 40; at += 1) {
    store.set('n', big + String(at));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(process.memoryUsage().external - before).toBeLessThan(25 * 1024 * 1024);
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).resume();
  await until(() => text.includes(`${big}40"`));
  // What was too much to be kept came as one snapshot.
  expect(text.split('event: snapshot').length).toBe(3);
  store.set('n', 'last');
  await until(() => text.includes('"last"'));
  expect(sidecar.url).toBe(url);
});

it.each(['/v1/watch', '/v1/config/default', '/v1/config/default/n'])('holds no more for many slow readers of %s than may be, however often the values change', async (target) => {
  const { url, store } = await serving({ n: '0' }, { limits: { underwayBytes: 20_000_000 } });
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  const sockets = [];
  for (let at = 11; at <= 20; at += 1) {
    store.set('n', String(at).repeat(4_000_000));
    const socket = await raw(url);
    socket.pause();
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    sockets.push(socket);
    // Answered after it: the slow one has got as much as it takes.
    await fetch(`${url}/healthz`);
  }
  collectGarbage();
  // The kernel takes some of it too; of what was cut off nothing more is held.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
  const last = sockets.at(-1)!;
  last.resume();
  await expect.poll(() => last.received().length, { timeout: 10_000 }).toBeGreaterThan(8_000_000);
  expect((await fetch(`${url}/v1/config/default/n`).then((answer) => answer.text())).startsWith('2020')).toBe(true);
}, 30_000);

it('cuts a client that takes nothing for too long', async () => {
  const { url, store } = await serving({ n: '0' }, { heartbeatMs: 20, limits: { stuckMs: 200 } });
  const socket = await raw(url);
  socket.pause();
  socket.write('GET /v1/watch HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await expect.poll(() => clientsOf(url)).toBe(1);
  store.set('n', 'x'.repeat(9_000_000));
  await expect.poll(() => clientsOf(url), { timeout: 5_000 }).toBe(0);
});

it('swaps what stands behind the names without cutting anybody off', async () => {
  const configs = (record: Record<string, string>): { default: ReturnType<typeof createConfig> } => ({ default: createConfig({ layers: [values(record)], context: {} }) });
  const sidecar = await sidecarOf({ configs: configs({ a: '1', b: '1', c: '1' }) });
  const client = await watching(`${sidecar.url!}/v1/watch`);
  await until(() => client.events.length === 1);
  const { headers } = await fetch(`${sidecar.url!}/v1/config/default`);
  const poll = fetch(`${sidecar.url!}/v1/config/default?wait=10s`, { headers: { 'if-none-match': headers.get('etag')! } });
  await expect.poll(() => clientsOf(sidecar.url!)).toBe(2);
  sidecar.reload(configs({ a: '1', b: '2', d: '1' }));
  await until(() => client.events.length === 2);
  expect(client.events[1]).toMatchObject({
    event: 'change',
    data: { changes: [{ key: 'b', op: 'set', value: '2', layer: 'values' }, { key: 'd', op: 'set', value: '1' }, { key: 'c', op: 'delete', layer: 'values' }] },
  });
  expect(await (await poll).json()).toMatchObject({ values: { a: '1', b: '2', d: '1' } });
  const later = await watching(`${sidecar.url!}/v1/watch`, client.events[0]!.id);
  await until(() => later.events.length === 1);
  expect(later.events[0]!.event).toBe('change');
});

it('ends the streams of a namespace that a reload takes away', async () => {
  const [one, two] = [createConfig({ layers: [values({ a: '1' })], context: {} }), createConfig({ layers: [values({ b: '1' })], context: {} })];
  const sidecar = await sidecarOf({ configs: { default: one, billing: two } });
  const client = await watching(`${sidecar.url!}/v1/watch?ns=billing`);
  await until(() => client.events.length === 1);
  sidecar.reload({ default: one });
  await client.ended;
  expect((await fetch(`${sidecar.url!}/v1/config/billing`)).status).toBe(404);
  expect(() => sidecar.reload({})).toThrow(/at least one config/);
  expect((await fetch(`${sidecar.url!}/v1/config/default`)).status).toBe(200);
});

it('hides in what it kept, too, what a reload makes a secret', async () => {
  const make = (redact?: string[]): ReturnType<typeof createConfig> => createConfig({ layers: [memory({ pin: '1234' })], context: {}, ...(redact && { redact }) });
  const before = make();
  const sidecar = await sidecarOf({ configs: { default: before } });
  before.override('pin', '5678');
  expect(await (await fetch(`${sidecar.url!}/v1/changes/default`)).text()).toContain('5678');
  sidecar.reload({ default: make(['pin']) });
  expect(await (await fetch(`${sidecar.url!}/v1/changes/default`)).text()).not.toMatch(/1234|5678/);
  expect(await (await fetch(`${sidecar.url!}/v1/config/default`)).text()).not.toMatch(/1234|5678/);
});

it('refuses more clients than may be', async () => {
  const { url } = await serving({ a: '1' }, { limits: { clients: 1 } });
  const client = await watching(`${url}/v1/watch`);
  await until(() => client.events.length === 1);
  await expect(watching(`${url}/v1/watch`)).rejects.toThrow(/503.*TOO_MANY_CLIENTS/);
});

it('ends its streams with a hint when it closes, and answers who waits', async () => {
  const { url, sidecar } = await serving({ a: '1' });
  const client = await watching(`${url}/v1/watch`);
  await until(() => client.events.length === 1);
  const { headers } = await fetch(`${url}/v1/config/default`);
  const poll = fetch(`${url}/v1/config/default?wait=30s`, { headers: { 'if-none-match': headers.get('etag')! } });
  await expect.poll(() => clientsOf(url)).toBe(2);
  await sidecar.close();
  await client.ended;
  expect(client.text()).toMatch(/retry: [12]\d{3}\n\n$/);
  expect((await poll).status).toBe(304);
});

async function clientsOf(url: string): Promise<number> {
  return ((await (await fetch(`${url}/v1/clients`)).json()) as { clients: unknown[] }).clients.length;
}

function idOf(version: number, like: string): string {
  return `${like.split('-')[0]!}-${version}`;
}
