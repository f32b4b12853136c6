import { describe, expect, it } from 'vitest';

import { sqlite, sqliteSchema } from '../../../src/sources/sqlite/index.js';
import { thrownBy } from '../following.js';
import { openFile } from './lab.js';

describe('sqlite options', () => {
  it.each([
    [undefined, 'sqlite(options): expected an object'],
    [{}, 'sqlite(options): expected a path or a database, found neither'],
    [{ path: 'a', database: () => openFile(':memory:') }, 'found both'],
    [{ path: '' }, 'sqlite({ path }): expected a non-empty string'],
    [{ path: 7 }, 'sqlite({ path })'],
    [{ path: ':memory:' }, 'sqlite({ path }): expected the path of a file, found a database in memory or a URI'],
    [{ path: 'file:config.db?mode=ro' }, 'found a database in memory or a URI'],
    [{ database: {} }, 'sqlite({ database }): expected an open database of node:sqlite'],
    [{ database: 'config.db' }, 'sqlite({ database })'],
    [{ path: 'a', paht: 'b' }, 'found "paht"'],
    [{ path: 'a', create: 1 }, 'sqlite({ create }): expected true or false'],
    [{ path: 'a', create: true, query: 'SELECT 1' }, 'sqlite({ create, query })'],
    [{ path: 'a', name: '' }, 'sqlite({ name })'],
    [{ path: 'a', every: -1 }, 'sqlite({ every })'],
    [{ path: 'a', every: 'soon' }, 'sqlite({ every }): expected ms or a duration such as "5s", found "soon"'],
    [{ path: 'a', reconcile: 0 }, 'sqlite({ reconcile })'],
    [{ path: 'a', timeout: 'long' }, 'sqlite({ timeout })'],
    [{ path: 'a', table: '' }, 'sqlite({ table })'],
    [{ path: 'a', table: 'main.' }, 'sqlite({ table }): expected "name" or "schema.name"'],
    [{ path: 'a', table: 'a', query: 'SELECT 1' }, 'expected a table or a query, found both'],
    [{ path: 'a', query: '' }, 'sqlite({ query })'],
    [{ path: 'a', key: 1 }, 'sqlite({ key })'],
    [{ path: 'a', value: null }, 'sqlite({ value })'],
    [{ path: 'a', version: true }, 'sqlite({ version })'],
    [{ path: 'a', updatedAt: '' }, 'sqlite({ updatedAt })'],
    [{ path: 'a', filter: 'x' }, 'sqlite({ filter }): expected an object of columns and the values they must have'],
    [{ path: 'a', filter: { application: 1 } }, 'sqlite({ filter: { application } })'],
  ])('refuses %j', (options, message) => {
    expect(thrownBy(() => sqlite(options as never))).toEqual({ code: 'CALUMMA_OPTION', message: expect.stringContaining(message) as string });
  });

  it.each([
    [{ tabel: 'x' }, 'found "tabel"'],
    [{ table: 'a.' }, 'sqliteSchema({ table })'],
    [{ filter: 'application' }, 'sqliteSchema({ filter }): expected an array of columns'],
    [{ filter: [1] }, 'sqliteSchema({ filter })'],
    [{ filter: ['version'] }, `expected other columns than the schema's own, found "version"`],
  ])('refuses a schema of %j', (options, message) => {
    expect(thrownBy(() => sqliteSchema(options as never))).toEqual({ code: 'CALUMMA_OPTION', message: expect.stringContaining(message) as string });
  });

  it.each([{}, { table: 'main.settings' }, { table: 'it\'s "odd" ; --', filter: ['a b', 'select'] }])('gives a schema of %j that can be run again', (options) => {
    const database = openFile(':memory:');
    for (let i = 0; i < 2; i++) database.exec(sqliteSchema(options));
    const { table = 'properties', filter = [] } = options;
    const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
    const name = table.split('.').map(quoted).join('.');
    database.exec(`INSERT INTO ${name} (${[...filter.map(quoted), 'key'].join(', ')}) VALUES (${[...filter, 'a'].map(() => `'x'`).join(', ')})`);
    database.exec(`UPDATE ${name} SET key = 'b', value = '1'; UPDATE ${name} SET value = '2'; DELETE FROM ${name}`);
    database.close();
  });
});
