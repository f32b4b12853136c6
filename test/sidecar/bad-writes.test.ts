import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createConfig } from '../../src/index.js';
import { redis } from '../../src/sources/redis/index.js';
import { sidecarOf } from './rig.js';
import { asking, refusal, storing, told, tokens } from './stores.js';
import { testFolder } from '../sources/files/folder.js';

const why = { 'x-config-reason': 'test' };
const reason = 'test';

describe('a write that nobody means well', () => {
  it('of the wrong type, or of broken text, is refused before anything is written', async () => {
    const { as, store } = await storing();
    const patch = (body: string | Uint8Array<ArrayBuffer>, type?: string) => refusal(as('writer', '/v1/config/default', { method: 'PATCH', body, headers: type === undefined ? {} : { 'content-type': type } }));
    const good = JSON.stringify({ set: { a: '1' }, reason });
    for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx', 'application/json; charset=utf-16']) {
      expect([type, ...(await patch(good, type))]).toEqual([type, 415, 'UNSUPPORTED_MEDIA_TYPE']);
    }
    for (const body of ['', '{', '{"set":{"a":"1"}', '[]', 'null', '\ufeff{}', '{"set":{"a":"1"},"reason":"x"}}', '['.repeat(100_000)]) expect((await patch(body, 'application/json'))[0]).toBe(400);
    for (const bytes of [[0xff, 0xfe], [0x22, 0xc3, 0x28, 0x22], [0xed, 0xa0, 0x80]]) {
      expect((await patch(Uint8Array.from(bytes), 'application/json'))[0]).toBe(400);
      expect(await refusal(as('writer', '/v1/config/default/a', { method: 'PUT', body: Uint8Array.from(bytes), headers: why }))).toEqual([400, 'BAD_REQUEST']);
    }
    expect((await patch('{"set":{"a":"\\ud800"},"reason":"half a character"}', 'application/json'))[0]).toBe(400);
    expect((await as('writer', '/v1/config/default/a', { method: 'PUT', body: new FormData(), headers: why })).status).toBe(415);
    expect((await as('writer', '/v1/config/default', { method: 'PATCH', body: good, headers: { 'content-type': 'application/json; charset=UTF-8' } })).status).toBe(200);
    expect(await store.history()).toHaveLength(1);
  });

  it('names prototypes, which are keys like any other', async () => {
    const { as, config } = await storing();
    const body = '{"set":{"__proto__":"a","constructor":"b","toString":"c"},"reason":"x"}';
    expect((await as('writer', '/v1/config/default', { method: 'PATCH', body, headers: { 'content-type': 'application/json' } })).status).toBe(200);
    expect([config.get('__proto__'), config.get('constructor'), config.get('toString'), ({} as { a?: string }).a]).toEqual(['a', 'b', 'c', undefined]);
    const fields = '{"__proto__":{"layer":"top"},"set":{"x":"1"},"reason":"x"}';
    expect((await as('writer', '/v1/config/default', { method: 'PATCH', body: fields, headers: { 'content-type': 'application/json' } })).status).toBe(400);
  });

  it('has 10,000 keys, and is one write', async () => {
    const { as, config, store } = await storing();
    const set = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`many.${at}`, String(at)]));
    expect(await told(as('writer', '/v1/config/default', { method: 'PATCH', json: { set, reason } }))).toMatchObject({ status: 200 });
    await expect.poll(() => config.keys('many').length, { timeout: 10_000 }).toBe(10_000);
    expect([config.keys('many').length, (await store.history('many.9999')).length]).toEqual([10_000, 1]);
  });

  it('is too large, and is refused unread', async () => {
    const { as, store } = await storing();
    expect(await refusal(as('writer', '/v1/config/default/a', { method: 'PUT', body: 'x'.repeat(1024 * 1024 + 1), headers: why }))).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await store.history()).toEqual([]);
  });

  it('while the store is down is a clear 503, and nothing half', async () => {
    const folder = testFolder();
    folder.write('tokens', `${tokens.writer} name=ann\n`);
    // Takes connections and hangs up, as a server does that is just going down.
    const down: Server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => down.once('listening', resolve));
    onTestFinished(() => void down.close());
    const { port } = down.address() as { port: number };
    const config = createConfig({ layers: [redis({ url: `redis://:pw-never-shown@127.0.0.1:${port}`, hash: 'config' })], onError: () => undefined });
    onTestFinished(() => config.close());
    const { url } = await sidecarOf({ configs: { default: config }, tokenFile: folder.at('tokens'), onError: () => undefined });
    const as = asking(url!);
    for (const asked of [
      () => as('writer', '/v1/config/default/a', { method: 'PUT', body: '1', headers: why }),
      () => as('writer', '/v1/config/default', { method: 'PATCH', json: { set: { a: '1', b: '2' }, reason } }),
      () => as('writer', '/v1/rollback', { method: 'POST', json: { version: '1-0', reason } }),
      () => as(undefined, '/v1/history/default'),
    ]) {
      const answer = await told(asked());
      expect(answer).toMatchObject({ status: 503, body: { error: { code: 'CALUMMA_SOURCE' } } });
      expect(JSON.stringify(answer)).not.toContain('pw-never-shown');
    }
    expect(config.keys()).toEqual([]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});
