import pg from 'pg';
import { describe, expect, test } from 'vitest';

import { postgres, postgresSchema, type PostgresOptions, type PostgresPool } from '../../../src/sources/postgres/index.js';
import { isWritable } from '../../../src/core/writable.js';
import { thrownBy } from '../following.js';

describe('the options of postgres()', () => {
  const wrong: readonly (readonly [options: unknown, message: string])[] = [
    ['postgres://u:s3cret@h/d', 'postgres(options): expected an object with connectionString, host,'],
    [{ conectionString: 'x' }, 'found "conectionString"'],
    [{ query_timeout: 5 }, 'found "query_timeout"'],
    [{ connectionString: '' }, 'postgres({ connectionString }): expected a non-empty string, found an empty string'],
    [{ connectionString: { password: 's3cret' } }, 'postgres({ connectionString }): expected a non-empty string, found an object (Object)'],
    [{ host: 5 }, 'postgres({ host }): expected a non-empty string, found a number'],
    [{ port: '5432' }, 'postgres({ port }): expected a port from 1 to 65535, found "5432"'],
    [{ port: 0 }, 'postgres({ port }): expected a port from 1 to 65535, found 0'],
    [{ password: 12345 }, 'postgres({ password }): expected a text, or a function that gives one, found a number'],
    [{ ssl: 'require' }, 'postgres({ ssl }): expected true, false or the options of tls.connect, found a string'],
    [{ name: '' }, 'postgres({ name }): expected a non-empty string'],
    [{ listen: 'no' }, 'postgres({ listen }): expected true or false, found a string'],
    [{ channel: 'x'.repeat(64) }, 'postgres({ channel }): expected a name of at most 63 bytes, found'],
    [{ channel: 'x', listen: false }, 'expected a channel only where it is listened to'],
    [{ every: 'soon' }, 'postgres({ every }): expected ms or a duration such as "5s", found "soon"'],
    [{ reconcile: 0 }, 'postgres({ reconcile })'],
    [{ timeout: -1 }, 'postgres({ timeout })'],
    [{ pool: {} }, 'postgres({ pool }).connect: expected a function'],
    [{ pool: null }, 'postgres({ pool }): expected a Pool of the package "pg", found null'],
    [{ pool: { connect: () => undefined }, host: 'h' }, 'postgres({ pool, host }): expected a pool, or how to connect, found both'],
    [{ table: 'a..b' }, 'postgres({ table }): expected "name" or "schema.name"'],
    [{ table: 't', query: 'select 1' }, 'expected a table or a query, found both'],
    [{ filter: { application: 5 } }, 'postgres({ filter'],
  ];

  test.each(wrong)('%j', (options, message) => {
    const thrown = thrownBy(() => postgres(options as PostgresOptions));
    expect(thrown.code).toBe('CALUMMA_OPTION');
    expect(thrown.message).toContain(message);
    expect(thrown.message).not.toContain('s3cret');
  });

  test('none at all are enough: the variables of pg say where', () => {
    const source = postgres();
    expect(source.name).toBe('postgres');
    expect(isWritable(source)).toBe(true);
  });

  test('a pool of pg is a pool', () => {
    const pool: PostgresPool = new pg.Pool({ host: 'nowhere.invalid' });
    expect(postgres({ pool, name: 'settings' }).name).toBe('settings');
  });
});

describe('the options of postgresSchema()', () => {
  test.each([
    [{ tabel: 'x' }, 'found "tabel"'],
    [{ table: '' }, 'postgresSchema({ table })'],
    [{ table: 'x'.repeat(60) }, 'postgresSchema({ table }): expected a name of at most 54 bytes'],
    [{ filter: 'application' }, 'postgresSchema({ filter })'],
    [{ filter: ['value'] }, 'expected other columns than the schema\'s own, found "value"'],
  ])('%j', (options, message) => {
    const thrown = thrownBy(() => postgresSchema(options as object));
    expect(thrown.code).toBe('CALUMMA_OPTION');
    expect(thrown.message).toContain(message);
  });
});
