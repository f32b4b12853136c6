import { expect, it } from 'vitest';
import { createConfig, memory, values } from '../../src/index.js';
import { serving, sidecarOf } from './rig.js';

const entries = { 'gateway.limit': '50', 'gateway.name': "it's", other: 'x', 'db.password': 'hunter2', 'db.url': 'postgres://me:hunter2@host/db' };

it.each([
  ['?format=properties&prefix=gateway', {}, 'text/x-java-properties', "gateway.limit = 50\ngateway.name = it's\n"],
  ['?prefix=gateway', { accept: 'text/x-java-properties' }, 'text/x-java-properties', "gateway.limit = 50\ngateway.name = it's\n"],
  ['?format=env&prefix=gateway', {}, 'text/plain', 'GATEWAY_LIMIT=50\nGATEWAY_NAME="it\'s"\n'],
  ['?prefix=gateway.', { accept: 'text/plain' }, 'text/plain', 'GATEWAY_LIMIT=50\nGATEWAY_NAME="it\'s"\n'],
  ['?prefix=gateway', { accept: 'text/html, application/yaml;q=0.9, */*;q=0.1' }, 'application/yaml', /gateway\.limit/],
])('gives %s with %j as %s', async (query, headers, type, body) => {
  const { url } = await serving(entries);
  const answer = await fetch(`${url}/v1/config/default${query}`, { headers });
  expect(answer.headers.get('content-type')).toContain(type);
  if (typeof body === 'string') expect((await answer.text()).replaceAll(/ ?= ?/g, '=')).toBe(body.replaceAll(/ ?= ?/g, '='));
  else expect(await answer.text()).toMatch(body);
});

it('gives a tree with numbers as typed JSON', async () => {
  const { url } = await serving(entries);
  expect(await (await fetch(`${url}/v1/config/default?format=typed&prefix=gateway`)).json()).toEqual({ gateway: { limit: 50, name: "it's" } });
});

it('refuses a format that is none, and names that an environment cannot tell apart', async () => {
  const { url } = await serving({ 'a.b': '1', a_b: '2' });
  expect((await fetch(`${url}/v1/config/default?format=toml`)).status).toBe(400);
  const collision = await fetch(`${url}/v1/config/default?format=env`);
  expect([collision.status, await collision.json()]).toMatchObject([409, { error: { code: 'CALUMMA_COLLISION' } }]);
});

it('masks secrets, and passwords in addresses, in every form', async () => {
  const { url } = await serving(entries);
  const whole = (await (await fetch(`${url}/v1/config/default`)).json()) as { values: Record<string, string>; masked: string[] };
  expect(whole.values['db.password']).toBe('***');
  expect(whole.values['db.url']).toBe('postgres://me:***@host/db');
  expect(whole.masked.sort()).toEqual(['db.password', 'db.url']);
  const one = await fetch(`${url}/v1/config/default/db.password`);
  expect([one.headers.get('x-config-masked'), await one.text()]).toEqual(['1', '***']);
  for (const path of ['/v1/config/default', '/v1/config/default?format=yaml', '/v1/config?ns=default', '/v1/explain/db.url', '/v1/changes/default', '/v1/status', '/metrics', '/dynamicproperties?id=db.password&id=db.url']) {
    const answer = await fetch(url + path);
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toContain('hunter2');
  }
  expect((await fetch(`${url}/v1/config/default?format=yaml`)).headers.get('x-config-masked')).toBe('2');
});

it('gives several namespaces at once, with a tag and a long poll of their own', async () => {
  const billing = memory({ rate: '7' });
  const configs = { default: createConfig({ layers: [values({ a: '1' })], context: {} }), billing: createConfig({ layers: [billing], context: {} }) };
  const { url } = await sidecarOf({ configs });
  const answer = await fetch(`${url!}/v1/config?ns=default&ns=billing`);
  expect(await answer.json()).toMatchObject({ namespaces: { default: { namespace: 'default', values: { a: '1' } }, billing: { values: { rate: '7' } } } });
  const etag = answer.headers.get('etag')!;
  const poll = fetch(`${url!}/v1/config?ns=default&ns=billing&wait=10s`, { headers: { 'if-none-match': etag } });
  const other = fetch(`${url!}/v1/config/default?wait=200ms`, { headers: { 'if-none-match': (await fetch(`${url!}/v1/config/default`)).headers.get('etag')! } });
  setTimeout(() => billing.set('rate', '8'), 50);
  expect(await (await poll).json()).toMatchObject({ namespaces: { billing: { values: { rate: '8' } } } });
  expect((await other).status).toBe(304);
  expect((await fetch(`${url!}/v1/config?ns=nobody`)).status).toBe(404);
});

it('answers Prana clients', async () => {
  const { url } = await serving({ 'prana.a': '1', empty: '' });
  const answer = await fetch(`${url}/dynamicproperties?id=prana.a&id=nothing&id=empty`);
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(await answer.json()).toEqual({ 'prana.a': '1', nothing: null, empty: '' });
});
