import { randomUUID } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type ConfigError, createConfig, values } from '../../src/index.js';
import { isLoopback } from '../../src/sidecar/door/address.js';
import { accessBy, parseTokens } from '../../src/sidecar/door/tokens.js';
import { WrongTokens } from '../../src/sidecar/door/wrong-tokens.js';
import { startSidecar } from '../../src/sidecar/index.js';
import { testFolder } from '../sources/files/folder.js';
import { raw, serving, sidecarOf } from './rig.js';
import { refusal, storing, tokens } from './stores.js';

describe('a file of tokens', () => {
  it('gives each token its name and its rights; one by itself may write, and not see secrets', () => {
    const parsed = parseTokens('# comment\n\nbare\nr1 read\r\n  w1 name=ann write reveal # her own\nn1 name=bob\tread reveal\n');
    expect(parsed.badLines).toEqual([]);
    expect(accessBy(parsed, 'bare')).toEqual({ name: expect.stringMatching(/^token-[0-9a-f]{4}$/) as string, write: true, reveal: false });
    expect(accessBy(parsed, 'r1')).toMatchObject({ write: false, reveal: false });
    expect(accessBy(parsed, 'w1')).toEqual({ name: 'ann', write: true, reveal: true });
    expect(accessBy(parsed, 'n1')).toEqual({ name: 'bob', write: false, reveal: true });
    for (const wrong of ['', 'bar', 'bare ', '#', 'comment', 'name=ann']) expect(accessBy(parsed, wrong)).toBeUndefined();
  });

  it('leaves a line out that is not understood, and says which one, never what stands in it', () => {
    const { tokens: found, badLines } = parseTokens('s3cr3t-1 wirte\ns3cr3t-2 read write\ns3cr3t-3 name=\ns3cr3t-4 name=a name=b\nöäü\nok\nok read\n');
    expect(found).toHaveLength(1);
    expect(badLines.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 7]);
    expect(JSON.stringify(badLines)).not.toContain('s3cr3t');
  });

  it('is read again when it changes, and all tokens are taken back when it goes', async () => {
    const { folder, as } = await storing();
    const status = async () => (await as('writer', '/v1/preview/default', { method: 'POST', json: {} })).status;
    expect(await status()).toBe(200);
    folder.write('tokens', `${tokens.writer} name=ann read\n`);
    await expect.poll(status).toBe(403);
    folder.remove('tokens');
    await expect.poll(status).toBe(401);
    folder.replace('tokens', `${tokens.writer} name=ann\n`);
    await expect.poll(status, { timeout: 3_000 }).toBe(200);
  });

  it('that everybody can read, or has lines that are none, is told of', async () => {
    const folder = testFolder();
    folder.write('tokens', 's3cr3t nonsense\n');
    chmodSync(folder.at('tokens'), 0o644);
    const problems: ConfigError[] = [];
    await serving({}, { tokenFile: folder.at('tokens'), onError: (problem) => problems.push(problem) });
    expect(problems.map(({ message }) => message)).toEqual([
      `the sidecar's tokens: expected a file that only its owner can read, found one that everybody can; it is used all the same: chmod 600 (${folder.at('tokens')})`,
      `the sidecar's tokens: expected name=…, read, write or reveal behind the token, found something else: this line is left out (${folder.at('tokens')}:1)`,
    ]);
  });

  it('that is not there keeps a sidecar from starting', async () => {
    const config = createConfig({ layers: [values({})] });
    const starting = startSidecar({ configs: { default: config }, listen: { port: 0 }, tokenFile: testFolder().at('none') });
    await expect(starting).rejects.toMatchObject({ code: 'CALUMMA_OPTION', message: expect.stringContaining('ENOENT') as string });
  });
});

describe('wrong tokens', () => {
  it('are not looked at after ten from one address, until the time is up; who has none is not affected', async () => {
    const { url, as } = await storing({ limits: { wrongTokensMs: 3_000 } });
    const guess = () => refusal(fetch(`${url}/v1/config/default`, { headers: { authorization: `Bearer ${randomUUID()}` } }));
    for (let at = 0; at < 10; at++) expect(await guess()).toEqual([401, 'UNAUTHORIZED']);
    expect(await guess()).toEqual([429, 'TOO_MANY_WRONG_TOKENS']);
    const right = await as('writer', '/v1/config/default');
    expect([right.status, right.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^[1-3]$/)]);
    expect((await fetch(`${url}/v1/config/default`)).status).toBe(200);
    await expect.poll(async () => (await as('writer', '/v1/config/default')).status, { timeout: 10_000 }).toBe(200);
  });

  it('of one user do not keep another of this host out who has a token that cannot be guessed', async () => {
    const folder = testFolder();
    const long = randomUUID();
    folder.write('tokens', `short name=s\n${long} name=l\n`);
    const { url } = await serving({ a: '1' }, { tokenFile: folder.at('tokens'), onError: () => undefined });
    const status = async (token: string) => (await fetch(`${url}/v1/config/default/a`, { headers: { authorization: `Bearer ${token}` } })).status;
    for (let at = 0; at < 12; at++) await status(randomUUID());
    expect([await status(randomUUID()), await status('short'), await status(long)]).toEqual([429, 429, 200]);
  });

  it('are counted by address, and IPv6 by network, in bounded memory', () => {
    const wrong = new WrongTokens({ most: 2, windowMs: 1_000, addresses: 100 });
    const noted = (address: string, times: number, now: number): void => {
      for (let at = 0; at < times; at++) wrong.note(address, now);
    };
    noted('10.0.0.1', 2, 0);
    noted('2001:db8::1', 1, 10);
    noted('2001:db8:0:0:ffff::2', 1, 10);
    expect([wrong.waitOf('10.0.0.1', 400), wrong.waitOf('::ffff:10.0.0.1', 400), wrong.waitOf('10.0.0.2', 400), wrong.waitOf('10.0.0.1', 1_000)]).toEqual([600, 600, 0, 0]);
    expect([wrong.waitOf('2001:db8::3', 400), wrong.waitOf('2001:db8:0:1::1', 400)]).toEqual([610, 0]);
    for (let at = 0; at < 1_000; at++) noted(`10.1.${at >> 8}.${at & 255}`, 3, 500);
    expect(wrong.size).toBe(100);
    expect(wrong.waitOf('10.1.3.231', 600)).toBe(900);
  });

  it.each(['Basic YTpi', 'Bearer', 'Bearer a b', '', 'Bearer \u00e4'])('spelled %j are refused', async (authorization) => {
    const { url } = await storing();
    expect(await refusal(fetch(`${url}/healthz`, { headers: { authorization } }))).toEqual([401, 'UNAUTHORIZED']);
  });

  it('in an address are refused, right ones too', async () => {
    const { url } = await storing();
    for (const name of ['token', 'access_token']) expect(await refusal(fetch(`${url}/v1/config/default?x=1&${name}=${tokens.writer}`))).toEqual([400, 'TOKEN_IN_QUERY']);
  });

  it('are all that there are where a sidecar has no tokens', async () => {
    const { url } = await serving();
    expect(await refusal(fetch(`${url}/healthz`, { headers: { authorization: 'Bearer x' } }))).toEqual([401, 'UNAUTHORIZED']);
    expect(await refusal(fetch(`${url}/v1/config/default/a`, { method: 'PUT', body: '1' }))).toEqual([401, 'UNAUTHORIZED']);
  });
});

/** A request whose `Host` is what it says, which fetch does not allow. */
function asked(url: string, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/config/default`, { method, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

describe('a foreign page', () => {
  it('is refused by the name it calls us', async () => {
    const { url } = await serving({ a: '1' }, { hosts: ['Config.Internal'] });
    const { port } = new URL(url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'LOCALHOST', 'localhost.', `[::1]:${port}`, 'config.internal:8078']) expect([host, await asked(url, { host })]).toEqual([host, 200]);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1', 'localhost@evil.example', '[::2]']) expect([host, await asked(url, { host })]).toEqual([host, 403]);
  });

  it('without a name is refused too', async () => {
    const { url } = await serving();
    const socket = await raw(url);
    socket.write('GET /healthz HTTP/1.0\r\n\r\n');
    await expect.poll(() => socket.received()).toContain(' 403 ');
  });

  it('is refused by its origin and by the word of the browser', async () => {
    const { url } = await serving({ a: '1' });
    const host = new URL(url).host;
    for (const origin of [`http://${host}`, `HTTP://${host}`]) expect(await asked(url, { host, origin })).toBe(200);
    for (const origin of ['http://evil.example', 'null', 'http://localhost:1', `http://${host}.evil.example`, `ftp://${host}`, 'file://', '']) expect([origin, await asked(url, { host, origin })]).toEqual([origin, 403]);
    expect(await asked(url, { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403);
    expect(await asked(url, { host, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' })).toBe(403);
    expect(await asked(url, { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toBe(200);
    expect(await asked(url, { host, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' })).toBe(200);
  });

  it('gets no leave to read answers, and none is taken for something else', async () => {
    const { url } = await serving({ a: '<script>' });
    for (const path of ['/v1/config/default/a', '/v1/config/default', '/v1/status', '/metrics', '/nowhere', '/v1/config/none']) {
      const { headers } = await fetch(url + path);
      expect([path, headers.get('access-control-allow-origin'), headers.get('x-content-type-options'), headers.get('cross-origin-resource-policy')]).toEqual([path, null, 'nosniff', 'same-origin']);
    }
    const preflight = await fetch(`${url}/v1/config/default/a`, { method: 'OPTIONS', headers: { 'access-control-request-method': 'PUT' } });
    expect([preflight.ok, preflight.headers.get('access-control-allow-methods')]).toEqual([false, null]);
  });
});

describe('an address that other hosts reach', () => {
  const outside = Object.values(networkInterfaces()).flat().find((one) => one !== undefined && !one.internal && one.family === 'IPv4')?.address;

  it.each(['0.0.0.0', '::', '192.0.2.1', 'config.example'])('%s is not listened at without tokens or certificates', async (host) => {
    const config = createConfig({ layers: [values({})] });
    await expect(startSidecar({ configs: { default: config }, listen: { host, port: 0 } })).rejects.toMatchObject({
      code: 'CALUMMA_OPTION',
      message: expect.stringContaining('name a file of tokens (tokenFile), or who signs the certificates of clients (tls.ca)') as string,
    });
  });

  it('is told from loopback', () => {
    expect(['127.0.0.1', '127.8.9.1', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'].map(isLoopback)).toEqual([true, true, true, true, true, true]);
    expect(['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', 'localhost.evil.example', '', undefined].map(isLoopback)).toEqual([false, false, false, false, false, false, false]);
  });

  it.skipIf(outside === undefined)('needs a token for everything but the page itself', async () => {
    const { sidecar, as, folder } = await storing({ listen: { host: '0.0.0.0', port: 0 } });
    folder.write('page/index.html', '<!doctype html>');
    const url = `http://${outside}:${new URL(sidecar.url!).port}`;
    for (const path of ['/healthz', '/readyz', '/metrics', '/v1/config/default', '/v1/config/default/base', '/v1/watch', '/v1/status', '/v1/explain/base', '/dynamicproperties?id=base', '/nowhere', '/page.js/../v1/status', '//']) {
      const answer = await fetch(url + path);
      expect([path, answer.status, answer.headers.get('www-authenticate')]).toEqual([path, 401, 'Bearer realm="calumma"']);
      expect(await answer.text()).not.toContain('default"');
    }
    expect((await fetch(`${url}/`)).status).not.toBe(401);
    const known = { authorization: `Bearer ${tokens.reader}` };
    expect(await (await fetch(`${url}/v1/config/default/base`, { headers: known })).text()).toBe('default');
    expect((await as(undefined, '/healthz').catch(() => undefined))?.status ?? 200).toBe(200); // over loopback as ever
  });

  it('is none of a Unix socket, where reads need no token and writes do', async () => {
    const folder = testFolder();
    folder.write('tokens', 'bare-0123456789\n');
    const config = createConfig({ layers: [values({ a: '1' })] });
    await sidecarOf({ configs: { default: config }, listen: false, socketPath: folder.at('s'), tokenFile: folder.at('tokens'), onError: () => undefined });
    const status = (method: string, headers = {}) => new Promise((resolve, reject) => {
      request({ socketPath: folder.at('s'), path: '/v1/config/default/a', method, headers: { host: 'anything.example', ...headers } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject).end();
    });
    expect([await status('GET'), await status('DELETE'), await status('GET', { authorization: 'Bearer wrong' })]).toEqual([200, 401, 401]);
  });
});
