import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';

import { createConfig, memory, sidecar } from '../../../src/index.js';
import { sqlite } from '../../../src/entries/sqlite.js';
import { serving, sidecarOf } from '../../sidecar/rig.js';
import { until } from '../following.js';
import { type Certificates, makeCertificates } from '../url/certificates.js';
import { watched } from '../url/watched.js';

const why = { author: 'ann', reason: 'test' };
let certificates: Certificates;
beforeAll(() => {
  certificates = makeCertificates();
});

function scratch(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-rights-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text, { mode: 0o600 });
  return folder;
}

it('a token that may reveal gets the secrets, and one that is renewed is taken with the next connection', async () => {
  const folder = scratch({ tokens: 'tok-secret reveal\ntok-plain read\n', token: 'tok-plain\n' });
  const { url, sidecar: running } = await serving({ 'db.password': 'pw-1', a: '1' }, { tokenFile: path.join(folder, 'tokens') });
  const port = Number(new URL(url).port);
  const { config, shown, errors } = await watched(sidecar({ url, tokenFile: path.join(folder, 'token') }));
  expect([shown(), errors]).toEqual([{ a: '1' }, [expect.objectContaining({ message: expect.stringContaining('"db.password"') as string })]]);
  writeFileSync(path.join(folder, 'token'), 'tok-secret\n');
  await running.close({ drainMs: 0 });
  const next = createConfig({ layers: [memory({ 'db.password': 'pw-1', a: '1' })], context: {} });
  onTestFinished(() => next.close());
  await sidecarOf({ configs: { default: next }, listen: { port }, tokenFile: path.join(folder, 'tokens') });
  await until(() => config.get('db.password') === 'pw-1');
});

it('writes need a token with the right, and say what is missing; the history tells them', async () => {
  const folder = scratch({ tokens: 'tok-w write\ntok-r read\n' });
  const store = sqlite({ path: path.join(folder, 'config.db'), create: true, every: 10 });
  const config = createConfig({ layers: [store, memory({ below: '1' })], context: {} });
  onTestFinished(() => config.close());
  await config.ready();
  const { url } = await sidecarOf({ configs: { default: config }, tokenFile: path.join(folder, 'tokens') });
  const through = (token: string, writeTo?: string) => sidecar({ url: url!, token, ...(writeTo !== undefined && { writeTo }) });
  const { version } = await through('tok-w').set({ limit: 5, '__proto__x': 'y' }, why);
  await expect(through('tok-w').set({ limit: 6 }, { ...why, expectedVersion: version })).resolves.toBeDefined();
  await expect(through('tok-w').set({ limit: 7 }, { ...why, expectedVersion: version })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
  await expect(through('tok-w', 'memory').set({ limit: 7 }, why)).rejects.toMatchObject({ code: 'CALUMMA_READ_ONLY' });
  await expect(through('tok-w', 'nobody').set({ limit: 7 }, why)).rejects.toMatchObject({ code: 'CALUMMA_UNKNOWN_LAYER' });
  await expect(through('tok-r').set({ limit: 7 }, why)).rejects.toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringMatching(/^sidecar\.set: /) as string });
  await expect(through('tok-wrong').set({ limit: 7 }, why)).rejects.toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringContaining('the token is missing or wrong') as string });
  await until(() => config.get('limit') === '6');
  expect((await through('tok-w').history('limit')).map(({ before, after }) => [before, after])).toEqual([['5', '6'], [undefined, '5']]);
});

it('speaks TLS with a certificate of its own, and refuses a server that nobody vouches for', async () => {
  const { ca, server, client } = certificates;
  const folder = scratch({ 'ca.pem': ca, 'server.pem': server.cert, 'server.key': server.key, tokens: 'tok-1 read\n' });
  const feed = memory({ a: '1' });
  const config = createConfig({ layers: [feed], context: {} });
  onTestFinished(() => config.close());
  const at = (name: string) => path.join(folder, name);
  const { url } = await sidecarOf({ configs: { default: config }, tokenFile: at('tokens'), tls: { key: at('server.key'), cert: at('server.pem'), ca: at('ca.pem') } });
  const trusting = await watched(sidecar({ url: url!, tls: { ca, cert: client.cert, key: client.key } }));
  feed.set('a', '2');
  await until(() => trusting.config.get('a') === '2');
  const wary = await watched(sidecar({ url: url! }));
  expect(wary.errors[0]?.message).toMatch(/found a certificate (of an unknown CA|nobody vouches for): give the CA with "tls.ca"/);
});
