import { expect, it } from 'vitest';
import { serving } from './rig.js';

interface Whole {
  readonly namespace: string;
  readonly revision: string;
  readonly source: string;
  readonly asOf: string;
  readonly values: Readonly<Record<string, string>>;
  readonly masked?: readonly string[];
}

it('gives the whole configuration, and a 304 while it stays the same', async () => {
  const { url, store } = await serving({ 'gateway.limit': '50', 'gateway.name': 'ä' });
  const first = await fetch(`${url}/v1/config/default`);
  expect(first.status).toBe(200);
  expect(first.headers.get('x-config-source')).toBe('live');
  const body = (await first.json()) as Whole;
  expect(body).toMatchObject({ namespace: 'default', source: 'live', values: { 'gateway.limit': '50', 'gateway.name': 'ä' } });
  const etag = first.headers.get('etag')!;
  expect((await fetch(`${url}/v1/config/default`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  store.set('gateway.limit', '60');
  const second = await fetch(`${url}/v1/config/default`, { headers: { 'if-none-match': etag } });
  expect(second.status).toBe(200);
  expect(second.headers.get('etag')).not.toBe(etag);
  store.set('gateway.limit', '50');
  expect((await fetch(`${url}/v1/config/default`, { headers: { 'if-none-match': etag } })).status).toBe(304);
});

it('gives one key as plain text', async () => {
  const { url } = await serving({ 'gateway.limit': '50', empty: '' });
  const answer = await fetch(`${url}/v1/config/default/gateway.limit`);
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'text/plain; charset=utf-8', '50']);
  const again = await fetch(`${url}/v1/config/default/gateway.limit`, { headers: { 'if-none-match': answer.headers.get('etag')! } });
  expect(again.status).toBe(304);
  expect(await (await fetch(`${url}/v1/config/default/empty`)).text()).toBe('');
  const missing = await fetch(`${url}/v1/config/default/nothing`);
  expect([missing.status, await missing.json()]).toEqual([404, { error: { code: 'NOT_FOUND', message: '"nothing" is set nowhere in default' } }]);
});
