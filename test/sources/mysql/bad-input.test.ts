import { afterEach, expect, test } from 'vitest';

import { mysqlSchema, type MysqlOptions } from '../../../src/sources/mysql/index.js';
import type { Config, ErrorCode } from '../../../src/index.js';
import { describeWith } from '../../harness/servers/available.js';
import { until } from '../following.js';
import { Lab } from './lab.js';

interface Row {
  readonly title: string;
  /** Makes the table `t`, with what can be read. Default: a simple table. */
  readonly make?: readonly string[];
  readonly options?: MysqlOptions;
  readonly spoil: readonly string[];
  readonly repair: readonly string[];
  readonly code?: ErrorCode;
  /** What the message must have. */
  readonly message: string;
}

const simple = ['create table t (`key` varchar(300) character set utf8mb4 collate utf8mb4_bin, value longblob, version bigint) engine=innodb', `insert into t values ('a', '1', 1)`];
const repaired = `insert into t (\`key\`, value) values ('repaired', 'yes')`;

const rows: readonly Row[] = [
  {
    title: 'a table that is dropped while running',
    spoil: ['drop table t'],
    repair: simple,
    message: 'mysql: expected the table "t" at',
  },
  {
    title: 'a table that is locked while running',
    spoil: ['lock tables t write'],
    repair: ['unlock tables'],
    message: 'found it locked by another session: SHOW PROCESSLIST tells by whom',
  },
  {
    title: 'a column that is renamed while running',
    spoil: ['alter table t change value content longblob'],
    repair: ['alter table t change content value longblob'],
    message: `mysql: expected a column "value" in "t", found "key", "content", "version": name another one with mysql({ value })`,
  },
  {
    title: 'a NULL key',
    spoil: [`insert into t values (null, 'x', 2)`],
    repair: ['delete from t where `key` is null'],
    message: 'mysql: "t": expected a key in each row, found NULL',
  },
  {
    title: 'a key that stands in two rows',
    spoil: [`insert into t values ('twice', 'x', 2), ('twice', 'y', 3)`],
    repair: [`delete from t where \`key\` = 'twice'`],
    message: 'mysql: "t": expected each key once, found "twice" more than once',
  },
  {
    title: 'a key that a query gives twice',
    options: { query: 'select `key`, value from t union all select `key`, value from t where version = 9' },
    spoil: ['update t set version = 9'],
    repair: ['update t set version = 1'],
    message: 'mysql: the query: expected each key once, found "a" more than once',
  },
  {
    title: 'a binary value that is no text',
    spoil: [`insert into t values ('binary', x'c328ff', 2)`],
    repair: [`delete from t where \`key\` = 'binary'`],
    message: 'mysql: "t": "binary": expected a value that is text, found 3 bytes that are no UTF-8',
  },
  {
    title: 'a key of 100 kB',
    make: ['create table t (`key` mediumtext, value longblob, version bigint) engine=innodb', `insert into t values ('a', '1', 1)`],
    spoil: [`insert into t values (repeat('k', 100000), 'x', 2)`],
    repair: ['delete from t where version = 2'],
    message: 'expected keys of at most 65535 bytes, found 100000',
  },
  {
    title: '14 MB of rows',
    spoil: [`insert into t select concat('big.', seq), repeat('x', 1000000), 2 from seq_1_to_14`],
    repair: ['delete from t where version = 2'],
    code: 'CALUMMA_TOO_LARGE',
    message: 'mysql: "t": expected at most 10485760 bytes of keys and values',
  },
  {
    title: '11 MB of rows',
    spoil: [`insert into t select concat('big.', seq), repeat('x', 1000000), 2 from seq_1_to_11`],
    repair: ['delete from t where version = 2'],
    code: 'CALUMMA_TOO_LARGE',
    message: 'mysql: expected at most 10485760 bytes in all layers together, found 11000059',
  },
  {
    title: 'a right that is taken away while running',
    options: { user: 'guest', password: '' },
    spoil: ['revoke select on t from guest@127.0.0.1', `kill user guest`],
    repair: ['grant select on t to guest@127.0.0.1'],
    message: 'mysql: expected the right to use the table "t"',
  },
];

describeWith('mariadb', 'bad input of mysql()', () => {
  const lab = new Lab({ 'max-connections': '20', 'max-allowed-packet': '64M' });

  afterEach(() => lab.sql('unlock tables', 'drop table if exists t'));

  function where({ user = lab.server().user, password = lab.server().password, ...rest }: MysqlOptions = {}): MysqlOptions {
    return { host: lab.server().host, port: lab.server().port, user, password, database: lab.database.name, timeout: '1s', ...rest };
  }

  /** The table has been asked for again. A try at a locked one lasts a second, and the pause before the next may be five. */
  async function askedAgain(): Promise<void> {
    const selects = async (): Promise<number> => Number((await lab.sql(`show global status like 'Com_select'`))[0]?.Value);
    const before = await selects();
    await expect.poll(selects, { timeout: 20_000, interval: 20 }).toBeGreaterThan(before + 1);
  }

  const stateOf = (config: Config): string => config.health().layers[0]!.state;
  const messages = (): string[] => lab.errors.map(({ message }) => message);

  for (const { title, make = simple, options = {}, spoil, repair, code = 'CALUMMA_SOURCE', message } of rows) {
    test(`${title}: said once, the last good kept, and recovered from`, { timeout: 45_000 }, async () => {
      await lab.sql(...make);
      if (options.user === 'guest') await lab.sql('create or replace user guest@127.0.0.1', 'grant select on t to guest@127.0.0.1', 'grant select on properties to guest@127.0.0.1');
      const config = await lab.ready(lab.source(where({ ...(options.query === undefined && { table: 't' }), ...options })));
      expect(config.get('a')).toBe('1');
      await lab.sql(...spoil);
      await until(() => lab.errors.some((error) => error.message.includes(message)), messages);
      await until(() => stateOf(config) === 'stale', messages);
      const error = lab.errors.find((one) => one.message.includes(message))!;
      expect(error.code).toBe(code);
      expect(config.get('a')).toBe('1');
      // Tried again meanwhile, and not said again.
      await askedAgain();
      expect(messages().filter((one) => one === error.message)).toHaveLength(1);
      await lab.sql(...repair, repaired);
      await until(() => config.get('repaired') === 'yes', messages);
      await until(() => stateOf(config) === 'live', messages);
      expect(messages().join('\n')).not.toContain(lab.server().password);
    });
  }

  test('a NULL value is an absent key', async () => {
    await lab.sql(...simple, `insert into t values ('nothing', null, 2)`);
    const config = await lab.ready(lab.source(where({ table: 't' })));
    expect(config.has('nothing')).toBe(false);
    await lab.sql(`update t set value = 'now', version = 3 where \`key\` = 'nothing'`);
    await until(() => config.get('nothing') === 'now');
    await lab.sql(`update t set value = null, version = 4 where \`key\` = 'nothing'`);
    await until(() => !config.has('nothing'));
  });

  const starts: readonly (readonly [title: string, options: () => MysqlOptions, message: string])[] = [
    ['a wrong password', () => where({ password: 'wrong' }), 'as user "calumma_user", found that the server refuses it (Access denied for user'],
    ['no password', () => where({ password: '' }), 'no password is given; check user and password'],
    ['an unknown user', () => where({ user: 'nobody' }), 'as user "nobody", found that the server refuses it'],
    ['an unknown database', () => where({ user: 'root', password: '', database: 'nowhere' }), 'expected the database of 127.0.0.1:'],
    ['a database of others', () => where({ database: 'mysql' }), 'expected the right to use the database of 127.0.0.1:'],
    ['a missing table', () => where({ table: 'missing' }), 'mysqlSchema({ table: "missing" }) gives the SQL that creates it'],
    ['a missing column', () => where({ value: 'valeu' }), 'expected a column "valeu" in "properties", found "key", "value", "version", "updated_at"'],
    ['a missing version column', () => where({ version: 'rev' }), 'expected a column "rev" in "properties"'],
    ['a missing filter column', () => where({ filter: { application: 'x' } }), 'expected a column "application" in "properties"'],
    ['a query with a slip', () => where({ query: 'selct 1' }), 'expected SQL that 127.0.0.1:'],
    ['a query of unknown columns', () => where({ query: 'select nothing from properties' }), 'expected other columns in the query, found that Unknown column'],
    ['nobody listening', () => where({ port: 1 }), 'expected a MySQL or MariaDB at 127.0.0.1:1/'],
    ['an unknown host', () => where({ host: 'nowhere.invalid' }), 'expected a MySQL or MariaDB at nowhere.invalid:'],
    ['a socket that is not there', () => ({ socketPath: '/nowhere/socket' }), 'expected a MySQL or MariaDB at /nowhere/socket'],
    ['a server without TLS', () => where({ ssl: {} }), 'found that the server does not speak it: leave ssl out'],
    ['an unknown TLS profile', () => where({ ssl: 'Nowhere RDS' }), `Unknown SSL profile 'Nowhere RDS'`],
    ['a password that cannot be had', () => where({ password: () => Promise.reject(new Error('no token')) }), 'expected mysql({ password }) to give a password, found that it failed (no token)'],
  ];
  test.each(starts)('%s is said with what to do', async (_title, options, message) => {
    const config = lab.config(lab.source({ ...options(), name: 'shop' }));
    await until(() => lab.errors.length > 0);
    expect(lab.errors[0]).toMatchObject({ message: expect.stringContaining(message) as string });
    expect(lab.errors[0]!.message).toMatch(/^shop: /);
    expect(messages().join('\n')).not.toContain(lab.server().password);
    expect(stateOf(config)).toBe('failed');
  });

  test('a server without a free connection is said to be crowded, and read once there is one', { timeout: 30_000 }, async () => {
    await lab.put('a', '1');
    const guests = await Promise.all(Array.from({ length: 19 }, () => lab.connect()));
    const config = lab.config(lab.source(where()));
    await until(() => lab.errors.length > 0);
    expect(lab.errors[0]!.message).toContain('expected a free connection at');
    for (const guest of guests) guest.destroy();
    await until(() => config.get('a') === '1');
  });

  test('a token that is given by a function is asked for at each connection', async () => {
    await lab.put('a', '1');
    let asked = 0;
    const password = (): string => {
      asked += 1;
      return lab.server().password;
    };
    const store = lab.source(where({ password }));
    await lab.ready(store);
    await store.set({ a: 2 }, { author: 'ann', reason: 'test' });
    expect(asked).toBe(2);
  });

  test('an older state of the table that is put back is read whole', async () => {
    await lab.sql(...mysqlSchema({ table: 't' }), `insert into t (\`key\`, value) values ('a', '1')`, `update t set value = '2'`);
    const config = await lab.ready(lab.source(where({ table: 't' })));
    await lab.sql('drop table t', 'drop table t_revision', 'drop table t_history', ...mysqlSchema({ table: 't' }), `insert into t (\`key\`, value) values ('a', 'old')`);
    await until(() => config.get('a') === 'old');
    await lab.sql('drop table t_revision, t_history');
  });
});
