import { copyFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { createConfig, type ConfigError, type Source } from '../../../src/index.js';
import { sqlite, sqliteSchema, type SqliteOptions } from '../../../src/sources/sqlite/index.js';
import { until } from '../following.js';
import { labAt, newLab, otherProcess, type Lab } from './lab.js';

interface Row {
  readonly name: string;
  readonly schema?: string;
  readonly journal?: 'wal' | 'delete';
  readonly options?: Partial<SqliteOptions>;
  readonly spoil: (lab: Lab) => unknown;
  readonly code?: string;
  /** What the message must tell. */
  readonly tells: readonly string[];
  readonly repair: (lab: Lab) => unknown;
}

const loose = `CREATE TABLE properties (key, value); INSERT INTO properties VALUES ('a', '1')`;
const query = { query: 'SELECT key, value FROM properties' };
const drop = `DROP TABLE properties`;

/** Puts a file in the place of the database, whose connections know nothing of it. */
function putInPlace(lab: Lab, put: (path: string) => void): void {
  lab.first('PRAGMA wal_checkpoint(TRUNCATE)');
  lab.driver.close();
  for (const companion of ['-wal', '-shm']) rmSync(lab.path + companion, { force: true });
  renameSync(lab.path, `${lab.path}.kept`);
  put(lab.path);
}

function putBack(lab: Lab): void {
  rmSync(lab.path, { recursive: true, force: true });
  // Not the same file again: connections that libsql has not given up yet know its lost log.
  copyFileSync(`${lab.path}.kept`, lab.path);
  const again = labAt(lab.path);
  again.exec(`UPDATE properties SET value = '2' WHERE key = 'a'`);
}

const rows: readonly Row[] = [
  {
    name: 'a table that is dropped',
    spoil: (lab) => lab.exec(drop),
    tells: ['expected a table "properties"', 'config.db', 'sqliteSchema()'],
    repair: (lab) => lab.exec(`${sqliteSchema()}; INSERT INTO properties (key, value) VALUES ('a', '2')`),
  },
  {
    name: 'a column that is renamed',
    spoil: (lab) => lab.exec('ALTER TABLE properties RENAME COLUMN value TO content'),
    schema: loose,
    tells: ['expected a column "value" in "properties", found "key", "content"', 'sqlite({ value })'],
    repair: (lab) => lab.exec(`ALTER TABLE properties RENAME COLUMN content TO value; UPDATE properties SET value = '2' WHERE key = 'a'`),
  },
  {
    name: 'a filter column that is dropped',
    schema: `CREATE TABLE properties (key, value, env); INSERT INTO properties VALUES ('a', '1', 'prod')`,
    options: { filter: { env: 'prod' } },
    spoil: (lab) => lab.exec('ALTER TABLE properties DROP COLUMN env'),
    tells: ['expected a column "env" in "properties", found "key", "value"', 'sqlite({ filter })'],
    repair: (lab) => lab.exec(`ALTER TABLE properties ADD COLUMN env DEFAULT 'prod'; UPDATE properties SET value = '2' WHERE key = 'a'`),
  },
  {
    name: 'a key that is NULL',
    schema: loose,
    spoil: (lab) => lab.exec(`INSERT INTO properties VALUES (NULL, 'x')`),
    tells: ['"properties": expected a key in each row, found NULL'],
    repair: (lab) => lab.exec(`DELETE FROM properties WHERE key IS NULL; UPDATE properties SET value = '2'`),
  },
  {
    name: 'a key that a query gives twice',
    schema: loose,
    options: query,
    spoil: (lab) => lab.exec(`INSERT INTO properties VALUES ('twice', 'x'), ('twice', 'y')`),
    tells: ['the query: expected each key once, found "twice" more than once'],
    repair: (lab) => lab.exec(`DELETE FROM properties WHERE value = 'y'; UPDATE properties SET value = '2' WHERE key = 'a'`),
  },
  {
    name: 'a key of 100 kB',
    spoil: (lab) => lab.exec(`INSERT INTO properties (key, value) VALUES ('${'k'.repeat(100_000)}', 'x')`),
    tells: ['expected keys of at most 65535 bytes, found 100000'],
    repair: (lab) => lab.exec(`DELETE FROM properties WHERE length(key) > 1000; UPDATE properties SET value = '2'`),
  },
  {
    name: 'a value that is binary',
    spoil: (lab) => lab.exec(`INSERT INTO properties (key, value) VALUES ('icon', x'89504e47')`),
    tells: ['"icon": expected a value that is text, found 4 bytes that are no UTF-8'],
    repair: (lab) => lab.exec(`DELETE FROM properties WHERE key = 'icon'; UPDATE properties SET value = '2'`),
  },
  {
    name: 'a text that is no UTF-8',
    spoil: (lab) => lab.exec(`INSERT INTO properties (key, value) VALUES ('latin', CAST(x'e4' AS TEXT))`),
    tells: ['"latin": expected a value that is text, found 1 bytes that are no UTF-8'],
    repair: (lab) => lab.exec(`DELETE FROM properties WHERE key = 'latin'; UPDATE properties SET value = '2'`),
  },
  {
    name: 'a key that is binary',
    schema: loose,
    spoil: (lab) => lab.exec(`INSERT INTO properties VALUES (x'ff', 'x')`),
    tells: ['expected keys that are text, found 1 bytes that are no UTF-8'],
    repair: (lab) => lab.exec(`DELETE FROM properties WHERE value = 'x'; UPDATE properties SET value = '2'`),
  },
  {
    name: '11 MB of rows',
    spoil: (lab) => lab.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11) INSERT INTO properties (key, value) SELECT 'big' || i, hex(zeroblob(524288)) FROM n`),
    code: 'CALUMMA_TOO_LARGE',
    tells: ['10485760'],
    repair: (lab) => lab.exec(`DELETE FROM properties WHERE key <> 'a'; UPDATE properties SET value = '2'`),
  },
  {
    name: '14 MB of rows in a table that is read whole',
    schema: loose,
    spoil: (lab) => lab.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 14) INSERT INTO properties SELECT 'big' || i, hex(zeroblob(524288)) FROM n`),
    code: 'CALUMMA_TOO_LARGE',
    tells: ['"properties": expected at most 10485760 bytes of keys and values, found more than 13107200', 'maxBytes'],
    repair: (lab) => lab.exec(`DELETE FROM properties WHERE key <> 'a'; UPDATE properties SET value = '2'`),
  },
  {
    name: 'a file that is no database',
    spoil: (lab) => putInPlace(lab, (path) => writeFileSync(path, 'gateway.limit=50\n'.repeat(100))),
    tells: ['expected a SQLite database in', 'config.db', 'found something else, or an encrypted one'],
    repair: putBack,
  },
  {
    name: 'a file that is empty',
    spoil: (lab) => putInPlace(lab, (path) => writeFileSync(path, '')),
    tells: ['expected a table "properties"'],
    repair: putBack,
  },
  {
    name: 'a folder in the place of the file',
    spoil: (lab) => putInPlace(lab, (path) => mkdirSync(path)),
    tells: ['expected a database file at', 'found something that is no file'],
    repair: putBack,
  },
  {
    name: 'a file that is gone',
    spoil: (lab) => putInPlace(lab, () => undefined),
    tells: ['expected a database file at', 'found none: it is read as soon as it comes'],
    repair: putBack,
  },
  {
    name: 'a file that is cut',
    journal: 'delete',
    spoil(lab) {
      lab.exec(`INSERT INTO properties (key, value) VALUES ('long', hex(zeroblob(100000)))`);
      putInPlace(lab, (path) => {
        copyFileSync(`${lab.path}.kept`, path);
        truncateSync(path, 20_000);
      });
    },
    tells: ['expected a sound database in', 'found a damaged one', 'integrity_check'],
    repair: putBack,
  },
];

/** A source that counts how often it is begun anew. */
function counted(source: Source): { source: Source; tries: () => number } {
  let tries = 0;
  return {
    tries: () => tries,
    source: {
      name: source.name,
      readings(signal, host) {
        tries += 1;
        return source.readings(signal, host);
      },
    },
  };
}

describe('sqlite keeps the last good reading, reports once and recovers by itself from', () => {
  it.each(rows)('$name', async ({ schema, journal = 'wal', options, spoil, code = 'CALUMMA_SOURCE', tells, repair }) => {
    const lab = newLab({ journal, schema: schema ?? `${sqliteSchema()}; INSERT INTO properties (key, value) VALUES ('a', '1')` });
    const { source, tries } = counted(sqlite({ path: lab.path, name: 'database', every: 20, ...options }));
    const errors: ConfigError[] = [];
    await using config = createConfig({ layers: [source], onError: (error) => errors.push(error) });
    await config.ready();
    const state = () => config.health().layers.find(({ name }) => name === 'database')?.state;
    expect([config.get('a'), state()]).toEqual(['1', 'live']);
    await spoil(lab);
    await until(() => errors.length > 0 && state() === 'stale', state);
    const before = tries();
    await until(() => tries() > before + 1 || errors.some((error) => error.code === 'CALUMMA_TOO_LARGE'));
    expect(config.get('a')).toBe('1');
    const said = errors.map(({ message }) => message);
    expect(new Set(said).size).toBe(said.length);
    const told = errors.at(-1)!;
    expect(told.code).toBe(code);
    expect(told.message).toMatch(/^database: /);
    for (const text of tells) expect(told.message).toContain(text);
    await repair(lab);
    await until(() => config.get('a') === '2' && state() === 'live', () => errors.map(({ message }) => message));
  });
});

describe('sqlite', () => {
  it('reports a database that somebody locks for too long, and goes on when the lock is gone', async () => {
    const lab = newLab({ journal: 'delete' });
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1')`);
    const errors: ConfigError[] = [];
    await using config = createConfig({ layers: [sqlite({ path: lab.path, timeout: 150, every: 20 })], onError: (error) => errors.push(error) });
    await config.ready();
    const other = await otherProcess(lab.path);
    await other.exec(`BEGIN EXCLUSIVE; UPDATE properties SET value = '2'`);
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringMatching(/^sqlite: expected to get at ".*config\.db" within 150 ms, found it locked by another connection/) as string });
    expect(config.get('a')).toBe('1');
    await other.exec('COMMIT');
    await until(() => config.get('a') === '2');
    expect(errors).toHaveLength(1);
  });

  it('waits in silence for a lock that is held for less than the timeout', async () => {
    const lab = newLab({ journal: 'delete' });
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1')`);
    const errors: ConfigError[] = [];
    await using config = createConfig({ layers: [sqlite({ path: lab.path, every: 10 })], onError: (error) => errors.push(error) });
    await config.ready();
    const other = await otherProcess(lab.path);
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 10);
    await other.exec(`BEGIN EXCLUSIVE; UPDATE properties SET value = '2'`);
    await until(() => turns > 30);
    clearInterval(ticking);
    await other.exec('COMMIT');
    await until(() => config.get('a') === '2');
    expect(errors).toEqual([]);
  });

  it('reads a table of the same name that starts again with lower versions', async () => {
    const lab = newLab();
    lab.exec(`INSERT INTO properties (key, value) VALUES ('a', '1'), ('b', '1'), ('c', '1')`);
    await using config = createConfig({ layers: [sqlite({ path: lab.path, every: 20 })], onError: () => undefined });
    await config.ready();
    lab.exec(`BEGIN; DROP TABLE properties; DROP TABLE properties_history; DROP TABLE properties_revision; ${sqliteSchema()}; INSERT INTO properties (key, value) VALUES ('a', '2'); COMMIT`);
    await until(() => config.get('a') === '2' && !config.has('b'));
  });
});
