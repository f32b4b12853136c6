import { expect, it, onTestFinished } from 'vitest';
import { type ConfigOptions, createConfig, env, memory, type MemorySource } from '../../src/index.js';
import { serving, sidecarOf } from './rig.js';

const wait = (url: string, query: string, etag: string): Promise<Response> => fetch(`${url}/v1/config/default?${query}`, { headers: { 'if-none-match': etag } });

async function tagOf(url: string, query = ''): Promise<string> {
  return (await fetch(`${url}/v1/config/default${query}`)).headers.get('etag')!;
}

async function waiting(url: string): Promise<number> {
  return ((await (await fetch(`${url}/v1/status`)).json()) as { polls: number }).polls;
}

it('answers at the first change', async () => {
  const { url, store } = await serving({ a: '1' });
  const answer = wait(url, 'wait=20s', await tagOf(url));
  await expect.poll(() => waiting(url)).toBe(1);
  store.set('a', '2');
  expect(await (await answer).json()).toMatchObject({ values: { a: '2' } });
  expect(await waiting(url)).toBe(0);
});

it('answers at once when the content differs already', async () => {
  const { url, store } = await serving({ a: '1' });
  const etag = await tagOf(url);
  store.set('a', '2');
  expect((await wait(url, 'wait=20s', etag)).status).toBe(200);
});

it('misses nothing that is published between the comparison and the waiting', async () => {
  const { url, store } = await serving({ n: '0' });
  let etag = await tagOf(url);
  let last = '0';
  const writing = setInterval(() => {
    if (last !== '150') store.set('n', (last = String(Number(last) + 1)));
  }, 0);
  while (last !== '150' || (await tagOf(url)) !== etag) {
    const answer = await wait(url, 'wait=5s', etag);
    expect(answer.status).toBe(200);
    etag = answer.headers.get('etag')!;
  }
  clearInterval(writing);
});

it('answers 304 when its time is up, a little early', async () => {
  const { url } = await serving({ a: '1' });
  const started = performance.now();
  const answer = await wait(url, 'wait=300ms', await tagOf(url));
  expect(answer.status).toBe(304);
  expect(performance.now() - started).toBeGreaterThan(265);
});

it('sleeps through what lies outside of its prefix, and through a change that was taken back', async () => {
  const { url, store } = await serving({ 'gateway.a': '1', other: '1' });
  const answer = wait(url, 'prefix=gateway&wait=20s', await tagOf(url, '?prefix=gateway'));
  await expect.poll(() => waiting(url)).toBe(1);
  store.set('other', '2');
  expect(await waiting(url)).toBe(1);
  store.set('gateway.a', '2');
  expect((await answer).status).toBe(200);
});

it('does not look at its content for what lies outside of its prefix, however many there are', async () => {
  const { url, store, config } = await serving({ a: '1', other: '1' });
  const prefixes = Array.from({ length: 300 }, (_, at) => `p${at}`);
  const etag = await tagOf(url, '?prefix=p0');
  const stopping = new AbortController();
  const answers = Promise.allSettled(prefixes.map((prefix) => fetch(`${url}/v1/config/default?prefix=${prefix}&wait=20s`, { headers: { 'if-none-match': etag }, signal: stopping.signal })));
  await expect.poll(() => waiting(url)).toBe(300);
  let walks = 0;
  const entries = config.entries.bind(config);
  config.entries = (prefix) => {
    walks++;
    return entries(prefix);
  };
  store.set('other', '2');
  expect([walks, await waiting(url)]).toEqual([0, 300]);
  store.set('p7', '1');
  await expect.poll(() => waiting(url)).toBe(299);
  expect(walks).toBeLessThan(5);
  stopping.abort();
  await answers;
});

it('wakes when another config shows what has not moved otherwise', async () => {
  const { url, sidecar } = await serving({ pin: 'x1234' });
  const answer = wait(url, 'prefix=pin&wait=20s', await tagOf(url, '?prefix=pin'));
  await expect.poll(() => waiting(url)).toBe(1);
  const careful = createConfig({ layers: [memory({ pin: 'x1234' })], context: {}, redact: ['pin'] });
  onTestFinished(() => careful.close());
  sidecar.reload({ default: careful });
  expect(await (await answer).json()).toMatchObject({ values: { pin: '***' } });
});

it('is an ordinary request without a tag, and refuses a time that is none', async () => {
  const { url } = await serving({ a: '1' });
  expect((await fetch(`${url}/v1/config/default?wait=20s`)).status).toBe(200);
  for (const text of ['soon', '-1s', '1h', '1e3', '99999999s']) expect((await wait(url, `wait=${text}`, '"x"')).status).toBe(400);
});

it('has the tag of what it lists, also where the environment answers under another name', async () => {
  const store = memory({ a: '1' });
  const layers = (below: MemorySource): ConfigOptions => ({ layers: [env({ environment: { GATEWAY_LIMIT: '5' } }), below], context: {} });
  const config = createConfig(layers(store));
  const { url } = await sidecarOf({ configs: { default: config } });
  expect(await (await fetch(`${url!}/v1/config/default/gateway.limit`)).text()).toBe('5');
  await tagOf(url!);
  store.set('gateway.limit', '1'); // listed from now on, and moved nothing
  store.set('a', '2');
  config.override('gateway.limit', '7');
  config.clearOverride('gateway.limit');
  const fresh = await sidecarOf({ configs: { default: createConfig(layers(memory({ a: '2', 'gateway.limit': '1' }))) } });
  expect(await tagOf(url!)).toBe(await tagOf(fresh.url!));
});

it('has the same tag after a restart, and another one for every other content', async () => {
  const [one, two] = [await serving({ a: '1', b: '2' }), await serving({ b: '2', a: '1' })];
  expect(await tagOf(two.url)).toBe(await tagOf(one.url));
  const tags = new Set<string>();
  for (const record of [{}, { a: '12' }, { a1: '2' }, { a: '1', b: '1' }, { a: '2', b: '2' }, { b: '1', a: '2' }]) {
    two.store.replace(record);
    tags.add(await tagOf(two.url));
  }
  expect(tags.size).toBe(6);
  two.store.replace({ a: '1', b: '2' });
  expect(await tagOf(two.url)).toBe(await tagOf(one.url));
});
