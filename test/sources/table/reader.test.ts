import { describe, expect, it } from 'vitest';

import type { Reading } from '../../../src/core/model.js';
import { SqliteConnection } from '../../../src/sources/sqlite/connection.js';
import { sqliteSchema } from '../../../src/sources/sqlite/schema.js';
import type { Row, SqlConnection, TableOptions } from '../../../src/sources/table/contract.js';
import { tableOptions } from '../../../src/sources/table/plan.js';
import { openTable, type TableSession } from '../../../src/sources/table/session.js';
import { overlapMs } from '../../../src/sources/table/version.js';
import { newLab, type Lab } from '../sqlite/lab.js';

/** A database as a server would be: it does not mind to go through a whole table. Its versions may come as dates. */
class Server implements SqlConnection {
  readonly dialect;
  readonly asked: string[] = [];
  rowsRead = 0;
  isClosed = false;
  readonly #connection: SqliteConnection;
  readonly #dates: boolean;

  constructor(lab: Lab, dates = false) {
    this.#connection = new SqliteConnection(lab.driver, { scene: { layer: 'layer', file: 'file', timeoutMs: 1_000 }, isBackground: false, isShared: true });
    this.dialect = this.#connection.dialect;
    this.#dates = dates;
  }

  columns(sql: string): Promise<readonly string[]> {
    return this.#connection.columns(sql);
  }

  async *rows(sql: string, params: readonly unknown[]): AsyncGenerator<readonly Row[]> {
    this.asked.push(sql);
    const given = params.map((param) => (param instanceof Date ? param.getTime() : param));
    for await (const batch of this.#connection.rows(sql, given)) {
      this.rowsRead += batch.length;
      yield sql.includes('max(') && this.#dates ? batch.map(([version, ...rest]) => [new Date(Number(version)), ...rest]) : batch;
    }
  }

  run(sql: string, params: readonly unknown[]): Promise<void> {
    return this.#connection.run(sql, params);
  }

  snapshot<T>(work: () => Promise<T>): Promise<T> {
    return this.#connection.snapshot(work);
  }

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#connection.transaction(work);
  }

  isOutOfReach(error: unknown): boolean {
    return this.#connection.isOutOfReach(error);
  }

  close(): void {
    this.isClosed = true;
  }
}

const counted = 'CREATE TABLE properties (key TEXT, value TEXT, version INTEGER)';

async function opened(schema: string, { options = {}, dates = false, rows = '' }: { options?: TableOptions; dates?: boolean; rows?: string } = {}): Promise<{ lab: Lab; server: Server; table: TableSession }> {
  const lab = newLab({ schema });
  lab.exec(rows);
  const server = new Server(lab, dates);
  const table = await openTable(server, tableOptions('sqlite', options, 'layer'), { maxBytes: 1_000_000 });
  await table.load();
  server.asked.length = 0;
  server.rowsRead = 0;
  return { lab, server, table };
}

const three = `INSERT INTO properties (key, value, version) VALUES ('a', '1', 1), ('b', '1', 2), ('c', '1', 3)`;

function patch(set: Record<string, string>, remove: readonly string[] = []): unknown {
  return expect.objectContaining({ kind: 'patch', set: new Map(Object.entries(set)), remove: new Set(remove) });
}

describe('a table with a version column of its own', () => {
  it('costs one row to look at when nothing was changed', async () => {
    const { server, table } = await opened(counted, { rows: three });
    expect(await table.changes()).toBeUndefined();
    expect(server.rowsRead).toBe(1);
  });

  it('gives the rows above the last version', async () => {
    const { lab, server, table } = await opened(counted, { rows: three });
    lab.exec(`UPDATE properties SET value = '2', version = 4 WHERE key = 'a'`);
    expect(await table.changes()).toEqual(patch({ a: '2' }));
    expect(server.rowsRead).toBe(2);
    expect(await table.changes()).toBeUndefined();
  });

  it('finds removals by counting, and reads only keys for them', async () => {
    const { lab, server, table } = await opened(counted, { rows: three });
    lab.exec(`DELETE FROM properties WHERE key = 'b'`);
    expect(await table.changes()).toEqual(patch({}, ['b']));
    expect(server.asked.at(-1)).not.toContain('"value",');
    expect(await table.changes()).toBeUndefined();
  });

  it('finds a removal beside a new row, and a row that is NULL now', async () => {
    const { lab, table } = await opened(counted, { rows: three });
    lab.exec(`DELETE FROM properties WHERE key = 'b'; INSERT INTO properties VALUES ('d', '1', 4)`);
    expect(await table.changes()).toEqual(patch({ d: '1' }, ['b']));
    lab.exec(`UPDATE properties SET value = NULL, version = 5 WHERE key = 'a'`);
    expect(await table.changes()).toEqual(patch({}, ['a']));
    lab.exec(`INSERT INTO properties VALUES ('null', NULL, 6)`);
    expect(await table.changes()).toBeUndefined();
  });

  it('finds a row that was put in with an old version', async () => {
    const { lab, table } = await opened(counted, { rows: three });
    lab.exec(`INSERT INTO properties VALUES ('late', '1', 2)`);
    expect(await table.changes()).toEqual(patch({ late: '1' }));
  });

  it('compares everything when versions go back', async () => {
    const { lab, table } = await opened(counted, { rows: three });
    lab.exec(`DELETE FROM properties; INSERT INTO properties VALUES ('a', '9', 1), ('b', '1', 2), ('x', '1', 2)`);
    expect(await table.changes()).toEqual(patch({ a: '9', x: '1' }, ['c']));
    lab.exec('DELETE FROM properties');
    expect(await table.changes()).toEqual(patch({}, ['a', 'b', 'x']));
    lab.exec(`INSERT INTO properties VALUES ('a', '1', 1)`);
    expect(await table.changes()).toEqual(patch({ a: '1' }));
  });

  it('refuses a key that comes up twice, in any row', async () => {
    const { lab, table } = await opened(counted, { rows: three });
    lab.exec(`INSERT INTO properties VALUES ('a', '2', 2)`);
    await expect(table.changes()).rejects.toThrow('layer: "properties": expected each key once, found "a" more than once');
    lab.exec(`UPDATE properties SET version = 7 WHERE key = 'a'`);
    await expect(table.changes()).rejects.toThrow('found "a" more than once');
  });

  it('sees what no version tells by comparing', async () => {
    const { lab, table } = await opened(counted, { rows: three });
    lab.exec(`UPDATE properties SET value = '2' WHERE key = 'a'`);
    expect(await table.changes()).toBeUndefined();
    expect(await table.reconcile()).toEqual(patch({ a: '2' }));
    expect(await table.reconcile()).toBeUndefined();
  });

  it('looks at the keys that a store has pushed, whatever their versions', async () => {
    const { lab, table } = await opened(counted, { rows: three });
    lab.exec(`UPDATE properties SET value = '2' WHERE key = 'a'; DELETE FROM properties WHERE key = 'b'; UPDATE properties SET value = '3', version = 4 WHERE key = 'c'`);
    expect(await table.changedKeys(['a', 'b', 'unknown'])).toEqual(patch({ a: '2', c: '3' }, ['b']));
    expect(await table.changes()).toBeUndefined();
  });

  it('asks for many pushed keys in parts', async () => {
    const { lab, table } = await opened(counted, { rows: three });
    lab.exec(`DELETE FROM properties WHERE key = 'b'`);
    const keys = Array.from({ length: 1_200 }, (_, i) => `k${i}`);
    expect(await table.changedKeys([...keys, 'b'])).toEqual(patch({}, ['b']));
  });
});

describe('a table whose versions are times', () => {
  const base = Date.UTC(2024, 0, 1);
  const rows = `INSERT INTO properties VALUES ('a', '1', ${base}), ('b', '1', ${base + 60_000})`;

  it('finds what was committed late with an earlier time', async () => {
    const { lab, table } = await opened(counted, { rows, dates: true });
    lab.exec(`UPDATE properties SET value = '2', version = ${base + 60_000 - overlapMs / 2} WHERE key = 'a'`);
    expect(await table.changes()).toEqual(patch({ a: '2' }));
    expect(await table.changes()).toBeUndefined();
  });

  it('finds a second change of the same moment', async () => {
    const { lab, table } = await opened(counted, { rows, dates: true });
    lab.exec(`UPDATE properties SET value = '2' WHERE key = 'b'`);
    expect(await table.changes()).toEqual(patch({ b: '2' }));
    expect((await table.reconcile()) satisfies Reading | undefined).toBeUndefined();
  });

  it('tells the version as text', async () => {
    const { lab, table } = await opened(counted, { rows, dates: true });
    lab.exec(`UPDATE properties SET value = '2', version = ${base + 70_000} WHERE key = 'b'`);
    expect(await table.changes()).toMatchObject({ version: '2024-01-01T00:01:10.000Z' });
  });
});

describe('a table without versions', () => {
  it('is compared at each look', async () => {
    const { lab, table } = await opened('CREATE TABLE properties (key TEXT, value TEXT)', { rows: `INSERT INTO properties VALUES ('a', '1'), ('b', '1')` });
    expect(await table.changes()).toBeUndefined();
    lab.exec(`UPDATE properties SET value = '2' WHERE key = 'a'; DELETE FROM properties WHERE key = 'b'`);
    expect(await table.changes()).toEqual(patch({ a: '2' }, ['b']));
  });

  it('looks at pushed keys alone', async () => {
    const { lab, server, table } = await opened('CREATE TABLE properties (key TEXT, value TEXT)', { rows: `INSERT INTO properties VALUES ('a', '1'), ('b', '1'), ('c', '1')` });
    lab.exec(`UPDATE properties SET value = '2' WHERE key = 'a'; DELETE FROM properties WHERE key = 'b'`);
    expect(await table.changedKeys(['a', 'b'])).toEqual(patch({ a: '2' }, ['b']));
    expect(server.rowsRead).toBe(1);
  });

  it('does without a version on request', async () => {
    const { lab, table } = await opened(counted, { rows: three, options: { version: false } });
    lab.exec(`UPDATE properties SET value = '2' WHERE key = 'a'`);
    const reading = await table.changes();
    expect(reading).toEqual(patch({ a: '2' }));
    expect(reading).not.toHaveProperty('version');
  });

  it('reads on when every version is NULL', async () => {
    const { lab, table } = await opened(counted, { rows: `INSERT INTO properties VALUES ('a', '1', NULL)` });
    lab.exec(`UPDATE properties SET value = '2'`);
    expect(await table.changes()).toEqual(patch({ a: '2' }));
  });
});

describe('the shipped schema', () => {
  const rows = `INSERT INTO properties (key, value) VALUES ('a', '1'), ('b', '1'), ('c', '1')`;

  it('costs one row to look at, and finds removals in the history', async () => {
    const { lab, server, table } = await opened(sqliteSchema(), { rows });
    expect(table.table).toMatchObject({ hasRevision: true, hasHistory: true });
    expect(await table.changes()).toBeUndefined();
    expect(server.rowsRead).toBe(1);
    lab.exec(`DELETE FROM properties WHERE key = 'b'`);
    expect(await table.changes()).toMatchObject({ set: new Map(), remove: new Set(['b']), version: '4' });
    expect(server.asked.join()).not.toContain('count(');
  });

  it('finds removals by counting where the history may not be read', async () => {
    const { lab, table } = await opened(`${sqliteSchema()}; ALTER TABLE properties_history RENAME COLUMN reason TO why`, { rows: '' });
    expect(table.table).toMatchObject({ hasRevision: true, hasHistory: false });
    lab.exec(`DROP TRIGGER properties_inserted; INSERT INTO properties (key, value, version) VALUES ('a', '1', 1), ('b', '1', 2); UPDATE properties_revision SET version = 2`);
    expect(await table.changes()).toEqual(patch({ a: '1', b: '1' }));
    lab.exec(`DROP TRIGGER properties_deleted; DELETE FROM properties WHERE key = 'b'; UPDATE properties_revision SET version = 3`);
    expect(await table.changes()).toEqual(patch({}, ['b']));
  });

  it('says nothing when only rows of another filter were changed', async () => {
    const { lab, table } = await opened(sqliteSchema({ filter: ['application'] }), { rows: `INSERT INTO properties (application, key, value) VALUES ('gateway', 'a', '1')`, options: { filter: { application: 'gateway' } } });
    lab.exec(`INSERT INTO properties (application, key, value) VALUES ('web', 'a', '1')`);
    expect(await table.changes()).toBeUndefined();
  });
});

describe('opening a table', () => {
  it('closes the connection when there is no such table', async () => {
    const server = new Server(newLab({ schema: '' }));
    await expect(openTable(server, tableOptions('sqlite', {}, 'layer'), { maxBytes: 1 })).rejects.toThrow('expected a table "properties"');
    expect(server.isClosed).toBe(true);
  });

  it.each([
    [{ version: 'rev' }, 'layer: expected a column "rev" in "properties", found "key", "value", "version": name another one with sqlite({ version })'],
    [{ updatedAt: 'at' }, 'sqlite({ updatedAt })'],
    [{ key: 'name' }, 'expected a column "name"'],
    [{ filter: { env: 'prod' } }, 'sqlite({ filter })'],
    [{ query: 'SELECT 1 AS key' }, 'expected a column "value" in the query, found "key"'],
  ])('with %j tells which columns there are', async (options, message) => {
    const server = new Server(newLab({ schema: counted }));
    await expect(openTable(server, tableOptions('sqlite', options, 'layer'), { maxBytes: 1 })).rejects.toThrow(message);
  });
});
