import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';

import { postgres, postgresSchema } from '../../../src/sources/postgres/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startPostgres } from '../../harness/servers/postgres.js';
import { plain, until } from '../following.js';
import { clientOf, following, running, storeOn, untilEqual, untilValue } from './rig.js';

// The rig's rhythm is one hour: what arrives at once was announced.
describeWith('postgres', 'a table of PostgreSQL', () => {
  const server = useServer(startPostgres);

  test('is read as a whole, then each change arrives', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1'), ('b', ''), ('c', null)`);
    const seen = await following(postgres(store.options()));
    expect(plain(seen.entries)).toEqual({ a: '1', b: '' });
    await store.run(`update properties set value = '2' where key = 'a'`);
    await until(() => seen.entries.get('a') === '2');
    expect(seen.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '2']]), remove: new Set() });
    await store.run(`delete from properties where key = 'b'`);
    await until(() => !seen.entries.has('b'));
    await store.run(`update properties set key = 'd' where key = 'a'`);
    await until(() => seen.entries.get('d') === '2' && !seen.entries.has('a'));
    await store.run(`update properties set value = null where key = 'd'`);
    await until(() => seen.entries.size === 0);
  });

  test('a truncated table is empty', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1'), ('b', '2')`);
    const seen = await following(postgres(store.options()));
    await store.run('truncate properties');
    await until(() => seen.entries.size === 0);
    expect(seen.last()).toMatchObject({ kind: 'patch', remove: new Set(['a', 'b']) });
  });

  test('readings tell their version, the time of the write and where a key stands', async () => {
    const store = await storeOn(server());
    const before = Date.now();
    await store.run(`insert into properties (key, value) values ('gateway.limit', '50')`);
    const seen = await following(postgres(store.options({ name: 'settings' })));
    expect(seen.last()).toMatchObject({ kind: 'full', version: '1' });
    expect(seen.last().locate?.('gateway.limit')).toBe('postgres:properties:gateway.limit');
    await store.run(`update properties set value = '60'`);
    await until(() => seen.readings.length === 2);
    const { version, writtenAt } = seen.last();
    expect(version).toBe('2');
    expect(writtenAt).toBeGreaterThanOrEqual(before);
    expect(writtenAt).toBeLessThanOrEqual(Date.now());
  });

  test('any string is a key and a value', async () => {
    const store = await storeOn(server());
    const odd = { __proto__x: '1', ['__proto__']: 'p', '': 'empty', ' a b ': ' ', '🦎': '🦎', 'a\nb': 'c\r\n', constructor: 'c', [`'";--$1`]: `'";--$1`, ['k'.repeat(10_000)]: 'v' };
    for (const [key, value] of Object.entries(odd)) await store.run('insert into properties (key, value) values ($1, $2)', [key, value]);
    const seen = await following(postgres(store.options()));
    expect(plain(seen.entries)).toEqual(odd);
    await store.run('update properties set value = value || $1', ['!']);
    await until(() => seen.entries.get('🦎') === '🦎!');
    expect(seen.entries.get('__proto__')).toBe('p!');
  });

  test('what changes in one transaction arrives in one reading, removals too', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1'), ('b', '1'), ('c', '1')`);
    const seen = await following(postgres(store.options()));
    await store.run(`begin; update properties set value = '2' where key = 'a'; delete from properties where key = 'b'; insert into properties values ('d', '2'); commit`);
    await until(() => seen.readings.length === 2);
    expect(seen.last()).toMatchObject({ set: new Map([['a', '2'], ['d', '2']]), remove: new Set(['b']) });
  });

  test('a transaction that is rolled back is nothing, and costs no version', async () => {
    const store = await storeOn(server());
    const seen = await following(postgres(store.options()));
    await store.run(`begin; insert into properties (key, value) values ('a', '1'); rollback`);
    await store.run(`begin; insert into properties (key, value) values ('b', '1'); savepoint s; insert into properties (key, value) values ('c', '1'); rollback to s; commit`);
    await until(() => seen.readings.length === 2);
    expect(plain(seen.entries)).toEqual({ b: '1' });
    expect(seen.last().version).toBe('1');
  });

  test('2,000 keys in one statement arrive, though no announcement has room for them', async () => {
    const store = await storeOn(server());
    const seen = await following(postgres(store.options()));
    const listener = await clientOf(store.database.url);
    const payloads: (string | undefined)[] = [];
    listener.on('notification', ({ payload }) => payloads.push(payload));
    await listener.query('listen "calumma:public.properties"');
    await store.run(`insert into properties (key, value) select 'key.' || i, i from generate_series(1, 2000) i`);
    await until(() => seen.entries.size === 2_000);
    await store.run(`update properties set value = 'new' where key in ('key.1', 'key.2')`);
    await until(() => seen.entries.get('key.2') === 'new');
    await until(() => payloads.length === 2);
    expect(payloads).toEqual(['', '["key.1", "key.2"]']);
  });

  test('a filter leaves the rows of others out', async () => {
    const schema = postgresSchema({ table: 'config.settings', filter: ['application', 'environment'] });
    const store = await storeOn(server(), `create schema config; ${schema}`);
    const insert = `insert into config.settings (application, environment, key, value) values ($1, $2, $3, $4)`;
    await store.run(insert, ['gateway', 'prod', 'limit', '1']);
    await store.run(insert, ['gateway', 'test', 'limit', '2']);
    await store.run(insert, ['other', 'prod', 'limit', '3']);
    const seen = await following(postgres(store.options({ table: 'config.settings', filter: { application: 'gateway', environment: 'prod' } })));
    expect(plain(seen.entries)).toEqual({ limit: '1' });
    expect(seen.last().locate?.('limit')).toBe('postgres:config.settings:limit');
    await store.run(`delete from config.settings where application = 'other'`);
    await store.run(`update config.settings set value = '9' where application = 'gateway'`);
    await until(() => seen.entries.get('limit') === '9');
    expect(seen.readings).toHaveLength(2);
  });

  test('the same key in another filter is another key', async () => {
    const store = await storeOn(server(), postgresSchema({ filter: ['application'] }));
    await store.run(`insert into properties (application, key, value) values ('a', 'k', '1'), ('b', 'k', '2')`);
    const seen = await following(postgres(store.options({ filter: { application: 'a' } })));
    await store.run(`update properties set application = 'c' where application = 'a'`);
    await until(() => seen.entries.size === 0);
  });

  test('a table of somebody else is looked at again and again', async () => {
    const store = await storeOn(server(), `create table "my settings" (id int primary key, "the ""key""" varchar, setting jsonb); insert into "my settings" values (1, 'a', '{"x": 1}'), (2, 'b', 'true'), (3, 'c', null)`);
    const seen = await following(postgres(store.options({ table: 'my settings', key: 'the "key"', value: 'setting', every: 20 })));
    expect(plain(seen.entries)).toEqual({ a: '{"x": 1}', b: 'true' });
    await store.run(`update "my settings" set setting = '[1]' where id = 1; delete from "my settings" where id = 2`);
    await until(() => seen.entries.get('a') === '[1]');
    expect(seen.last()).toMatchObject({ kind: 'patch', remove: new Set(['b']) });
  });

  test('a table with a version of its own, announced on a channel of its own', async () => {
    const store = await storeOn(server(), `create table t (key text primary key, value text, changed bigint not null); insert into t values ('a', '1', 1), ('b', '1', 1)`);
    const seen = await following(postgres(store.options({ table: 't', version: 'changed', channel: `Odd "channel"` })));
    await store.run(`begin; update t set value = '2', changed = 2 where key = 'a'; delete from t where key = 'b'; notify "Odd ""channel"""; commit`);
    await until(() => seen.readings.length === 2);
    expect(seen.last()).toMatchObject({ set: new Map([['a', '2']]), remove: new Set(['b']), version: '2' });
  });

  test('announced keys are looked at whatever their versions say', async () => {
    const store = await storeOn(server(), `create table t (key text primary key, value text, version bigint not null); insert into t values ('a', '1', 7), ('b', '1', 7)`);
    const seen = await following(postgres(store.options({ table: 't', channel: 'news' })));
    await store.run(`update t set value = '2' where key = 'a'; select pg_notify('news', '["a", 5]')`);
    await until(() => seen.entries.get('a') === '2');
    await store.run(`update t set value = '3' where key = 'b'; select pg_notify('news', 'b'); select pg_notify('news', '["b"]')`);
    await until(() => seen.entries.get('b') === '3');
  });

  test('a query of any kind', async () => {
    const store = await storeOn(server(), `create table limits (name text, value int); insert into limits values ('a', 1), ('b', 2)`);
    const query = `with l as (select * from limits) select 'limit.' || name as key, value from l order by name -- all of them`;
    const seen = await following(postgres(store.options({ query, every: 20 })));
    expect(plain(seen.entries)).toEqual({ 'limit.a': '1', 'limit.b': '2' });
    expect(seen.last().locate?.('limit.a')).toBe('postgres:query:limit.a');
    await store.run(`update limits set value = 3 where name = 'b'`);
    await until(() => seen.entries.get('limit.b') === '3');
  });

  test('values of other types come as their text', async () => {
    const store = await storeOn(server(), '');
    const texts: Readonly<Record<string, string>> = {
      [`'1'::text`]: '1',
      '1::smallint': '1',
      '2::int': '2',
      '9007199254740993::bigint': '9007199254740993',
      '1.10::numeric': '1.10',
      'true': 'true',
      [`'\\x68c3a9'::bytea`]: 'hé',
      [`'2025-01-02 03:04:05.678+02'::timestamptz`]: '2025-01-02T01:04:05.678Z',
      [`'2025-01-02 03:04:05'::timestamp`]: '2025-01-02T03:04:05.000Z',
      [`'infinity'::timestamp`]: 'infinity',
      [`'{"a": 1}'::json`]: '{"a": 1}',
      [`'{a,b}'::text[]`]: '{a,b}',
      [`'1 day'::interval`]: '1 day',
    };
    for (const [column, text] of Object.entries(texts)) {
      const seen = await following(postgres(store.options({ query: `select 'k' as key, ${column} as value`, listen: false })));
      expect([column, seen.entries.get('k')]).toEqual([column, text]);
      await seen.stop();
    }
  });

  test('a version that is a time without a zone means the same here and there', async () => {
    const store = await storeOn(server(), `create table t (key text primary key, value text, version timestamp not null default clock_timestamp()); insert into t values ('a', '1')`);
    const seen = await following(postgres(store.options({ table: 't', every: 20 })));
    await store.run(`update t set value = '2', version = clock_timestamp() where key = 'a'`);
    await until(() => seen.entries.get('a') === '2');
    await store.run(`insert into t values ('b', '1')`);
    await until(() => seen.entries.get('b') === '1');
  });

  test('listen: false only looks', async () => {
    const store = await storeOn(server());
    const seen = await following(postgres(store.options({ listen: false, every: 20 })));
    const { rows } = await store.run(`select query from pg_stat_activity where application_name = 'calumma' and query ilike 'listen%'`);
    expect(rows).toEqual([]);
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    await until(() => seen.entries.get('a') === '1');
  });

  test('names of tables that are longer than a channel may be are announced all the same', async () => {
    const schema = 'a_schema_with_a_long_name_that_nobody_would_choose_'; // 50
    const table = `${schema}.a_table_with_a_long_name_${'x'.repeat(28)}`; // 53 without the schema
    const store = await storeOn(server(), `create schema ${schema}; ${postgresSchema({ table })}`);
    const seen = await following(postgres(store.options({ table })));
    await store.run(`insert into ${table} (key, value) values ('a', '1')`);
    await until(() => seen.entries.get('a') === '1');
  });

  test('a pool that is handed in lends one client while the table is followed, and is not ended', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    const pool = new pg.Pool({ connectionString: store.database.url, max: 2 });
    onTestFinished(() => pool.end());
    const { config } = running({ pool, every: '1h' });
    await untilValue(config, 'a', '1');
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 0]);
    await store.run(`update properties set value = '2'`);
    await untilValue(config, 'a', '2');
    void config.close();
    await until(() => pool.totalCount === 0);
    expect((await pool.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('keys that two transactions always change together are never seen apart', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('x', '0'), ('y', '0'), ('n', '0')`);
    const { config } = running(store.options());
    await untilValue(config, 'n', '0');
    const torn: unknown[] = [];
    config.on('change', () => {
      const [x, y, gone] = [config.get('x'), config.get('y'), config.get('z')];
      if (x !== y || (gone !== undefined) !== (Number(x) % 2 === 1)) torn.push([x, y, gone]);
    });
    const writers = await Promise.all([1, 2, 3].map(() => clientOf(store.database.url)));
    const turn = async (client: pg.Client): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        await client.query('begin');
        await client.query(`update properties set value = value::int + 1 where key = 'x'`);
        // z is there when the number is odd.
        await client.query(`delete from properties where key = 'z'`);
        await client.query(`insert into properties (key, value) select 'z', value from properties where key = 'x' and value::int % 2 = 1`);
        await client.query(`update properties set value = (select value from properties where key = 'x') where key = 'y'`);
        await client.query('commit');
      }
    };
    await Promise.all(writers.map(turn));
    await untilValue(config, 'y', '180');
    expect(torn).toEqual([]);
  });

  test('a config that is closed leaves no connection behind', async () => {
    const store = await storeOn(server());
    const { config } = running(store.options());
    await config.ready();
    const connections = async (): Promise<unknown> =>
      (await store.run(`select count(*)::int as n from pg_stat_activity where application_name = 'calumma' and datname = current_database()`)).rows;
    expect(await connections()).toEqual([{ n: 1 }]);
    void config.close();
    await untilEqual(connections, [{ n: 0 }]);
  });
});
