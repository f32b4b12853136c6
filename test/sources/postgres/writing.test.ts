import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';

import { postgres, postgresSchema } from '../../../src/sources/postgres/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startPostgres } from '../../harness/servers/postgres.js';
import { plain, until } from '../following.js';
import { clientOf, following, storeOn, untilEqual } from './rig.js';

const ann = { author: 'ann', reason: 'traffic peak' };

describeWith('postgres', 'writing to PostgreSQL', () => {
  const server = useServer(startPostgres);

  test('several keys are written in one transaction and arrive in one reading', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    await source.set({ a: '1', b: 2, gone: true }, ann);
    const seen = await following(source);
    expect(plain(seen.entries)).toEqual({ a: '1', b: '2', gone: 'true' });
    const { version } = await source.set({ a: '3', gone: null, d: '' }, ann);
    await until(() => seen.readings.length === 2);
    expect(seen.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '3'], ['d', '']]), remove: new Set(['gone']), version });
  });

  test('a write through a pool takes a client of it and gives it back', async () => {
    const store = await storeOn(server());
    const pool = new pg.Pool({ connectionString: store.database.url, max: 1 });
    onTestFinished(() => pool.end());
    const source = postgres({ pool });
    for (let i = 0; i < 20; i++) await source.set({ a: i }, ann);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
    await expect(source.set({ a: '1' }, { ...ann, expectedVersion: '3' })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
    const [client] = await Promise.all([pool.connect()]);
    expect(client.listenerCount('error') + client.listenerCount('notification') + client.listenerCount('end')).toBe(0);
    expect((await client.query<{ lock_timeout: string }>('show lock_timeout')).rows).toEqual([{ lock_timeout: '0' }]);
    client.release();
  });

  test('nothing is changed twice: a value that is there already is no change', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    const first = await source.set({ a: '1' }, ann);
    expect(await source.set({ a: '1' }, ann)).toEqual(first);
    await store.run(`update properties set value = '1'`);
    await store.run(`insert into properties (key, value) values ('a', '2') on conflict do nothing`);
    expect(await source.history()).toHaveLength(1);
    const { rows } = await store.run('select version from properties');
    expect(rows).toEqual([{ version: first.version }]);
  });

  test('delete removes; what is not there is no error', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    await source.set({ a: '1', b: '2' }, ann);
    await source.delete(['a', 'nothing'], ann);
    const seen = await following(source);
    expect(plain(seen.entries)).toEqual({ b: '2' });
    expect((await source.history()).map(({ key, before, after }) => [key, before, after])[0]).toEqual(['a', '1', undefined]);
  });

  test('an expected version that is stale is refused, and nothing is written', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    const { version } = await source.set({ a: '1', b: '1' }, ann);
    await source.set({ b: '2' }, ann);
    // b was changed, a was not
    await source.set({ a: '2' }, { ...ann, expectedVersion: version });
    await expect(source.set({ a: '3', b: '3' }, { ...ann, expectedVersion: version })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
    await store.run(`delete from properties where key = 'b'`);
    await expect(source.set({ b: '3' }, { ...ann, expectedVersion: '3' })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
    await expect(source.set({ a: '3' }, { ...ann, expectedVersion: '99' })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
    const seen = await following(source);
    expect(plain(seen.entries)).toEqual({ a: '2' });
  });

  test('of writers with the same expectation one wins', async () => {
    const store = await storeOn(server());
    const sources = Array.from({ length: 8 }, () => postgres(store.options()));
    const { version } = await sources[0]!.set({ a: '0' }, ann);
    const outcomes = await Promise.allSettled(sources.map((source, i) => source.set({ a: `by ${i}` }, { ...ann, expectedVersion: version })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CALUMMA_CONFLICT' });
  });

  test('the history tells who, when and why; newest first', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    const before = Date.now();
    await source.set({ a: '1' }, ann);
    await store.run(`set calumma.author = 'bob'; set calumma.reason = 'by hand'; update properties set value = '2'; reset calumma.author; reset calumma.reason`);
    const plainEditor = await clientOf(store.database.userUrl);
    await store.run(`grant all on all tables in schema public to ${server().user}`);
    await plainEditor.query(`update properties set key = 'b'`);
    const all = await source.history();
    expect(all.map(({ key, before, after, version, author, reason }) => ({ key, before, after, version, author, reason }))).toEqual(
      expect.arrayContaining([
        { key: 'b', before: undefined, after: '2', version: '3', author: server().user, reason: '' },
        { key: 'a', before: '2', after: undefined, version: '3', author: server().user, reason: '' },
        { key: 'a', before: '1', after: '2', version: '2', author: 'bob', reason: 'by hand' },
        { key: 'a', before: undefined, after: '1', version: '1', author: 'ann', reason: 'traffic peak' },
      ]),
    );
    expect(all.map(({ version }) => version)).toEqual(['3', '3', '2', '1']);
    expect(all.every(({ at }) => at.getTime() >= before && at.getTime() <= Date.now() + 1_000)).toBe(true);
    expect(await source.history('a', 1)).toMatchObject([{ after: undefined }]);
    expect(await source.history('nobody')).toEqual([]);
  });

  test('a truncated table stands in the history', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    await source.set({ a: '1', b: '2' }, ann);
    await store.run('truncate properties');
    expect((await source.history()).slice(0, 2)).toMatchObject([{ version: '2', after: undefined }, { version: '2', after: undefined }]);
  });

  test('more than 10 MB are refused, and nothing is written', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    await source.set({ big: 'x'.repeat(9 * 1024 * 1024) }, ann);
    await expect(source.set({ more: 'x'.repeat(1024 * 1024) }, ann)).rejects.toMatchObject({ code: 'CALUMMA_TOO_LARGE' });
    expect((await source.history()).map(({ key }) => key)).toEqual(['big']);
    await source.set({ big: 'small', more: 'x'.repeat(1024 * 1024) }, ann);
  });

  test('a key that the index has no room for is refused in words', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    const long = Array.from({ length: 3_000 }, () => Math.random().toString(36).slice(2)).join('').slice(0, 20_000);
    await expect(source.set({ a: '1', [long]: '1' }, ann)).rejects.toMatchObject({ code: 'CALUMMA_TOO_LARGE', message: expect.stringContaining('2704 bytes') as string });
    expect(await source.history()).toEqual([]);
  });

  test('a NUL character has no place in PostgreSQL', async () => {
    const store = await storeOn(server());
    await expect(postgres(store.options()).set({ a: 'x\0y' }, ann)).rejects.toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringContaining('NUL') as string });
  });

  test('any string is a key and a value', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    const odd = new Map([['__proto__', 'p'], ['', 'empty'], [' ', ' '], ['🦎', '🦎'], [`'; drop table properties; --`, `$1 '" \\`], ['k'.repeat(10_000), 'v']]);
    await source.set(odd, ann);
    const seen = await following(source);
    expect(seen.entries).toEqual(odd);
    await source.delete([...odd.keys()], ann);
    await until(() => seen.entries.size === 0);
  });

  test('a filter stands in what is written, and bounds what is counted and removed', async () => {
    const store = await storeOn(server(), postgresSchema({ filter: ['application'] }));
    const [gateway, other] = ['gateway', 'other'].map((application) => postgres(store.options({ filter: { application } })));
    await gateway!.set({ a: '1', big: 'x'.repeat(9 * 1024 * 1024) }, ann);
    await other!.set({ a: '2', big: 'x'.repeat(9 * 1024 * 1024) }, ann);
    await gateway!.delete('a', ann);
    expect((await store.run('select application, key from properties order by 1, 2')).rows).toEqual([
      { application: 'gateway', key: 'big' },
      { application: 'other', key: 'a' },
      { application: 'other', key: 'big' },
    ]);
    expect((await gateway!.history('a')).map(({ after }) => after)).toEqual([undefined, '1']);
    expect((await other!.history('a')).map(({ after }) => after)).toEqual(['2']);
  });

  test('writers and plain SQL get along', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    await source.set(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, 0])), ann);
    const seen = await following(source);
    const editors = await Promise.all([1, 2].map(() => clientOf(store.database.url)));
    const edit = async (client: pg.Client, order: string): Promise<void> => {
      for (let i = 0; i < 30; i++) await client.query(`update properties set value = value::int + 1 where key in (select key from properties order by key ${order} limit 10)`);
    };
    const write = async (): Promise<void> => {
      for (let i = 0; i < 30; i++) await source.set({ [`k${19 - (i % 20)}`]: i, [`k${i % 20}`]: i }, ann);
    };
    await Promise.all([edit(editors[0]!, 'asc'), edit(editors[1]!, 'desc'), write()]);
    const { rows } = await store.run('select json_object_agg(key, value) as all from properties');
    await untilEqual(() => Promise.resolve([{ all: plain(seen.entries) }]), rows);
  });

  test('a writer that is caught in a deadlock tries again', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options({ timeout: '20s' }));
    await source.set({ a: '1' }, ann);
    const editor = await clientOf(store.database.url);
    await editor.query('begin');
    await editor.query(`select * from properties where key = 'a' for update`);
    const written = source.set({ a: '2' }, ann);
    const waiting = `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    await untilEqual(async (): Promise<unknown> => (await store.run(waiting)).rows, [{ n: 1 }]);
    // Waits for the revision, which the writer holds, while the writer waits for the row.
    const edited = editor.query(`update properties set value = '3' where key = 'a'`).then(() => editor.query('commit'), () => editor.query('rollback'));
    // The writer waited first, so it is the one that is broken off: it writes after the editor then.
    expect(await written).toEqual({ version: '3' });
    await edited;
    expect((await source.history('a')).map(({ after }) => after)).toEqual(['2', '3', '1']);
  });

  describe('refuses', () => {
    test('a table without the schema', async () => {
      const store = await storeOn(server(), 'create table properties (key text primary key, value text)');
      await expect(postgres(store.options()).set({ a: '1' }, ann)).rejects.toThrow(/postgresSchema\(\)/);
    });

    test('no table at all', async () => {
      const store = await storeOn(server(), '');
      await expect(postgres(store.options()).set({ a: '1' }, ann)).rejects.toThrow('postgresSchema({ table: "properties" }) gives the SQL that creates it');
    });

    test('a query', async () => {
      const store = await storeOn(server(), '');
      await expect(postgres(store.options({ query: `select 'a' as key, 'b' as value` })).set({ a: '1' }, ann)).rejects.toMatchObject({ code: 'CALUMMA_OPTION' });
    });

    test('somebody who may only read', async () => {
      const store = await storeOn(server());
      await store.run(`grant select on all tables in schema public to ${server().user}`);
      const reader = postgres(store.options({ connectionString: store.database.userUrl }));
      await expect(reader.set({ a: '1' }, ann)).rejects.toThrow(/has it not: GRANT/);
      expect(await reader.history()).toEqual([]);
    });

    test('a server that is read-only', async () => {
      const store = await storeOn(server());
      await store.run(`alter database ${store.database.name} set default_transaction_read_only = on`);
      // The default does not count: the transaction says what it is.
      await postgres(store.options()).set({ a: '1' }, ann);
    });
  });
});
