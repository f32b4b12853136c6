import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createConnection, type Connection } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { mysqlSchema } from '../../../src/sources/mysql/schema.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import type { Database } from '../../harness/servers/database.js';
import { startMariadb } from '../../harness/servers/mariadb.js';
import { thrownBy } from '../following.js';

const awkwardKeys = ['', ' ', 'a', 'A', 'a ', 'a\t', 'ä', 'a\u0308', 'Ä', 'ß', 'ss', '😀', '😁', '__proto__', 'a.b[0]', "it's", '"', '`', '\\', '%', '_', 'line\nbreak', '\0', 'k'.repeat(10_000)];

describeWith('mariadb', 'the schema of mysql()', () => {
  const mariadb = useServer(startMariadb);
  let database: Database;
  let connection: Connection;

  beforeEach(async () => {
    database = await mariadb().createDatabase();
    connection = await connect();
  });
  afterEach(() => connection.destroy());

  async function connect(): Promise<Connection> {
    return createConnection({ uri: database.userUrl });
  }

  async function create(options?: Parameters<typeof mysqlSchema>[0]): Promise<void> {
    for (const statement of mysqlSchema(options)) await connection.query(statement);
  }

  async function rows(sql: string): Promise<Record<string, unknown>[]> {
    const [found] = await connection.query(sql);
    return found as Record<string, unknown>[];
  }

  test('runs statement by statement, and again without harm', async () => {
    await create();
    await connection.query(`insert into properties (\`key\`, value) values ('a', '1')`);
    await create();
    expect(await rows('select `key`, value, version from properties')).toEqual([{ key: 'a', value: '1', version: 1 }]);
    expect(await rows('select version from properties_revision')).toEqual([{ version: 1 }]);
  });

  test('runs joined through the command line', async () => {
    const script = `${mysqlSchema({ table: 'settings', filter: ['application'] }).join(';\n')};\nSHOW TRIGGERS LIKE 'settings'`;
    const { stdout } = await promisify(execFile)('mariadb', ['-h', mariadb().host, '-P', String(mariadb().port), '-u', 'root', database.name, '-e', script]);
    expect(stdout.match(/settings_[ab][iud][12]/g)).toHaveLength(8);
  });

  test('no statement has a semicolon in it', () => {
    expect(mysqlSchema({ filter: ['application', 'environment'] }).filter((statement) => statement.includes(';'))).toEqual([]);
  });

  test('keys are told apart byte by byte', async () => {
    await create();
    for (const key of awkwardKeys) await connection.query(`insert into properties (\`key\`, value) values (?, ?)`, [key, key]);
    for (const key of awkwardKeys) {
      const [found] = await connection.query('select value from properties where `key` = ?', [key]);
      expect(found).toEqual([{ value: key }]);
    }
    expect((await rows('select `key` from properties order by version')).map((row) => row.key)).toEqual(awkwardKeys);
  });

  test('a key stands once, and is found by an index, however long', async () => {
    await create({ filter: ['application'] });
    const insert = `insert into properties (application, \`key\`, value) values ('one', ?, 'x')`;
    for (const key of ['a', 'k'.repeat(65_535)]) {
      await connection.query(insert, [key]);
      await expect(connection.query(insert, [key])).rejects.toMatchObject({ code: 'ER_DUP_ENTRY' });
      const [plan] = await connection.query('explain select value from properties where `key` in (?, ?)', [key, 'other']);
      expect(plan).toMatchObject([{ key: 'key' }]);
    }
    await expect(connection.query(`update properties set \`key\` = 'a'`)).rejects.toMatchObject({ code: 'ER_DUP_ENTRY' });
    expect(Object.keys((await rows('select * from properties'))[0]!)).toEqual(['application', 'key', 'value', 'version', 'updated_at']);
  });

  test('the version of a row grows with each change of it, and not without one', async () => {
    await create();
    await connection.query(`insert into properties (\`key\`, value) values ('a', '1'), ('b', '1')`);
    await connection.query(`update properties set value = '2' where \`key\` = 'a'`);
    await connection.query(`update properties set value = '2' order by \`key\``);
    await connection.query(`update properties set value = '2 ' order by \`key\``);
    await connection.query(`delete from properties where \`key\` = 'b'`);
    expect(await rows('select `key`, version from properties')).toEqual([{ key: 'a', version: 5 }]);
    expect(await rows('select `key`, old_value, new_value, version from properties_history order by id')).toEqual([
      { key: 'a', old_value: null, new_value: '1', version: 1 },
      { key: 'b', old_value: null, new_value: '1', version: 2 },
      { key: 'a', old_value: '1', new_value: '2', version: 3 },
      { key: 'b', old_value: '1', new_value: '2', version: 4 },
      { key: 'a', old_value: '2', new_value: '2 ', version: 5 },
      { key: 'b', old_value: '2', new_value: '2 ', version: 6 },
      { key: 'b', old_value: '2 ', new_value: null, version: 7 },
    ]);
  });

  test('a key that is renamed goes and comes in the history', async () => {
    await create({ filter: ['application'] });
    await connection.query(`insert into properties (application, \`key\`, value) values ('one', 'a', '1')`);
    await connection.query(`update properties set \`key\` = 'A'`);
    await connection.query(`update properties set application = 'two', value = '2'`);
    expect(await rows('select application, `key`, old_value, new_value, version from properties_history order by version, new_value')).toEqual([
      { application: 'one', key: 'a', old_value: null, new_value: '1', version: 1 },
      { application: 'one', key: 'a', old_value: '1', new_value: null, version: 2 },
      { application: 'one', key: 'A', old_value: null, new_value: '1', version: 2 },
      { application: 'one', key: 'A', old_value: '1', new_value: null, version: 3 },
      { application: 'two', key: 'A', old_value: null, new_value: '2', version: 3 },
    ]);
  });

  test('who edits by hand is named by the session, or by the user', async () => {
    await create();
    await connection.query(`insert into properties (\`key\`, value) values ('a', '1')`);
    await connection.query(`set @calumma_author = 'ann', @calumma_reason = 'traffic peak'`);
    await connection.query(`update properties set value = '2'`);
    expect(await rows('select author, reason from properties_history order by id')).toEqual([
      { author: expect.stringMatching(new RegExp(`^${mariadb().user}@`)) as unknown, reason: '' },
      { author: 'ann', reason: 'traffic peak' },
    ]);
  });

  test('versions grow in the order of commits', async () => {
    await create();
    const other = await connect();
    await connection.query('start transaction');
    await connection.query(`insert into properties (\`key\`, value) values ('first', '1')`);
    const waiting = other.query(`insert into properties (\`key\`, value) values ('second', '1')`);
    await connection.query(`insert into properties (\`key\`, value) values ('third', '1')`);
    await connection.query('commit');
    await waiting;
    expect(await rows('select `key`, version from properties order by version')).toEqual([
      { key: 'first', version: 1 },
      { key: 'third', version: 2 },
      { key: 'second', version: 3 },
    ]);
    other.destroy();
  });

  test('a row that is written again by a key that is there has one new version', async () => {
    await create();
    const upsert = `insert into properties (\`key\`, value) values ('a', ?) on duplicate key update value = values(value)`;
    await connection.query(upsert, ['1']);
    await connection.query(upsert, ['2']);
    const [{ version: before } = {}] = await rows('select version from properties_revision');
    await connection.query(`replace into properties (\`key\`, value) values ('a', '3')`);
    const history = await rows('select `key`, old_value, new_value from properties_history order by id');
    expect(history.slice(0, 2)).toEqual([
      { key: 'a', old_value: null, new_value: '1' },
      { key: 'a', old_value: '1', new_value: '2' },
    ]);
    expect(history.at(-1)).toMatchObject({ key: 'a', new_value: '3' });
    const [{ version } = {}] = await rows('select version from properties');
    expect(version).toBeGreaterThan(Number(before));
  });
});

describe('mysqlSchema(options)', () => {
  test('a name that leaves no room for the other tables is refused', () => {
    expect(thrownBy(() => mysqlSchema({ table: 't'.repeat(56) }))).toMatchObject({
      code: 'CALUMMA_OPTION',
      message: expect.stringContaining('mysqlSchema({ table }): expected at most 55 characters') as string,
    });
  });

  test('more filter columns than fit into the index are refused', () => {
    expect(thrownBy(() => mysqlSchema({ filter: 'abcdefghi'.split('') }))).toMatchObject({ code: 'CALUMMA_OPTION' });
  });
});
