import { describe, expect, it } from 'vitest';

import { createConfig } from '../../../src/index.js';
import { sqlite, sqliteSchema } from '../../../src/sources/sqlite/index.js';
import { isWritable } from '../../../src/core/writable.js';
import { follow, plain, until } from '../following.js';
import { journals, newLab, otherProcess, stopping } from './lab.js';

const ann = { author: 'ann', reason: 'traffic peak' };

/** The code and message that a promise rejects with. */
async function refusal(work: Promise<unknown>): Promise<{ code?: string; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code?: string; message: string };
  }
  return { message: 'it was not refused' };
}

describe.each(journals)('writing to sqlite with a journal in mode %s', (journal) => {
  it('arrives at readers in one publish, with the version it returns', async () => {
    const lab = newLab({ journal });
    const store = sqlite({ path: lab.path });
    expect(isWritable(store)).toBe(true);
    await store.set({ a: 1, b: true, c: 'x' }, ann);
    await using config = createConfig({ layers: [store] });
    await config.ready();
    const changes: (readonly string[])[] = [];
    const versions: (string | undefined)[] = [];
    config.on('change', ({ changes: all, causes }) => {
      changes.push(all.map(({ key }) => key).sort());
      versions.push(causes[0]?.version);
    });
    const { version } = await store.set({ a: 2, b: null, d: '' }, ann);
    await until(() => changes.length > 0);
    expect(changes).toEqual([['a', 'b', 'd']]);
    expect(versions).toEqual([version]);
    expect([config.get('a'), config.get('b'), config.get('c'), config.get('d')]).toEqual(['2', undefined, 'x', '']);
    const removed = await store.delete(['c', 'd'], ann);
    await until(() => changes.length > 1);
    expect(versions).toEqual([version, removed.version]);
    expect(config.has('c')).toBe(false);
  });

  it('waits for another process that holds the lock, without holding the event loop', async () => {
    const lab = newLab({ journal });
    const store = sqlite({ path: lab.path });
    const other = await otherProcess(lab.path);
    await other.exec('BEGIN IMMEDIATE');
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 5);
    const write = store.set({ a: 1 }, ann);
    await until(() => turns > 20);
    await other.exec('COMMIT');
    await expect(write).resolves.toEqual({ version: '1' });
    clearInterval(ticking);
  });

  it('gives up on a lock that is held for too long, and has written nothing', async () => {
    const lab = newLab({ journal });
    const store = sqlite({ path: lab.path, timeout: 100 });
    const other = await otherProcess(lab.path);
    await other.exec('BEGIN IMMEDIATE');
    expect(await refusal(store.set({ a: 1 }, ann))).toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringContaining('within 100 ms, found it locked by another connection') as string });
    await other.exec('ROLLBACK');
    expect(lab.first('SELECT count(*) FROM properties')).toBe(0n);
  });

  it('takes writes of many writers one after the other, each with a version of its own', async () => {
    const lab = newLab({ journal });
    const stores = [sqlite({ path: lab.path }), sqlite({ path: lab.path })];
    const written = await Promise.all(Array.from({ length: 20 }, (_, i) => stores[i % 2]!.set({ [`k${i}`]: i, all: i }, ann)));
    expect(new Set(written.map(({ version }) => version)).size).toBe(20);
    const history = await stores[0]!.history('all');
    expect(history).toHaveLength(20);
    for (let i = 1; i < history.length; i++) expect(history[i - 1]!.before).toBe(history[i]!.after);
  });
});

describe('writing to sqlite', () => {
  it('keeps a history of who changed what, when and why, plain SQL too', async () => {
    const lab = newLab();
    const store = sqlite({ path: lab.path });
    const before = Date.now();
    await store.set({ 'gateway.limit': 100 }, ann);
    await store.set({ 'gateway.limit': 50 }, { author: 'bob', reason: 'too many' });
    lab.exec(`UPDATE properties SET value = '60' WHERE key = 'gateway.limit'; INSERT INTO properties (key, value) VALUES ('other', '1')`);
    await store.delete('gateway.limit', ann);
    const history = await store.history('gateway.limit');
    expect(history).toMatchObject([
      { key: 'gateway.limit', before: '60', after: undefined, version: '5', author: 'ann', reason: 'traffic peak' },
      { before: '50', after: '60', version: '3', author: 'sql', reason: 'changed in SQL' },
      { before: '100', after: '50', version: '2', author: 'bob', reason: 'too many' },
      { before: undefined, after: '100', version: '1', author: 'ann' },
    ]);
    for (const { at } of history) expect(at.getTime()).toBeGreaterThanOrEqual(before - 1);
    expect((await store.history()).map(({ key }) => key)).toEqual(['gateway.limit', 'other', 'gateway.limit', 'gateway.limit', 'gateway.limit']);
    expect(await store.history(undefined, 2)).toHaveLength(2);
    expect(await store.history('nothing')).toEqual([]);
  });

  it('numbers nothing that changes nothing', async () => {
    const lab = newLab();
    const store = sqlite({ path: lab.path });
    await store.set({ a: 1, b: 2 }, ann);
    expect(await store.set({ a: 1 }, ann)).toEqual({ version: '1' });
    expect(await store.delete('nothing', ann)).toEqual({ version: '1' });
    expect(await store.set({}, ann)).toEqual({ version: '1' });
    lab.exec(`UPDATE properties SET value = value`);
    expect(lab.first('SELECT version FROM properties_revision')).toBe(1n);
    expect(await store.history()).toHaveLength(2);
  });

  it('records what a plain REPLACE, a rename and a NULL do', async () => {
    const lab = newLab();
    const store = sqlite({ path: lab.path });
    const reader = stopping(follow(store));
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1'), ('b', '1'), ('c', '1')`);
    await until(() => reader.entries.size === 3);
    lab.exec(`INSERT OR REPLACE INTO properties (key, value) VALUES ('a', '2'); UPDATE properties SET key = 'd' WHERE key = 'b'; UPDATE properties SET value = NULL WHERE key = 'c'`);
    await until(() => !reader.entries.has('c'));
    expect(plain(reader.entries)).toEqual({ a: '2', d: '1' });
    const history = (await store.history(undefined, 4)).map(({ key, before, after }) => [key, before, after]);
    expect(history).toEqual([['c', '1', undefined], ['d', undefined, '1'], ['b', '1', undefined], ['a', '1', '2']]);
  });

  it('refuses what was changed after the expected version, and nothing else', async () => {
    const lab = newLab();
    const store = sqlite({ path: lab.path });
    const { version } = await store.set({ a: 1, b: 1, c: 1 }, ann);
    await store.set({ b: 2 }, ann);
    await store.delete('c', ann);
    await expect(store.set({ a: 2 }, { ...ann, expectedVersion: version })).resolves.toEqual({ version: '4' });
    expect(await refusal(store.set({ d: 1, b: 3 }, { ...ann, expectedVersion: version }))).toMatchObject({
      code: 'CALUMMA_CONFLICT',
      message: 'sqlite.set({ expectedVersion: "1" }): "b" was changed after it: nothing was written; read again and decide anew',
    });
    expect(await refusal(store.set({ c: 3 }, { ...ann, expectedVersion: version }))).toMatchObject({ code: 'CALUMMA_CONFLICT', message: expect.stringContaining('"c" was changed') as string });
    expect(await refusal(store.delete('b', { ...ann, expectedVersion: '1' }))).toMatchObject({ code: 'CALUMMA_CONFLICT' });
    expect(await refusal(store.set({ a: 9 }, { ...ann, expectedVersion: '99' }))).toMatchObject({ code: 'CALUMMA_CONFLICT', message: expect.stringContaining('the store is at version 4') as string });
    expect(await refusal(store.set({ a: 9 }, { ...ann, expectedVersion: '"etag"' }))).toMatchObject({ code: 'CALUMMA_CONFLICT' });
    expect(lab.first(`SELECT value FROM properties WHERE key = 'a'`)).toBe('2');
    expect(lab.first('SELECT version FROM properties_revision')).toBe(4n);
    expect(lab.first('SELECT count(*) FROM properties_revision WHERE author IS NOT NULL OR base IS NOT NULL')).toBe(0n);
  });

  it('refuses more than 10 MB in the store, in one write and in sum', async () => {
    const lab = newLab();
    const store = sqlite({ path: lab.path });
    const huge = 'x'.repeat(11 * 1024 * 1024);
    expect(await refusal(store.set({ huge }, ann))).toMatchObject({ code: 'CALUMMA_TOO_LARGE' });
    await store.set({ a: 'ä'.repeat(3 * 1024 * 1024) }, ann);
    expect(await refusal(store.set({ b: 'x'.repeat(5 * 1024 * 1024) }, ann))).toMatchObject({
      code: 'CALUMMA_TOO_LARGE',
      message: expect.stringContaining('at most 10485760 bytes of keys and values in the store after the write, found 11534338') as string,
    });
    expect(lab.first('SELECT count(*) FROM properties')).toBe(1n);
    await store.set({ a: null, b: 'x'.repeat(5 * 1024 * 1024) }, ann);
    expect(lab.first('SELECT key FROM properties')).toBe('b');
  });

  it('counts the bytes of its filter only', async () => {
    const lab = newLab({ schema: sqliteSchema({ filter: ['application'] }) });
    const [first, second] = ['gateway', 'web'].map((application) => sqlite({ path: lab.path, filter: { application } }));
    await first!.set({ a: 'x'.repeat(6 * 1024 * 1024) }, ann);
    await second!.set({ a: 'x'.repeat(6 * 1024 * 1024) }, ann);
    expect(await refusal(second!.set({ b: 'x'.repeat(6 * 1024 * 1024) }, ann))).toMatchObject({ code: 'CALUMMA_TOO_LARGE' });
    expect((await first!.history()).map(({ version }) => version)).toEqual(['1']);
    // A key of another application that was changed is no conflict.
    await expect(first!.set({ a: '1' }, { ...ann, expectedVersion: '1' })).resolves.toBeDefined();
  });

  it('writes awkward keys and values as they are', async () => {
    const lab = newLab();
    const store = sqlite({ path: lab.path });
    const entries = ['__proto__', '', ' ', '😀', 'a\nb', `'"`, 'a\0b', 'x'.repeat(10_000)].map((key) => [key, key] as const);
    await store.set(entries, ann);
    const reader = stopping(follow(store));
    await until(() => reader.readings.length === 1);
    expect([...reader.entries].sort()).toEqual([...entries].sort());
    expect(await store.history('a\0b')).toMatchObject([{ key: 'a\0b', after: 'a\0b' }]);
  });

  it.each([
    ['a key that is no string', (store: Store) => store.set([[1 as never, 'x']], ann)],
    ['a value that is undefined', (store: Store) => store.set({ a: undefined as never }, ann)],
    ['a value that is an object', (store: Store) => store.set({ a: {} as never }, ann)],
    ['a long key', (store: Store) => store.set({ ['x'.repeat(65_536)]: 1 }, ann)],
    ['half a character', (store: Store) => store.set({ a: '\ud83d' }, ann)],
    ['entries that are no object', (store: Store) => store.set('a' as never, ann)],
    ['pairs that are none', (store: Store) => store.set(['ab'] as never, ann)],
    ['no author', (store: Store) => store.set({ a: 1 }, { reason: 'x' } as never)],
    ['an empty author', (store: Store) => store.set({ a: 1 }, { author: '', reason: 'x' })],
    ['an empty reason', (store: Store) => store.set({ a: 1 }, { author: 'ann', reason: '' })],
    ['an unknown option', (store: Store) => store.set({ a: 1 }, { ...ann, expected: '1' } as never)],
    ['a version that is a number', (store: Store) => store.set({ a: 1 }, { ...ann, expectedVersion: 1 as never })],
    ['keys that are none', (store: Store) => store.delete(1 as never, ann)],
    ['a key among keys that is none', (store: Store) => store.delete([1 as never], ann)],
    ['a limit of 0', (store: Store) => store.history('a', 0)],
    ['a key of the history that is none', (store: Store) => store.history(1 as never)],
  ])('refuses %s', async (_name, act) => {
    const lab = newLab();
    expect(await refusal(act(sqlite({ path: lab.path })))).toMatchObject({ code: 'CALUMMA_OPTION', message: expect.stringMatching(/^sqlite\.(set|delete|history)/) as string });
    expect(lab.first('SELECT version FROM properties_revision')).toBe(0n);
  });

  it('tells to create the schema where there is none', async () => {
    const lab = newLab({ schema: 'CREATE TABLE properties (key TEXT, value TEXT)' });
    const store = sqlite({ path: lab.path });
    const message = expect.stringContaining('expected the schema that sqliteSchema() gives, found no readable table "properties_revision" with its columns beside "properties"') as string;
    expect(await refusal(store.set({ a: 1 }, ann))).toMatchObject({ code: 'CALUMMA_SOURCE', message });
    expect(await refusal(store.history())).toMatchObject({ code: 'CALUMMA_SOURCE', message });
    lab.exec('CREATE TABLE properties_revision (version INTEGER, author TEXT, reason TEXT)');
    expect(await refusal(store.set({ a: 1 }, ann))).toMatchObject({ code: 'CALUMMA_SOURCE', message });
    expect(await refusal(sqlite({ path: lab.path, query: 'SELECT 1 AS key, 2 AS value' }).set({ a: 1 }, ann))).toMatchObject({ code: 'CALUMMA_OPTION', message: expect.stringContaining('cannot be written') as string });
  });

  it('tells to run the schema again when the revision has no row', async () => {
    const lab = newLab();
    lab.exec('DELETE FROM properties_revision');
    const store = sqlite({ path: lab.path });
    expect(await refusal(store.set({ a: 1 }, ann))).toMatchObject({ message: expect.stringContaining('expected one row in "properties_revision", found none: run the SQL of sqliteSchema() again') as string });
    lab.exec(sqliteSchema());
    await expect(store.set({ a: 1 }, ann)).resolves.toEqual({ version: '1' });
  });

  it('rolls back what fails half way', async () => {
    const lab = newLab();
    lab.exec(`CREATE TRIGGER no BEFORE INSERT ON properties WHEN NEW.key = 'z' BEGIN SELECT RAISE(ABORT, 'not z'); END`);
    const store = sqlite({ path: lab.path });
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]));
    expect(await refusal(store.set({ ...many, z: 1 }, ann))).toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringContaining('not z') as string });
    expect(lab.first('SELECT count(*) FROM properties')).toBe(0n);
    await store.set(many, ann);
    expect(lab.first('SELECT count(*) FROM properties')).toBe(500n);
  });
});

type Store = ReturnType<typeof sqlite>;
