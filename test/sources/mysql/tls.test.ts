import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

import type { MysqlOptions } from '../../../src/sources/mysql/index.js';
import { describeWith } from '../../harness/servers/available.js';
import { until } from '../following.js';
import { makeCertificates } from '../url/certificates.js';
import { Lab } from './lab.js';

describeWith('mariadb', 'TLS with mysql()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'calumma-mysql-tls-'));
  const certificates = makeCertificates();
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const { cert, key } = certificates.server;
  const lab = new Lab({ 'ssl-cert': file('server.pem', cert), 'ssl-key': file('server.key', key) });
  afterAll(() => rmSync(folder, { recursive: true }));

  const { ca } = certificates;
  const accepted: readonly (readonly [title: string, options: (uri: string) => MysqlOptions])[] = [
    ['the given authority', (uri) => ({ uri, ssl: { ca } })],
    ['the given authority, and the name in it', (uri) => ({ uri: uri.replace('127.0.0.1', 'localhost'), ssl: { ca, verifyIdentity: true } })],
    ['the given authority in the URI', (uri) => ({ uri: `${uri}?ssl=${encodeURIComponent(JSON.stringify({ ca }))}` })],
  ];

  test.each(accepted)('a server with a certificate of %s is read, and its silence noticed', async (_title, options) => {
    await lab.put('a', '1');
    const store = lab.source({ ...options(lab.database.userUrl), timeout: 500 });
    const config = await lab.ready(store);
    const [finished] = await lab.sql(`show global status like 'Ssl_finished_accepts'`);
    expect(Number(finished?.Value)).toBeGreaterThan(0);
    await store.set({ a: 2 }, { author: 'ann', reason: 'test' });
    await until(() => config.get('a') === '2');
    lab.server().pause();
    await until(() => config.health().layers[0]!.state === 'stale').finally(() => lab.server().resume());
    await lab.put('a', '3');
    await until(() => config.get('a') === '3');
  });

  const refused: readonly (readonly [title: string, options: MysqlOptions])[] = [
    ['an authority that nobody knows', { ssl: true }],
    ['another authority', { ssl: { ca: certificates.selfSigned.cert } }],
  ];

  test.each(refused)('a server with a certificate of %s is refused', async (_title, options) => {
    lab.config(lab.source({ uri: lab.database.userUrl, ...options }));
    await until(() => lab.errors.length > 0);
    expect(lab.errors[0]!.message).toMatch(/^mysql: expected a TLS certificate of 127\.0\.0\.1:\d+\/test_1 that can be trusted, found another one/);
  });

  test('a server that wants TLS refuses others, with a hint at that', async () => {
    await lab.sql('set global require_secure_transport = on');
    try {
      lab.config();
      await until(() => lab.errors.length > 0);
      expect(lab.errors[0]!.message).toMatch(/^mysql: expected to be let in at .* and whether the server wants TLS$/);
    } finally {
      await lab.sql('set global require_secure_transport = off');
    }
  });
});
