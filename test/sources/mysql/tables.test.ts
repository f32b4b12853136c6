import { createPool } from 'mysql2';
import { createPool as createPromisePool } from 'mysql2/promise';
import { expect, test } from 'vitest';

import { mysqlSchema, type MysqlOptions } from '../../../src/sources/mysql/index.js';
import { describeWith } from '../../harness/servers/available.js';
import { follow, until, type Follower } from '../following.js';
import { Lab, every } from './lab.js';

const about = { author: 'ann', reason: 'because' };

describeWith('mariadb', 'tables of mysql()', () => {
  const lab = new Lab();

  async function reading(options: MysqlOptions): Promise<Follower> {
    const reader = follow(lab.source(options));
    lab.use({ close: () => reader.stop() });
    await until(() => reader.readings.length > 0 || reader.thrown() !== undefined);
    expect(reader.thrown()).toBeUndefined();
    return reader;
  }

  async function next(reader: Follower): Promise<void> {
    const seen = reader.readings.length;
    await until(() => reader.readings.length > seen || reader.thrown() !== undefined);
    expect(reader.thrown()).toBeUndefined();
  }

  test('a table of your own with a collation that ignores case is read as it stands', async () => {
    await lab.sql(
      'drop table if exists own',
      'create table own (name varchar(100) character set utf8mb4 collate utf8mb4_general_ci, content text, changed bigint) engine=innodb',
      `insert into own values ('a', 'lower', 1), ('A', 'upper', 2), ('a ', 'blank', 3), ('ä', 'umlaut', 4)`,
    );
    const reader = await reading({ table: 'own', key: 'name', value: 'content', version: 'changed' });
    expect([...reader.entries]).toEqual([['a', 'lower'], ['A', 'upper'], ['a ', 'blank'], ['ä', 'umlaut']]);
    await lab.sql(`update own set content = 'UPPER', changed = 5 where binary name = 'A'`);
    await next(reader);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['A', 'UPPER']]), remove: new Set() });
    await lab.sql(`delete from own where binary name = 'a'`);
    await next(reader);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map(), remove: new Set(['a']) });
  });

  test('without a version column all is compared, removals included', async () => {
    await lab.sql('drop table if exists bare', 'create table bare (`key` varchar(100) primary key, value text)', `insert into bare values ('a', '1'), ('b', '1')`);
    const reader = await reading({ table: 'bare' });
    await lab.sql(`start transaction`, `update bare set value = '2' where \`key\` = 'a'`, `delete from bare where \`key\` = 'b'`, 'commit');
    await next(reader);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '2']]), remove: new Set(['b']) });
  });

  test('a column of times is a version too', async () => {
    await lab.sql(
      'drop table if exists timed',
      'create table timed (`key` varchar(100) primary key, value text, updated_at timestamp(6) not null default current_timestamp(6) on update current_timestamp(6))',
      `insert into timed (\`key\`, value) values ('a', '1'), ('b', '1')`,
    );
    const reader = await reading({ table: 'timed', version: 'updated_at' });
    expect(Math.abs(reader.last().writtenAt! - Date.now())).toBeLessThan(60_000);
    await lab.sql(`update timed set value = '2' where \`key\` = 'a'`);
    await next(reader);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '2']]) });
    await lab.sql(`delete from timed where \`key\` = 'b'`);
    await next(reader);
    expect(reader.last()).toMatchObject({ remove: new Set(['b']) });
  });

  test('a query of your own may be of any kind', async () => {
    await lab.sql('drop table if exists pairs', 'create table pairs (app varchar(20), k varchar(20), v int)', `insert into pairs values ('gateway', 'limit', 5), ('other', 'limit', 6)`);
    const reader = await reading({
      query: `with mine as (select concat(app, '.', k) as \`key\`, v as value from pairs where app <> '?') select * from mine -- all of it;`,
    });
    expect([...reader.entries]).toEqual([['gateway.limit', '5'], ['other.limit', '6']]);
    expect(reader.last().locate?.('gateway.limit')).toBe('mysql:query:gateway.limit');
    await lab.sql(`delete from pairs where app = 'other'`);
    await next(reader);
    expect([...reader.entries]).toEqual([['gateway.limit', '5']]);
  });

  test('a filter chooses rows, and is written into new ones', async () => {
    const options = { table: 'shared', filter: { application: "gate'way\\", environment: 'prod' } };
    await lab.sql('drop table if exists shared, shared_history, shared_revision', ...mysqlSchema({ table: 'shared', filter: ['application', 'environment'] }));
    await lab.sql(`insert into shared (application, environment, \`key\`, value) values ('other', 'prod', 'limit', '1')`);
    const store = lab.source(options);
    await store.set({ limit: 50 }, about);
    const reader = await reading(options);
    expect([...reader.entries]).toEqual([['limit', '50']]);
    await lab.sql(`update shared set value = '2' where application = 'other'`);
    await store.delete('limit', about);
    await next(reader);
    expect(reader.last()).toMatchObject({ kind: 'patch', remove: new Set(['limit']) });
    expect(await lab.sql('select application, value from shared')).toEqual([{ application: 'other', value: '2' }]);
    expect(await store.history()).toMatchObject([{ key: 'limit', after: undefined }, { key: 'limit', after: '50' }]);
  });

  test('values of all types become their text', async () => {
    await lab.sql(
      'drop table if exists typed',
      `create table typed as select 'x' as \`key\`, cast(18446744073709551615 as unsigned) as big, cast(1.10 as decimal(10,2)) as dec_, cast('2025-11-26' as date) as d,
       cast('2025-11-26 14:03:07' as datetime) as dt, cast('10:11:12' as time) as t, 1.5e0 as f, true as yes, cast('text' as binary) as bin, json_object('a', 1) as j, b'101' as bits`,
    );
    const columns = ['big', 'dec_', 'd', 'dt', 't', 'f', 'yes', 'bin', 'j'];
    const union = columns.map((column) => `select '${column}' as \`key\`, convert(${column} using utf8mb4) as value from typed`).join(' union all ');
    const expected = new Map((await lab.sql(union)).map((row) => [row.key, row.value]));
    const read = new Map<string, string | undefined>();
    for (const column of columns) read.set(column, (await reading({ table: 'typed', value: column })).entries.get('x'));
    expect(read).toEqual(new Map([...expected, ['dt', '2025-11-26T14:03:07.000Z']]));
    await lab.sql('drop table if exists bits', 'create table bits (`key` varchar(9), value bit(12))', `insert into bits values ('x', b'100000000001')`);
    expect((await reading({ table: 'bits' })).entries.get('x')).toBe('2049');
  });

  test('a table of another character set is read right', async () => {
    await lab.sql('drop table if exists old', `create table old (\`key\` varchar(99) character set latin1 primary key, value text character set latin1, version bigint)`, `insert into old values ('ä', 'ü', 1)`);
    const reader = await reading({ table: 'old' });
    expect([...reader.entries]).toEqual([['ä', 'ü']]);
  });

  test('a table of another database is named by both', async () => {
    const other = await lab.server().createDatabase();
    await lab.sql(...mysqlSchema({ table: `${other.name}.there` }));
    const store = lab.source({ table: `${other.name}.there` });
    await store.set({ a: 1 }, about);
    const reader = await reading({ table: `${other.name}.there` });
    expect([...reader.entries]).toEqual([['a', '1']]);
  });

  for (const [kind, create] of [['mysql2', createPool], ['mysql2/promise', createPromisePool]] as const) {
    test(`a pool of ${kind} is borrowed from, and left as it was`, async () => {
      const pool = create({ uri: lab.database.userUrl, connectionLimit: 1, timezone: '+05:00', typeCast: () => 'spoiled', namedPlaceholders: true });
      lab.use({ close: () => pool.end() });
      const ask = async (sql: string): Promise<unknown> => {
        const promised = 'promise' in pool ? pool.promise() : pool;
        const [rows] = await promised.query({ sql, rowsAsArray: true, typeCast: (_, next) => next() });
        return rows;
      };
      const settings = 'select connection_id(), @@sql_mode, @@time_zone, @@lock_wait_timeout, @@innodb_lock_wait_timeout, @@max_statement_time, @@autocommit, @@sql_safe_updates';
      await ask(`set session sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES', time_zone = '+05:00', autocommit = 0, sql_safe_updates = 1, max_statement_time = 7`);
      const before = await ask(settings);
      const store = lab.source({ pool });
      const key = 'it\'s "\\ a key';
      await store.set({ [key]: '\\' }, about);
      const reader = await reading({ pool });
      expect([...reader.entries]).toEqual([[key, '\\']]);
      await lab.put('b', '2');
      await next(reader);
      expect(reader.entries.get('b')).toBe('2');
      await reader.stop();
      expect(await ask(settings)).toEqual(before);
      expect(await ask('select @@in_transaction')).toEqual([[0]]);
    });
  }

  test('a pool whose connections break recovers by itself', async () => {
    const pool = createPool({ uri: lab.database.userUrl, connectionLimit: 2 });
    lab.use({ close: () => pool.end() });
    await lab.put('a', '1');
    const config = await lab.ready(lab.source({ pool }));
    await lab.sql(`kill user calumma_user`);
    await lab.put('a', '2');
    await until(() => config.get('a') === '2');
  });

  test('a pool that is busy is an error, not a wait for ever', async () => {
    const pool = createPool({ uri: lab.database.userUrl, connectionLimit: 1 });
    lab.use({ close: () => pool.end() });
    const taken = await pool.promise().getConnection();
    const reader = follow(lab.source({ pool, timeout: 300 }));
    await until(() => reader.thrown() !== undefined);
    expect(reader.thrown()).toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringContaining('a connection of the pool: expected an answer within 300 ms') as string });
    taken.release();
    await lab.put('a', '1');
    await reading({ pool, every });
  });

  test('a pool that does not speak utf8mb4 is refused', async () => {
    const pool = createPool({ uri: lab.database.userUrl, charset: 'latin1_swedish_ci' });
    lab.use({ close: () => pool.end() });
    const reader = follow(lab.source({ pool }));
    await until(() => reader.thrown() !== undefined);
    expect(reader.thrown()).toMatchObject({ code: 'CALUMMA_OPTION', message: expect.stringContaining('utf8mb4, found "latin1"') as string });
  });
});
