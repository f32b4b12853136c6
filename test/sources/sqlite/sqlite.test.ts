import { copyFileSync, renameSync, rmSync, statSync } from 'node:fs';
import process from 'node:process';

import { describe, expect, it } from 'vitest';

import { createConfig } from '../../../src/index.js';
import { sqlite } from '../../../src/sources/sqlite/index.js';
import { sqliteSchema } from '../../../src/sources/sqlite/schema.js';
import { testFolder } from '../files/folder.js';
import { follow, hostFor, plain, until } from '../following.js';
import { journals, labAt, newLab, openFile, otherProcess, stopping } from './lab.js';

/** Timers that keep the process alive: also those of the test runner. */
function timersNow(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

describe.each(journals)('sqlite with a journal in mode %s', (journal) => {
  it('gives everything at first, then what another process commits', async () => {
    const lab = newLab({ journal });
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1'), ('b', '2')`);
    const source = sqlite({ path: lab.path });
    expect(source.name).toBe('sqlite');
    const reader = stopping(follow(source));
    await until(() => reader.readings.length === 1, () => reader.thrown());
    expect(reader.last()).toMatchObject({ kind: 'full', version: '2', entries: new Map([['a', '1'], ['b', '2']]) });
    expect(reader.last().locate?.('a')).toBe('sqlite:properties:a');
    const writer = await otherProcess(lab.path);
    await writer.exec(`UPDATE properties SET value = '3' WHERE key = 'a'`);
    await until(() => reader.readings.length === 2);
    expect(reader.last()).toMatchObject({ kind: 'patch', version: '3', set: new Map([['a', '3']]), remove: new Set() });
    expect(Date.now() - reader.last().writtenAt!).toBeLessThan(5_000);
    await writer.exec(`DELETE FROM properties WHERE key = 'b'`);
    await until(() => reader.readings.length === 3);
    expect(reader.last()).toMatchObject({ kind: 'patch', version: '4', set: new Map(), remove: new Set(['b']) });
  });

  it('tells what one transaction changed in one reading', async () => {
    const lab = newLab({ journal });
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1'), ('b', '1'), ('c', '1')`);
    const reader = stopping(follow(sqlite({ path: lab.path })));
    await until(() => reader.readings.length === 1);
    const writer = await otherProcess(lab.path);
    await writer.exec(`BEGIN; UPDATE properties SET value = '2' WHERE key = 'a'`);
    await writer.exec(`DELETE FROM properties WHERE key = 'b'`);
    await writer.exec(`INSERT INTO properties (key, value) VALUES ('d', '2')`);
    await writer.exec('COMMIT');
    await until(() => reader.readings.length === 2);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '2'], ['d', '2']]), remove: new Set(['b']) });
  });

  it('shows nothing of a transaction whose process was killed, and goes on', async () => {
    const lab = newLab({ journal });
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1')`);
    const reader = stopping(follow(sqlite({ path: lab.path })));
    await until(() => reader.readings.length === 1);
    const victim = await otherProcess(lab.path);
    // More than the cache holds, so that pages of it are in the file when it dies.
    await victim.exec(`PRAGMA cache_size = 5; BEGIN IMMEDIATE; UPDATE properties SET value = 'torn' WHERE key = 'a';
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO properties (key, value) SELECT 'torn' || i, hex(randomblob(200)) FROM n`);
    await victim.kill();
    const writer = await otherProcess(lab.path);
    await writer.exec(`INSERT INTO properties (key, value) VALUES ('b', '2')`);
    await until(() => reader.entries.has('b'), () => reader.thrown());
    expect(plain(reader.entries)).toEqual({ a: '1', b: '2' });
    expect(reader.thrown()).toBeUndefined();
  });

  it('publishes through a config what it reads', async () => {
    const lab = newLab({ journal });
    lab.exec(`INSERT INTO properties (key, value) VALUES ('gateway.limit', '100')`);
    await using config = createConfig({ layers: [sqlite({ path: lab.path, name: 'database' })] });
    await config.ready();
    const limit = config.getIntProperty('gateway.limit', 1);
    expect(limit.get()).toBe(100);
    expect(limit.origin).toBe('sqlite:properties:gateway.limit');
    lab.exec(`UPDATE properties SET value = '50' WHERE key = 'gateway.limit'`);
    await until(() => limit.get() === 50);
    expect(config.health().layers).toContainEqual(expect.objectContaining({ name: 'database', state: 'live' }));
  });

  it('reads a file anew that another one was put in the place of', async () => {
    const folder = testFolder();
    const lab = labAt(folder.at('config.db'), { journal });
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', 'old'), ('gone', 'old')`);
    const other = labAt(folder.at('other.db'), { journal: 'delete' });
    other.exec(`INSERT INTO properties (key, value) VALUES ('a', 'new')`);
    other.driver.close();
    const reader = stopping(follow(sqlite({ path: lab.path })));
    await until(() => reader.readings.length === 1);
    lab.driver.close();
    // A log of the old file would be taken for one of the new file, by whoever opens it.
    for (const companion of ['-wal', '-shm']) rmSync(lab.path + companion, { force: true });
    renameSync(folder.at('other.db'), lab.path);
    await until(() => reader.entries.get('a') === 'new', () => String(reader.thrown()));
    expect(plain(reader.entries)).toEqual({ a: 'new' });
    const again = openFile(lab.path);
    again.exec(`UPDATE properties SET value = 'newer'`);
    again.close();
    await until(() => reader.entries.get('a') === 'newer');
    expect(reader.thrown()).toBeUndefined();
  });
});

describe('sqlite', () => {
  it('reads a file anew that another one with the same counters was copied over', async () => {
    const folder = testFolder();
    const build = (file: string, value: string): void => {
      const lab = labAt(folder.at(file), { journal: 'delete' });
      lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '${value}')`);
      lab.driver.close();
    };
    build('config.db', 'old');
    build('other.db', 'new');
    const reader = stopping(follow(sqlite({ path: folder.at('config.db') })));
    await until(() => reader.readings.length === 1);
    const { ino } = statSync(folder.at('config.db'));
    copyFileSync(folder.at('other.db'), folder.at('config.db'));
    expect(statSync(folder.at('config.db')).ino).toBe(ino);
    await until(() => reader.entries.get('a') === 'new', () => String(reader.thrown()));
  });

  it('takes any string for a key and a value', async () => {
    const awkward = ['__proto__', 'constructor', '', ' ', 'ключ', '😀', 'a\nb', `it's "quoted"`, 'a\0b', '﻿bom', 'x'.repeat(10_000)];
    const lab = newLab();
    for (const key of awkward) lab.driver.run('INSERT INTO properties (key, value) VALUES (?, ?)', [key, key]);
    const reader = stopping(follow(sqlite({ path: lab.path })));
    await until(() => reader.readings.length === 1, () => String(reader.thrown()));
    expect([...reader.entries]).toEqual(expect.arrayContaining(awkward.map((key) => [key, key])));
    expect(reader.entries.size).toBe(awkward.length);
    lab.driver.run('DELETE FROM properties WHERE key IN (?, ?)', ['a\0b', '']);
    await until(() => reader.readings.length === 2);
    expect(reader.last()).toMatchObject({ remove: new Set(['a\0b', '']) });
  });

  it('takes NULL for absence, and numbers for their text', async () => {
    const lab = newLab({ schema: 'CREATE TABLE properties (key, value)' });
    lab.exec(`INSERT INTO properties VALUES ('null', NULL), ('empty', ''), ('big', 9007199254740993), ('real', 1.5), (7, 'seven'), ('text', x'c3a4')`);
    const reader = stopping(follow(sqlite({ path: lab.path })));
    await until(() => reader.readings.length === 1);
    expect(plain(reader.entries)).toEqual({ empty: '', big: '9007199254740993', real: '1.5', 7: 'seven', text: 'ä' });
    lab.exec(`UPDATE properties SET value = NULL WHERE key = 'big'`);
    await until(() => reader.readings.length === 2);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map(), remove: new Set(['big']) });
    expect(reader.last().version).toBeUndefined();
  });

  it('sees a NULL in the shipped table, and its end', async () => {
    const lab = newLab();
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1'), ('b', NULL)`);
    const reader = stopping(follow(sqlite({ path: lab.path })));
    await until(() => reader.readings.length === 1);
    expect(plain(reader.entries)).toEqual({ a: '1' });
    lab.exec(`UPDATE properties SET value = CASE key WHEN 'b' THEN '2' END`);
    await until(() => reader.readings.length === 2);
    expect(reader.last()).toMatchObject({ set: new Map([['b', '2']]), remove: new Set(['a']) });
  });

  it('reads a table of other columns, and a query', async () => {
    const lab = newLab({ schema: `CREATE TABLE "my settings" ("the ""key""" TEXT, v TEXT, rev INTEGER, at TEXT, env TEXT)` });
    lab.exec(`INSERT INTO "my settings" VALUES ('a', '1', 1, '2024-01-02 03:04:05', 'prod'), ('b', '2', 2, NULL, 'prod'), ('a', '3', 3, NULL, 'dev')`);
    const table = { table: 'my settings', key: 'the "key"', value: 'v', version: 'rev', updatedAt: 'at', filter: { env: 'prod' } };
    const reader = stopping(follow(sqlite({ path: lab.path, ...table })));
    const query = `SELECT "the ""key""" AS key, v || '!' AS value FROM "my settings" WHERE env = 'prod' -- a remark;`;
    const asked = stopping(follow(sqlite({ path: lab.path, query, name: 'asked' })));
    await until(() => reader.readings.length === 1 && asked.readings.length === 1, () => String(reader.thrown() ?? asked.thrown()));
    expect(reader.last()).toMatchObject({ version: '2', writtenAt: Date.UTC(2024, 0, 2, 3, 4, 5), entries: new Map([['a', '1'], ['b', '2']]) });
    expect(plain(asked.entries)).toEqual({ a: '1!', b: '2!' });
    expect(asked.last().locate?.('a')).toBe('sqlite:query:a');
    lab.exec(`UPDATE "my settings" SET v = '9', rev = 4 WHERE "the ""key""" = 'a'; DELETE FROM "my settings" WHERE rev = 2`);
    await until(() => reader.readings.length === 2 && asked.readings.length === 2);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '9']]), remove: new Set(['b']) });
    expect(asked.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '9!']]), remove: new Set(['b']) });
  });

  it('keeps to the rows of its filter', async () => {
    const lab = newLab({ schema: sqliteSchema({ table: 'settings', filter: ['application', 'environment'] }) });
    lab.exec(`INSERT INTO settings (application, environment, key, value) VALUES ('gateway', 'prod', 'a', '1'), ('gateway', 'dev', 'a', '2'), ('web', 'prod', 'a', '3')`);
    const options = { path: lab.path, table: 'settings', filter: { application: 'gateway', environment: 'prod' } };
    const reader = stopping(follow(sqlite(options)));
    await until(() => reader.readings.length === 1);
    expect(plain(reader.entries)).toEqual({ a: '1' });
    lab.exec(`UPDATE settings SET value = '9' WHERE application = 'web'; DELETE FROM settings WHERE environment = 'dev'`);
    await sqlite(options).set({ b: '2', a: null }, { author: 'ann', reason: 'test' });
    await until(() => reader.entries.has('b'));
    expect(reader.readings).toHaveLength(2);
    expect(plain(reader.entries)).toEqual({ b: '2' });
    expect(lab.first(`SELECT value FROM settings WHERE application = 'web'`)).toBe('9');
  });

  it('waits for a file that is not there yet', async () => {
    const folder = testFolder();
    await using config = createConfig({ layers: [sqlite({ path: folder.at('config.db') })], onError: () => undefined });
    await expect(config.ready({ timeoutMs: 100 })).resolves.toBeDefined();
    expect(config.health().layers).toContainEqual(expect.objectContaining({ name: 'sqlite', state: 'failed' }));
    const lab = labAt(folder.at('config.db'));
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1')`);
    await until(() => config.get('a') === '1');
  });

  it('makes the file and the table on request', async () => {
    const folder = testFolder();
    const store = sqlite({ path: folder.at('config.db'), create: true });
    const reader = stopping(follow(store));
    await until(() => reader.readings.length === 1, () => String(reader.thrown()));
    expect(reader.entries.size).toBe(0);
    await store.set({ a: 1 }, { author: 'ann', reason: 'test' });
    await until(() => reader.entries.get('a') === '1');
    expect(labAt(folder.at('config.db')).first('PRAGMA journal_mode')).toBe('wal');
  });

  it('makes the table with its filter columns, and leaves one that is there as it is', async () => {
    const lab = newLab({ schema: 'CREATE TABLE other (key, value); INSERT INTO other VALUES (1, 2)' });
    const store = sqlite({ path: lab.path, create: true, filter: { application: 'gateway' } });
    await store.set({ a: 1 }, { author: 'ann', reason: 'test' });
    expect(lab.first('SELECT application FROM properties')).toBe('gateway');
    const reader = stopping(follow(sqlite({ path: lab.path, create: true, table: 'other' })));
    await until(() => reader.readings.length === 1);
    expect(plain(reader.entries)).toEqual({ 1: '2' });
  });

  it('takes an open database in memory, and does not close it', async () => {
    const database = openFile(':memory:');
    database.exec(sqliteSchema());
    const store = sqlite({ database });
    const reader = stopping(follow(store));
    await until(() => reader.readings.length === 1, () => String(reader.thrown()));
    await store.set({ a: 1, b: 2 }, { author: 'ann', reason: 'test' });
    await until(() => reader.entries.size === 2);
    database.exec(`DELETE FROM properties WHERE key = 'a'`);
    await until(() => reader.entries.size === 1);
    expect(await store.history('a')).toHaveLength(2);
    await reader.stop();
    database.exec('SELECT 1');
    database.close();
  });

  it('opens databases with a function, and closes them', async () => {
    const lab = newLab();
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1')`);
    const opened: { open?: unknown; isOpen?: boolean }[] = [];
    const store = sqlite({
      database: () => {
        const database = openFile(lab.path);
        opened.push(database as { open?: unknown });
        return database;
      },
    });
    const reader = follow(store);
    await until(() => reader.readings.length === 1, () => String(reader.thrown()));
    lab.exec(`UPDATE properties SET value = '2'`);
    await until(() => reader.entries.get('a') === '2');
    await store.set({ a: '3' }, { author: 'ann', reason: 'test' });
    await until(() => reader.entries.get('a') === '3');
    await reader.stop();
    expect(opened).toHaveLength(3);
    await until(() => !opened.some(({ open, isOpen }) => isOpen ?? open === true));
  });

  it('ends at once and without a trace when it is aborted, also while it reads', async () => {
    const lab = newLab();
    lab.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO properties (key, value) SELECT 'k' || i, hex(randomblob(20)) FROM n`);
    const timers = timersNow();
    const reader = follow(sqlite({ path: lab.path }));
    await new Promise((resolve) => setImmediate(resolve));
    await reader.stop();
    expect(reader.thrown()).toBeUndefined();
    expect(reader.readings).toHaveLength(0);
    expect(timersNow()).toBe(timers);
    // No connection of ours is left, once libsql's are collected: a journal mode can only be changed by who is alone.
    await until(() => {
      globalThis.gc?.();
      try {
        return lab.first('PRAGMA journal_mode = DELETE') === 'delete';
      } catch {
        return false;
      }
    });
  });

  it('confirms at each look that finds nothing', async () => {
    const lab = newLab();
    const told = hostFor();
    let confirmed = 0;
    const reader = stopping(follow(sqlite({ path: lab.path, every: 10 }), { ...told, host: { ...told.host, confirm: () => (confirmed += 1) } }));
    await until(() => confirmed > 3);
    expect(reader.readings).toHaveLength(1);
  });

  it('finds by comparing what an untold change has done', async () => {
    const lab = newLab();
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1'), ('b', '1')`);
    const reader = stopping(follow(sqlite({ path: lab.path, every: 10, reconcile: 200 })));
    await until(() => reader.readings.length === 1);
    lab.exec(`DROP TRIGGER properties_updated; DROP TRIGGER properties_deleted; UPDATE properties SET value = '2' WHERE key = 'a'; DELETE FROM properties WHERE key = 'b'`);
    await until(() => reader.entries.get('a') === '2');
    expect(plain(reader.entries)).toEqual({ a: '2' });
  });

  it('notices a file that is taken away, and one that comes back', async () => {
    const lab = newLab({ journal: 'delete' });
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1')`);
    lab.driver.close();
    const errors: string[] = [];
    await using config = createConfig({ layers: [sqlite({ path: lab.path })], onError: (error) => errors.push(error.message) });
    await config.ready();
    copyFileSync(lab.path, `${lab.path}.kept`);
    rmSync(lab.path);
    await until(() => config.health().layers.find(({ name }) => name === 'sqlite')?.state === 'stale');
    expect(config.get('a')).toBe('1');
    expect(errors[0]).toContain('found none: it is read as soon as it comes');
    renameSync(`${lab.path}.kept`, lab.path);
    await until(() => config.health().layers.find(({ name }) => name === 'sqlite')?.state === 'live');
  });
});
