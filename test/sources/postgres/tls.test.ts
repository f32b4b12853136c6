import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

import type { PostgresOptions } from '../../../src/sources/postgres/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startPostgres } from '../../harness/servers/postgres.js';
import { ordinaryAccount } from '../../harness/servers/programs.js';
import { until } from '../following.js';
import { makeCertificates, type Certificates } from '../url/certificates.js';
import { running, storeOn, untilValue } from './rig.js';

describeWith('postgres', 'TLS with PostgreSQL', () => {
  let certificates: Certificates;
  let folder: string | undefined;
  const server = useServer(() => {
    certificates = makeCertificates();
    folder = mkdtempSync(join(tmpdir(), 'calumma-postgres-tls-'));
    const account = ordinaryAccount();
    const file = (name: string, text: string): string => {
      const path = join(folder!, name);
      writeFileSync(path, text, { mode: 0o600 });
      if (account !== undefined) chownSync(path, account.uid, account.gid);
      return path;
    };
    if (account !== undefined) chownSync(folder, account.uid, account.gid);
    const { cert, key } = certificates.server;
    return startPostgres({ settings: { ssl: 'on', ssl_cert_file: file('server.pem', cert), ssl_key_file: file('server.key', key) } });
  });
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  test('a server with a certificate of the given authority is read and listened to', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    const { config, layer } = running(store.options({ ssl: { ca: certificates.ca }, timeout: 1_000 }));
    await untilValue(config, 'a', '1');
    expect((await store.run(`select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'calumma'`)).rows).toEqual([{ ssl: true }]);
    await store.run(`update properties set value = '2'`);
    await untilValue(config, 'a', '2');
    server().pause();
    await until(() => layer().state === 'stale', layer).finally(() => server().resume());
    await store.run(`update properties set value = '3'`);
    await untilValue(config, 'a', '3');
  });

  const refused: readonly (readonly [string, (store: PostgresOptions) => PostgresOptions])[] = [
    ['an authority that nobody knows', (options) => ({ ...options, ssl: true })],
    ['another authority', (options) => ({ ...options, ssl: { ca: certificates.selfSigned.cert } })],
    ['another name', (options) => ({ ...options, ssl: { ca: certificates.ca, servername: 'config.example' } })],
  ];

  test.each(refused)('%s is refused', async (_, change) => {
    const store = await storeOn(server());
    const { errors } = running(change(store.options()));
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringMatching(/^postgres: expected a TLS certificate of 127.0.0.1:\d+\/test_\d+ that can be trusted/) as string });
  });
});
