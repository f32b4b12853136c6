import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

import { postgres, postgresSchema } from '../../../src/sources/postgres/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startPostgres } from '../../harness/servers/postgres.js';
import { findProgram } from '../../harness/servers/programs.js';
import { plain, until } from '../following.js';
import { clientOf, following, storeOn } from './rig.js';

const ann = { author: 'ann', reason: 'test' };

describeWith('postgres', 'the schema for PostgreSQL', () => {
  const server = useServer(startPostgres);

  test('may be run again, and changes nothing then', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    await source.set({ a: '1' }, ann);
    await store.run(postgresSchema());
    await store.run(postgresSchema());
    expect(await source.set({ a: '2' }, ann)).toEqual({ version: '2' });
    expect(await source.history()).toHaveLength(2);
  });

  test('goes through psql', async (context) => {
    const psql = findProgram('psql');
    if (psql === undefined) return context.skip('psql is not installed');
    const { url } = await server().createDatabase();
    const { stderr } = await promisify(execFile)(psql, ['-X', '-v', 'ON_ERROR_STOP=1', '-q', '-d', url, '-c', `create schema "odd "" schema"`, '-c', postgresSchema({ table: `odd " schema.it's` , filter: ['an application'] })]);
    expect(stderr).not.toContain('ERROR');
    const source = postgres({ connectionString: url, table: `odd " schema.it's`, filter: { 'an application': 'x' } });
    await source.set({ a: '1' }, ann);
    expect(plain((await following(source)).entries)).toEqual({ a: '1' });
  });

  test('takes over a table that is there, with what is in it', async () => {
    const store = await storeOn(server(), `create table properties (key text primary key, value text); insert into properties values ('a', '1'); ${postgresSchema()}`);
    const seen = await following(postgres(store.options()));
    expect(plain(seen.entries)).toEqual({ a: '1' });
    await store.run(`update properties set value = '2'`);
    await until(() => seen.entries.get('a') === '2');
  });

  test('the triggers work whatever the search_path of who edits', async () => {
    const store = await storeOn(server(), `create schema config; set search_path = config; ${postgresSchema()}; reset search_path`);
    const seen = await following(postgres(store.options({ table: 'config.properties' })));
    await store.run(`set search_path = pg_catalog; insert into config.properties (key, value) values ('a', '1'); update config.properties set value = '2'; delete from config.properties; insert into config.properties (key, value) values ('b', '1'); truncate config.properties; insert into config.properties (key, value) values ('c', '1')`);
    await until(() => seen.entries.get('c') === '1');
    expect(plain(seen.entries)).toEqual({ c: '1' });
  });

  test('the rights that its docstring names are enough', async () => {
    const store = await storeOn(server());
    const { user } = server();
    await store.run(`grant select on properties, properties_revision, properties_history to ${user}; grant insert, update, delete on properties to ${user}; grant update on properties_revision to ${user}; grant insert on properties_history to ${user}`);
    const source = postgres(store.options({ connectionString: store.database.userUrl }));
    await source.set({ a: '1', b: '2' }, ann);
    await source.delete('b', ann);
    expect(plain((await following(source)).entries)).toEqual({ a: '1' });
    expect(await source.history()).toHaveLength(3);
  });

  test('a reader without the right to the tables beside it reads the table', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1'), ('b', '1'); grant select on properties to ${server().user}`);
    const seen = await following(postgres(store.options({ connectionString: store.database.userUrl })));
    await store.run(`begin; delete from properties where key = 'b'; update properties set value = '2'; commit`);
    await until(() => seen.entries.get('a') === '2');
    expect(seen.last()).toMatchObject({ set: new Map([['a', '2']]), remove: new Set(['b']) });
  });

  test('versions are committed in their order', async () => {
    const store = await storeOn(server());
    const [one, two] = await Promise.all([clientOf(store.database.url), clientOf(store.database.url)]);
    await one.query(`begin; insert into properties (key, value) values ('a', '1')`);
    let done = false;
    const second = two.query(`insert into properties (key, value) values ('b', '1')`).then(() => (done = true));
    const seen = await following(postgres(store.options({ every: 20 })));
    await until(() => seen.readings.length > 0);
    expect(done).toBe(false);
    await one.query('commit');
    await second;
    await until(() => seen.entries.size === 2);
    expect((await store.run('select key, version from properties order by version')).rows).toEqual([
      { key: 'a', version: '1' },
      { key: 'b', version: '2' },
    ]);
  });

  test('MERGE and writes to many rows are numbered and kept like any other', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1'), ('b', '1')`);
    await store.run(`merge into properties p using (values ('a', '2'), ('c', '2')) v (key, value) on p.key = v.key when matched then update set value = v.value when not matched then insert (key, value) values (v.key, v.value)`);
    await store.run(`delete from properties where key <> 'a'`);
    const history = await postgres(store.options()).history();
    expect(history.map(({ key, before, after, version }) => [version, key, before, after])).toEqual(
      expect.arrayContaining([
        ['1', 'a', undefined, '1'],
        ['1', 'b', undefined, '1'],
        ['2', 'a', '1', '2'],
        ['2', 'c', undefined, '2'],
        ['3', 'b', '1', undefined],
        ['3', 'c', '2', undefined],
      ]),
    );
    expect(history).toHaveLength(6);
  });
});
