import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type Libsql from 'libsql';

import { sqlite, sqliteSchema } from '../../src/entries/sqlite.js';
import { conform } from './conform.js';

const Database = createRequire(import.meta.url)('libsql') as typeof Libsql;
const upsert = 'INSERT INTO properties (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value';

conform('sqlite()', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-conform-'));
  const file = path.join(folder, 'config.db');
  const away = path.join(folder, 'away.db');
  let malformed = false;
  // Opened for each write: the file may have been away.
  const write = (act: (database: Libsql.Database) => void): void => {
    const database = new Database(file);
    try {
      database.pragma('busy_timeout = 5000');
      if (malformed) database.exec('ALTER TABLE properties RENAME COLUMN wert TO value');
      malformed = false;
      act(database);
    } finally {
      database.close();
    }
  };
  write((database) => database.exec(sqliteSchema()));
  return {
    source: sqlite({ path: file, every: 10, reconcile: 500 }),
    put: (key, value) => write((database) => void database.prepare(upsert).run(key, value)),
    remove: (key) => write((database) => void database.prepare('DELETE FROM properties WHERE key = ?').run(key)),
    putAll: (entries) => write((database) => database.transaction(() => entries.forEach((value, key) => database.prepare(upsert).run(key, value)))()),
    malform: () => {
      write((database) => database.exec('ALTER TABLE properties RENAME COLUMN value TO wert'));
      malformed = true;
    },
    breakDown: () => renameSync(file, away),
    repair: () => renameSync(away, file),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
});
