import type { Pool } from 'mysql2';
import type { Pool as PromisePool } from 'mysql2/promise';
import { describe, expect, expectTypeOf, test } from 'vitest';

import { mysql, type MysqlPool } from '../../../src/sources/mysql/index.js';
import { addressOf } from '../../../src/sources/mysql/uri.js';
import { thrownBy } from '../following.js';

describe('mysql(options)', () => {
  test('the pools of the package fit', () => {
    expectTypeOf<Pool>().toExtend<MysqlPool>();
    expectTypeOf<PromisePool>().toExtend<MysqlPool>();
  });

  const wrong: readonly (readonly [options: Record<string, unknown>, message: string])[] = [
    [{ tabel: 'x' }, 'found "tabel"'],
    [{ name: '' }, 'mysql({ name }): expected a non-empty string, found an empty string'],
    [{ host: 1 }, 'mysql({ host }): expected a non-empty string, found a number'],
    [{ port: '3306' }, 'mysql({ port }): expected a port from 1 to 65535, found "3306"'],
    [{ port: 0 }, 'mysql({ port }): expected a port from 1 to 65535, found 0'],
    [{ password: 1234 }, 'mysql({ password }): expected a string, found a number'],
    [{ ssl: 1 }, 'mysql({ ssl }): expected true, false, the name of a profile or the options of tls.connect, found a number'],
    [{ uri: 'mysql://h/d', user: 'u' }, 'mysql({ uri, user }): expected one of them, found both'],
    [{ uri: 'postgres://u:secret@h/d' }, 'mysql({ uri }): expected mysql://user:password@host:3306/database, found another text'],
    [{ uri: 'mysql://u:se/cret@h/d#%' }, 'mysql({ uri }): expected mysql://user:password@host:3306/database'],
    [{ uri: 'mysql://u:secret%@h/d' }, 'mysql({ uri }): expected mysql://user:password@host:3306/database, found a % that is no escape'],
    [{ uri: 'mysql://u:secret@h/d?sslmode=require' }, 'mysql({ uri }): expected no other parameters than ssl and socketPath, found "sslmode"'],
    [{ uri: 'mysql://u:secret@h/d?ssl={secret' }, 'mysql({ uri }): ssl: expected true or an object as JSON'],
    [{ pool: {} }, 'mysql({ pool }).getConnection: expected a function, found undefined'],
    [{ pool: 'mysql://u:secret@h/d' }, 'mysql({ pool }): expected a pool of the package "mysql2", found a string'],
    [{ pool: { getConnection: () => undefined } }, 'mysql({ pool }).promise: expected a function, found undefined'],
    [{ pool: {}, host: 'h' }, 'mysql({ pool, host }): expected a pool, or how to connect, found both'],
    [{ every: '5 parsecs' }, 'mysql({ every }): expected ms or a duration'],
    [{ reconcile: -1 }, 'mysql({ reconcile })'],
    [{ timeout: 0 }, 'mysql({ timeout })'],
    [{ table: 'a..b' }, 'mysql({ table })'],
    [{ table: 'a', query: 'select 1' }, 'mysql(options): expected a table or a query, found both'],
    [{ filter: { application: 1 } }, 'mysql({ filter: { application } })'],
  ];
  test.each(wrong)('%j is refused', (options, message) => {
    const found = thrownBy(() => mysql(options));
    expect(found).toMatchObject({ code: 'CALUMMA_OPTION', message: expect.stringContaining(message) as string });
    expect(found.message).not.toContain('secret');
  });
});

describe('the uri of mysql()', () => {
  const uris: readonly (readonly [uri: string, address: unknown])[] = [
    ['mysql://host', { host: 'host' }],
    ['mariadb://u@host:3307/db', { host: 'host', port: 3307, user: 'u', database: 'db' }],
    ['mysql://u:p%40%2F%3A%25@[::1]/d%20b', { host: '::1', user: 'u', password: 'p@/:%', database: 'd b' }],
    ['mysql://u@localhost/db?socketPath=%2Frun%2Fmysqld.sock', { host: 'localhost', user: 'u', database: 'db', socketPath: '/run/mysqld.sock' }],
    ['mysql://host/db?ssl=true', { host: 'host', database: 'db', ssl: {} }],
    ['mysql://host/db?ssl={"rejectUnauthorized":false}', { host: 'host', database: 'db', ssl: { rejectUnauthorized: false } }],
    ['mysql://host/db?ssl=Amazon%20RDS', { host: 'host', database: 'db', ssl: 'Amazon RDS' }],
  ];
  test.each(uris)('%s', (uri, address) => {
    expect(addressOf(uri)).toEqual(address);
  });
});
