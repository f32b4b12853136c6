import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

import { sidecar, type SidecarSourceOptions } from '../../../src/index.js';
import { specOf } from '../../../src/sources/sidecar/options.js';
import { thrownBy } from '../following.js';

const never = new AbortController().signal;

it.each<[string, SidecarSourceOptions | Record<string, unknown>, string]>([
  ['both addresses', { url: 'http://127.0.0.1:1', socketPath: '/s' }, 'sidecar(options): expected either url or socketPath, found both'],
  ['another protocol', { url: 'ftp://host' }, 'sidecar({ url }): expected an address that begins with http:// or https://, found "ftp:"'],
  ['no address', { url: 5 }, 'sidecar({ url }): expected an address that begins with http:// or https://, found a number'],
  ['a password in the address', { url: 'http://ann:pw-1@host' }, 'sidecar({ url }): expected an address without user and password (a token goes into "token"), found one with them'],
  ['a query in the address', { url: 'http://host/?key=pw-1' }, 'sidecar({ url }): expected an address without "?" and "#" ("config" and "prefix" say what to read), found one with them'],
  ['a socket with a path that is too long', { socketPath: `/${'x'.repeat(200)}` }, 'sidecar({ socketPath }): expected the path of a socket, at most 107 bytes, found 201'],
  ['an empty socket', { socketPath: '' }, 'sidecar({ socketPath }): expected a non-empty string, found an empty string'],
  ['both tokens', { token: 'pw-1', tokenFile: '/t' }, 'sidecar(options): expected either token or tokenFile, found both'],
  ['a token with a line break', { token: 'pw-1\r\nX: y' }, 'sidecar({ token }): expected a token: characters of ASCII without spaces, found a string'],
  ['an empty config', { config: '' }, 'sidecar({ config }): expected a non-empty string, found an empty string'],
  ['a prefix that is none', { prefix: 5 }, 'sidecar({ prefix }): expected a string, found a number'],
  ['TLS that is none', { tls: { ca: '/etc/ca.pem' } }, 'sidecar({ tls: { ca } }): expected a PEM text (what is in the file, not its path), found a string'],
  ['no time', { timeout: 0 }, 'sidecar({ timeout }): expected ms or a duration such as "5s", found 0'],
  ['a misspelled option', { sillence: '5s' }, 'sidecar(options): expected url, socketPath, config, prefix, token, tokenFile, tls, snapshotDir, writeTo, timeout, silence, name, found "sillence"'],
])('%s is refused', (_, options, message) => {
  expect(thrownBy(() => sidecar(options))).toEqual({ code: 'CALUMMA_OPTION', message });
});

it.each<[NodeJS.ProcessEnv, string]>([
  [{}, 'http://127.0.0.1:8078'],
  [{ CALUMMA_SIDECAR: 'https://host:1/base/' }, 'https://host:1/base'],
  [{ CALUMMA_SIDECAR: 'unix:/run/c.sock' }, 'unix:/run/c.sock'],
  [{ CALUMMA_SIDECAR: '/run/c.sock' }, 'unix:/run/c.sock'],
  [{ RUNTIME_DIRECTORY: '/nowhere', XDG_RUNTIME_DIR: '/nowhere' }, 'http://127.0.0.1:8078'],
])('the environment %o leads to %s', (env, shown) => {
  expect(specOf({}, env).address().shown).toBe(shown);
});

it('a usual socket is taken once it is there', () => {
  const folder = scratch();
  const { address } = specOf({}, { XDG_RUNTIME_DIR: folder });
  expect(address().shown).toBe('http://127.0.0.1:8078');
  mkdirSync(path.join(folder, 'calumma'));
  writeFileSync(path.join(folder, 'calumma/sidecar.sock'), '');
  expect(address().socketPath).toBe(path.join(folder, 'calumma/sidecar.sock'));
});

it('a wrong address in the environment is an error of its own', () => {
  expect(thrownBy(() => specOf({}, { CALUMMA_SIDECAR: 'localhost:8078' }))).toMatchObject({ code: 'CALUMMA_OPTION', message: expect.stringMatching(/^CALUMMA_SIDECAR: /) as string });
});

it('the token comes from the option, the function, the file, or the environment, but that only for the sidecar of the environment', async () => {
  const file = path.join(scratch(), 'token');
  writeFileSync(file, 'of-the-file\n');
  const env = { CALUMMA_TOKEN: 'of-the-environment' };
  const tokens = [
    specOf({ token: 'given' }, env), specOf({ token: () => Promise.resolve('asked') }, env), specOf({ tokenFile: file }, env), specOf({}, env), specOf({}, { CALUMMA_TOKEN_FILE: file }),
    specOf({ url: 'http://elsewhere.example' }, env),
  ].map(({ token }) => token(never));
  expect(await Promise.all(tokens)).toEqual(['given', 'asked', 'of-the-file', 'of-the-environment', 'of-the-file', undefined]);
});

it('a token that cannot be had is a problem with its reason', async () => {
  await expect(specOf({ tokenFile: '/nowhere/token' }, {}).token(never)).rejects.toThrow('expected a token in /nowhere/token, found a file that cannot be read: ENOENT');
  await expect(specOf({ token: () => Promise.reject(new Error('vault is sealed')) }, {}).token(never)).rejects.toThrow('expected the function "token" to give the token, found that it failed: vault is sealed');
  await expect(specOf({ token: () => 'pw 1' }, {}).token(never)).rejects.toThrow('what the function "token" gives: expected a token: characters of ASCII without spaces, found a string');
});

function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-sidecar-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
