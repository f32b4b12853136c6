import { inspect } from 'node:util';
import { expect, test } from 'vitest';

import { isWritable } from '../../../src/core/writable.js';
import { mysqlSchema } from '../../../src/sources/mysql/index.js';
import { describeWith } from '../../harness/servers/available.js';
import { follow, until } from '../following.js';
import { Lab } from './lab.js';

const about = { author: 'ann', reason: 'traffic peak' };

describeWith('mariadb', 'writing through mysql()', () => {
  const lab = new Lab();

  test('what is set and removed in one call arrives in one publish', async () => {
    const store = lab.source();
    expect(isWritable(store)).toBe(true);
    await store.set({ a: 1, b: 'two', gone: true }, about);
    const config = await lab.ready(store);
    const seen: unknown[] = [];
    config.on('change', ({ changes }) => seen.push(changes.map(({ key, after }) => [key, after]).sort()));
    await store.set({ a: 2, c: '', gone: null }, about);
    await until(() => seen.length > 0);
    expect(seen).toEqual([[['a', '2'], ['c', ''], ['gone', undefined]]]);
  });

  test('a write is seen at the version it gives', async () => {
    const store = lab.source();
    const reader = follow(store);
    await until(() => reader.readings.length > 0, reader.thrown);
    const { version } = await store.set({ a: 1 }, about);
    await until(() => reader.entries.has('a'));
    expect(reader.last().version).toBe(version);
    await reader.stop();
  });

  test('a write that expects a version is refused when one of its keys was changed after it', async () => {
    const store = lab.source();
    const { version } = await store.set({ a: 1, b: 1 }, about);
    await store.set({ b: 2 }, about);
    await store.set({ a: 2 }, { ...about, expectedVersion: version });
    await expect(store.set({ c: 1, b: 3 }, { ...about, expectedVersion: version })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
    await expect(store.delete('b', { ...about, expectedVersion: version })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
    await expect(store.set({ c: 1 }, { ...about, expectedVersion: '999999999' })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
    await lab.remove('a');
    await expect(store.set({ a: 4 }, { ...about, expectedVersion: version })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
    expect(await lab.sql('select `key`, value from properties')).toEqual([{ key: 'b', value: '2' }]);
  });

  test('the history tells what was changed, newest first, by whom, also by hand', async () => {
    const store = lab.source({ table: 'told' });
    await lab.sql(...mysqlSchema({ table: 'told' }));
    await store.set({ a: 1, b: 1 }, about);
    await lab.sql(`update told set value = '2' where \`key\` = 'a'`);
    await lab.sql(`set @calumma_author = 'bob', @calumma_reason = 'by hand'`, `delete from told where \`key\` = 'b'`, `set @calumma_author = null, @calumma_reason = null`);
    const history = await store.history();
    expect(history).toMatchObject([
      { key: 'b', before: '1', after: undefined, version: '3', author: 'bob', reason: 'by hand' },
      { key: 'a', before: '1', after: '2', version: '2', author: expect.stringMatching(/^root@/) as string, reason: '' },
      { key: 'b', before: undefined, after: '1', version: '1', ...about },
      { key: 'a', before: undefined, after: '1', version: '1', ...about },
    ]);
    expect(Math.abs(history[0]!.at.getTime() - Date.now())).toBeLessThan(60_000);
    expect(await store.history('a', 1)).toMatchObject([{ key: 'a', after: '2' }]);
  });

  test('more than 10 MB in the store is refused, and nothing is written', async () => {
    const store = lab.source();
    const megabyte = 'x'.repeat(1024 * 1024);
    await store.set(Array.from({ length: 9 }, (_, i) => [`part.${i}`, megabyte] as const), about);
    await expect(store.set({ one: megabyte, two: megabyte }, about)).rejects.toMatchObject({ code: 'CALUMMA_TOO_LARGE' });
    expect(await lab.sql('select count(*) as n from properties')).toEqual([{ n: 9 }]);
    await store.set({ 'part.0': null, one: megabyte }, about);
  });

  test('what does not fit into a column is refused, never cut', async () => {
    await lab.sql(...mysqlSchema({ table: 'fitted', filter: ['application'] }));
    await expect(lab.source({ table: 'fitted', filter: { application: 'a'.repeat(65) } }).set({ a: 1 }, about)).rejects.toMatchObject({
      code: 'CALUMMA_OPTION',
      message: expect.stringContaining('found something too long for its column "application": nothing was written') as string,
    });
    expect(await lab.sql('select count(*) as n from fitted')).toEqual([{ n: 0 }]);
  });

  test('what is set to what it is, is no change', async () => {
    const store = lab.source();
    const { version } = await store.set({ a: 1, b: 1 }, about);
    const length = (await store.history()).length;
    expect(await store.set({ a: 1, b: 1 }, about)).toEqual({ version });
    expect(await store.history()).toHaveLength(length);
    const { version: next } = await store.set({ a: 1, b: 2 }, about);
    expect(BigInt(next)).toBeGreaterThan(BigInt(version));
    expect(await lab.sql(`select \`key\` from properties where version > ${version}`)).toEqual([{ key: 'b' }]);
  });

  test('writers at the same time lose nothing, and readers see each transaction whole', { timeout: 60_000 }, async () => {
    const store = lab.source();
    await store.set({ left: 0, right: 0 }, about);
    const torn: unknown[] = [];
    const config = await lab.ready(store);
    let publishes = 0;
    config.on('change', () => {
      publishes += 1;
      if (config.get('left') !== config.get('right')) torn.push([config.get('left'), config.get('right')]);
    });
    const write = async (name: number): Promise<void> => {
      for (let i = 0; i < 20; i += 1) await lab.source().set({ left: `${name}.${i}`, right: `${name}.${i}`, [`w.${name}.${i}`]: i }, about);
    };
    await Promise.all([write(1), write(2), write(3)]);
    await until(() => config.keys('w.').length === 60);
    expect(torn).toEqual([]);
    expect(publishes).toBeGreaterThan(1);
    const versions = (await store.history(undefined, 1_000)).map(({ version }) => BigInt(version));
    expect(versions).toEqual([...versions].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)));
  });

  test('editing by hand at the same time, in the other order, is waited out', { timeout: 60_000 }, async () => {
    const store = lab.source();
    await store.set({ a: 0, b: 0 }, about);
    const hand = await lab.connect();
    const byHand = async (): Promise<number> => {
      let deadlocks = 0;
      for (let i = 0; i < 30; i += 1) {
        try {
          await hand.query(`update properties set value = 'hand ${i}' where \`key\` in ('a', 'b') order by \`key\` desc`);
        } catch (error) {
          if ((error as { code?: string }).code !== 'ER_LOCK_DEADLOCK') throw error;
          deadlocks += 1;
        }
      }
      return deadlocks;
    };
    const through = async (): Promise<void> => {
      for (let i = 0; i < 15; i += 1) await store.set({ a: i, b: i }, about);
    };
    await Promise.all([byHand(), through()]);
    hand.destroy();
    const rows = await lab.sql('select value from properties order by `key`');
    expect(rows[0]).toEqual(rows[1]);
  });

  test('a source of a query, or of a table without the schema, cannot be written', async () => {
    await lab.sql('create table if not exists bare (`key` varchar(100) primary key, value text)');
    await expect(lab.source({ query: 'select `key`, value from properties' }).set({ a: 1 }, about)).rejects.toMatchObject({ code: 'CALUMMA_OPTION' });
    await expect(lab.source({ table: 'bare' }).set({ a: 1 }, about)).rejects.toMatchObject({
      code: 'CALUMMA_SOURCE',
      message: expect.stringContaining('mysqlSchema()') as string,
    });
  });

  test('values of a failed write stand in no error', async () => {
    await lab.sql('drop table if exists narrow, narrow_history, narrow_revision');
    await lab.sql(...mysqlSchema({ table: 'narrow' }), 'alter table narrow modify value int not null');
    const error: unknown = await lab.source({ table: 'narrow' }).set({ a: 'top secret' }, about).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CALUMMA_SOURCE' });
    expect(inspect(error, { depth: 10 })).not.toContain('top secret');
  });
});
