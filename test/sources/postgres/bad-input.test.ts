import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';

import { createConfig, type ConfigError } from '../../../src/index.js';
import type { Source } from '../../../src/core/model.js';
import { postgres, postgresSchema, type PostgresOptions } from '../../../src/sources/postgres/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startPostgres } from '../../harness/servers/postgres.js';
import { until } from '../following.js';
import { clientOf, storeOn, untilValue, type Store } from './rig.js';

interface Row {
  readonly name: string;
  /** Default: the shipped one. */
  readonly schema?: string;
  /** Puts `a` = 1 there, in the way that this row needs. */
  readonly fill?: string;
  readonly options?: PostgresOptions;
  /** Follows as the ordinary user. */
  readonly asUser?: boolean;
  readonly breakIt: (store: Store) => Promise<unknown>;
  readonly code?: string;
  readonly message: RegExp;
  readonly repair: (store: Store) => Promise<unknown>;
  /** Writes `a` = 2. */
  readonly change?: string;
}

const own = 'create table t (key text, value text)';
const user = 'calumma_user';
const kill = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'calumma' and datname = current_database()`;
const sql = (...statements: string[]) => (store: Store): Promise<unknown> => store.run(statements.join('; '));

const rows: readonly Row[] = [
  {
    name: 'a password that is changed',
    asUser: true,
    breakIt: sql(`alter role ${user} password 'another'`, kill),
    message: /^postgres: expected to be let in at 127.0.0.1:\d+\/test_\d+ as user "calumma_user", found that the server refuses it \(password authentication failed.*\): check user and password/,
    repair: sql(`alter role ${user} password 'a secret: p@ss/word'`),
  },
  {
    name: 'a table that is dropped',
    breakIt: sql('drop table properties'),
    message: /^postgres: expected the table "properties" at 127.0.0.1:\d+\/test_\d+, found that it is not there: postgresSchema\({ table: "properties" }\) gives the SQL that creates it/,
    repair: sql(postgresSchema(), `insert into properties (key, value) values ('a', '1')`),
  },
  {
    name: 'a column that is renamed',
    breakIt: sql('alter table properties rename value to content'),
    message: /^postgres: expected a column "value" in "properties", found "key", "content", "version", "updated_at": name another one with postgres\({ value }\)/,
    repair: sql('alter table properties rename content to value'),
  },
  {
    name: 'a right that is taken',
    asUser: true,
    breakIt: sql(`revoke select on properties from ${user}`),
    message: /^postgres: expected the right to use the table "properties" at 127.0.0.1:\d+\/test_\d+, found that "calumma_user" has it not: GRANT SELECT/,
    repair: sql(`grant select on properties to ${user}`),
  },
  {
    name: 'connections that are all taken',
    asUser: true,
    breakIt: sql(`alter role ${user} connection limit 0`, kill),
    message: /^postgres: expected a free connection at 127.0.0.1:\d+\/test_\d+, found that all are taken/,
    repair: sql(`alter role ${user} connection limit -1`),
  },
  {
    name: 'a key that is NULL',
    schema: own,
    breakIt: sql(`insert into t values (null, 'x')`),
    message: /^postgres: "t": expected a key in each row, found NULL/,
    repair: sql('delete from t where key is null'),
  },
  {
    name: 'the same key twice',
    schema: own,
    breakIt: sql(`insert into t values ('a', '3')`),
    message: /^postgres: "t": expected each key once, found "a" more than once: choose among them with a postgres\({ filter }\)/,
    repair: sql(`delete from t where value = '3'`),
  },
  {
    name: 'the same key twice in a query',
    schema: own,
    options: { query: 'select key, value from t union all select key, value from t where value = \'twice\'' },
    breakIt: sql(`insert into t values ('b', 'twice')`),
    message: /^postgres: the query: expected each key once, found "b" more than once/,
    repair: sql(`delete from t where key = 'b'`),
  },
  {
    name: 'a key of 100 kB',
    schema: own,
    breakIt: sql(`insert into t values (repeat('k', 100000), 'x')`),
    message: /^postgres: "t": expected keys of at most 65535 bytes, found 100000/,
    repair: sql(`delete from t where length(key) > 10`),
  },
  {
    name: 'a value that is binary',
    schema: 'create table t (key text, value bytea)',
    fill: `insert into t values ('a', '1'), ('b', 'hé'::text::bytea)`,
    breakIt: sql(`update t set value = '\\xfffe00' where key = 'b'`),
    message: /^postgres: "t": "b": expected a value that is text, found 3 bytes that are no UTF-8$/,
    repair: sql(`update t set value = 'x'`, `update t set value = '1' where key = 'a'`),
  },
  {
    name: '11 MB of rows',
    breakIt: sql(`insert into properties (key, value) select 'big.' || i, repeat('x', 1000) from generate_series(1, 11 * 1024) i`),
    code: 'CALUMMA_TOO_LARGE',
    message: /^postgres: "properties": expected at most 10485760 bytes of keys and values, found more than|^postgres: .*10485760/,
    repair: sql(`delete from properties where key like 'big.%'`),
  },
  {
    name: '50 MB in one value',
    breakIt: sql(`insert into properties (key, value) values ('big', repeat('x', 50000000))`),
    code: 'CALUMMA_TOO_LARGE',
    message: /^postgres: expected rows that fit into the limit of the layer, found more than \d+ bytes in one answer/,
    repair: sql(`delete from properties where key = 'big'`),
  },
  {
    name: 'a query that takes too long',
    schema: own,
    options: { query: `select key, value from t where value <> 'slow' or pg_sleep(60) is not null`, timeout: 500 },
    breakIt: sql(`insert into t values ('b', 'slow')`),
    message: /^postgres: expected an answer of 127.0.0.1:\d+\/test_\d+ within 500 ms, found none: raise timeout, or see what keeps the query busy/,
    repair: sql(`delete from t where key = 'b'`),
  },
  {
    name: 'a query that divides by zero',
    schema: own,
    options: { query: 'select key, (10 / value::int)::text as value from t' },
    fill: `insert into t values ('a', '10')`,
    breakIt: sql(`insert into t values ('b', '0')`),
    message: /^postgres: expected values that the query can take, found one that does not convert$/,
    repair: sql(`delete from t where key = 'b'`),
    change: `update t set value = '5' where key = 'a'`,
  },
];

describeWith('postgres', 'bad input from PostgreSQL', () => {
  const server = useServer(startPostgres);

  /** A config of this one source, and how often it was opened. */
  function watched(options: PostgresOptions): { config: ReturnType<typeof createConfig>; errors: ConfigError[]; opened: () => number } {
    const source = postgres(options);
    let opened = 0;
    const counted: Source = {
      name: source.name,
      readings: (signal, host) => {
        opened += 1;
        return source.readings(signal, host);
      },
    };
    const errors: ConfigError[] = [];
    const config = createConfig({ layers: [counted], onError: (error) => errors.push(error) });
    onTestFinished(() => config.close());
    return { config, errors, opened: () => opened };
  }

  async function storeFor({ schema, fill, asUser, options }: Row): Promise<{ store: Store; options: PostgresOptions }> {
    const store = await storeOn(server(), schema);
    const table = schema === undefined ? 'properties' : 't';
    await store.run(fill ?? `insert into ${table} (key, value) values ('a', '1')`);
    await store.run(`grant select on all tables in schema public to ${user}`);
    const at = asUser === true ? { connectionString: store.database.userUrl } : {};
    return { store, options: store.options({ ...at, every: 50, ...(schema !== undefined && options?.query === undefined && { table }), ...options }) };
  }

  describe.each(rows)('$name', (row) => {
    test('is told once, changes nothing, and is over when the cause is', async () => {
      const { store, options } = await storeFor(row);
      const { config, errors, opened } = watched(options);
      const layer = () => config.health().layers.find(({ name }) => name === 'postgres')!;
      await untilValue(config, 'a', '1');
      const before = opened();
      onTestFinished(async () => {
        await row.repair(store).catch(() => undefined); // roles outlive the database
      });
      await row.breakIt(store);
      const told = (): ConfigError[] => errors.filter(({ message }) => row.message.test(message));
      await until(() => told().length > 0, () => errors.map(({ message }) => message));
      expect(layer().state).toBe('stale');
      await until(() => opened() > before + 1 || row.code === 'CALUMMA_TOO_LARGE', opened);
      expect(told()).toHaveLength(1);
      expect(told()[0]?.code).toBe(row.code ?? 'CALUMMA_SOURCE');
      expect(config.get('a')).toBe('1');
      expect(inspect(errors, { depth: 9 })).not.toContain('p@ss');
      await row.repair(store);
      await until(() => layer().state === 'live', layer);
      await store.run(row.change ?? `update ${row.schema === undefined ? 'properties' : 't'} set value = '2' where key = 'a'`);
      await untilValue(config, 'a', '2');
    });
  });

  test('a table that is locked is waited for within the deadline, and read when it is free', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    const { config, errors } = watched(store.options({ every: 50, timeout: 500 }));
    await untilValue(config, 'a', '1');
    const locker = await clientOf(store.database.url);
    await locker.query(`begin; lock table properties in access exclusive mode; update properties set value = '2'`);
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringMatching(/^postgres: expected the table "properties" within 500 ms, found it locked by another session/) as string });
    expect(config.get('a')).toBe('1');
    await locker.query('commit');
    await untilValue(config, 'a', '2');
  });

  test('a schema that is changed while running is no matter where the columns stay', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    const { config, errors } = watched(store.options());
    await untilValue(config, 'a', '1');
    await store.run(`alter table properties add column note text; alter table properties alter column key type varchar(200)`);
    await store.run(`update properties set value = '2'`);
    await untilValue(config, 'a', '2');
    await store.run(`alter table properties drop column note; alter table properties set unlogged`);
    await store.run(`update properties set value = '3'`);
    await untilValue(config, 'a', '3');
    expect(errors).toEqual([]);
  });

  test('a table that comes later is read then', async () => {
    const store = await storeOn(server(), '');
    const { config, errors } = watched(store.options());
    await until(() => errors.length > 0);
    expect(errors[0]?.message).toMatch(/^postgres: expected the table "properties"/);
    await store.run(`${postgresSchema()}; insert into properties (key, value) values ('a', '1')`);
    await untilValue(config, 'a', '1');
    await store.run(`update properties set value = '2'`);
    await untilValue(config, 'a', '2');
  });

  describe('at the door', () => {
    const told = async (options: PostgresOptions): Promise<ConfigError> => {
      const { errors } = watched(options);
      await until(() => errors.length > 0);
      return errors[0]!;
    };

    test('a wrong password', async () => {
      const store = await storeOn(server());
      const error = await told({ ...store.options(), connectionString: store.database.userUrl.replace(/:[^:@/]+@/, ':wr0ng-s3cret@') });
      expect(error).toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringMatching(/as user "calumma_user".*check user and password/) as string });
      expect(inspect(error, { depth: 9 })).not.toContain('wr0ng');
    });

    test('no password where one is needed', async () => {
      const store = await storeOn(server());
      expect((await told({ host: '127.0.0.1', port: server().port, user, database: store.database.name })).message).toMatch(/no password was given.*check user and password/);
    });

    test('a database that is not there', async () => {
      expect((await told({ connectionString: server().url.replace(/[^/]*$/, 'nowhere') })).message).toMatch(/^postgres: expected the database of 127.0.0.1:\d+\/nowhere, found that it is not there: create it/);
    });

    test('nobody at the port', async () => {
      expect((await told({ host: '127.0.0.1', port: 1, user, database: 'd' })).message).toMatch(/^postgres: expected a PostgreSQL at 127.0.0.1:1\/d, found that nobody can be reached there/);
    });

    test('nobody at any address of a name', async () => {
      expect((await told({ host: 'localhost', port: 1, user, database: 'd' })).message).toMatch(/^postgres: expected a PostgreSQL at localhost:1\/d, found that nobody can be reached there \(.*ECONNREFUSED/);
    });

    test('a host that no name server knows', async () => {
      expect((await told({ host: 'nowhere.invalid', user, database: 'd' })).message).toMatch(/^postgres: expected a PostgreSQL at nowhere.invalid:5432\/d, found that nobody can be reached there/);
    });

    test('a socket folder that is empty', async () => {
      expect((await told({ host: '/nowhere', user, database: 'd' })).message).toMatch(/\/nowhere\/.s.PGSQL.5432\/d, found that nobody/);
    });

    test('TLS with a server that speaks none', async () => {
      const store = await storeOn(server());
      expect((await told(store.options({ ssl: true }))).message).toMatch(/^postgres: expected TLS at 127.0.0.1:\d+\/test_\d+, found that the server does not speak it/);
    });

    test('a connection string that is none', async () => {
      const error = await told({ connectionString: 'postgres://user:s3cret@host:notaport/db' });
      expect(error).toMatchObject({ code: 'CALUMMA_OPTION', message: expect.stringContaining('expected a connectionString such as postgres://') as string });
      expect(inspect(error, { depth: 9 })).not.toContain('s3cret');
    });

    test('columns that are called otherwise', async () => {
      const store = await storeOn(server(), 'create table properties (name text, setting text)');
      expect((await told(store.options())).message).toMatch(/^postgres: expected a column "key" in "properties", found "name", "setting"/);
    });

    test('SQL that is none', async () => {
      const store = await storeOn(server());
      expect((await told(store.options({ query: 'selec 1' }))).message).toMatch(/^postgres: expected SQL that PostgreSQL understands/);
    });

    test('a filter that does not go with its column', async () => {
      const store = await storeOn(server(), 'create table properties (id int, key text, value text)');
      expect((await told(store.options({ filter: { id: 'x' } }))).message).toMatch(/^postgres: expected values that the table "properties" can take, found one that does not convert/);
    });
  });
});
