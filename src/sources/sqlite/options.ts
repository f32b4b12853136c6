import path from 'node:path';

import { msOf } from '../../core/amounts.js';
import { checkFlag, checkOptions, checkText } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { rhythmOf, type Rhythm, type RhythmOptions } from '../store/follow.js';
import { tableOptionNames, type TableOptions } from '../table/contract.js';
import { tableOptions, type TablePlan } from '../table/plan.js';
import { driverOf, type SqliteDatabase } from './driver.js';

export interface SqliteOptions extends TableOptions, RhythmOptions {
  /** The file, absolute or relative to the working folder of this moment. */
  readonly path?: string;
  /**
   * Instead of a path: a function that opens the database, called for each connection that is needed, and again when the file was
   * replaced (`() => new Database('config.db', { key })`); what it gives is closed here. Or an open database of `node:sqlite`,
   * `better-sqlite3` or `libsql`, which is used as it is and not closed: for databases in memory. Its queries hold the event loop.
   */
  readonly database?: SqliteDatabase | (() => SqliteDatabase);
  /** Make the file, in WAL mode, and the table of `sqliteSchema()`, if they are not there. Default false. */
  readonly create?: boolean;
  /** The layer's name. Default `sqlite`. */
  readonly name?: string;
  /** ms, or a duration: how long to wait for the locks of others. Default 5_000. */
  readonly timeout?: number | string;
}

/** Where connections come from. */
export type Origin =
  | { readonly kind: 'path'; readonly path: string; readonly shown: string }
  | { readonly kind: 'opener'; readonly open: () => SqliteDatabase }
  | { readonly kind: 'shared'; readonly database: SqliteDatabase };

/** {@link SqliteOptions}, checked. */
export interface SqliteSettings {
  readonly name: string;
  readonly origin: Origin;
  readonly create: boolean;
  readonly timeoutMs: number;
  readonly rhythm: Rhythm;
  readonly plan: TablePlan;
}

/** @throws ConfigError CALUMMA_OPTION */
export function sqliteSettings(options: SqliteOptions): SqliteSettings {
  checkOptions('sqlite', options, ['path', 'database', 'create', 'name', 'every', 'reconcile', 'timeout', ...tableOptionNames]);
  const { name = 'sqlite', create = false, timeout = 5_000, query } = options;
  checkText('sqlite({ name })', name);
  checkFlag('sqlite({ create })', create);
  if (create && query !== undefined) throw new ConfigError('CALUMMA_OPTION', 'sqlite({ create, query }): expected a table to create, found a query');
  return {
    name,
    origin: originOf(options),
    create,
    timeoutMs: msOf(timeout, 'sqlite({ timeout })'),
    rhythm: rhythmOf('sqlite', options, 100),
    plan: tableOptions('sqlite', options, name),
  };
}

function originOf({ path: file, database }: SqliteOptions): Origin {
  if ((file === undefined) === (database === undefined)) {
    throw new ConfigError('CALUMMA_OPTION', `sqlite(options): expected a path or a database, found ${file === undefined ? 'neither' : 'both'}`);
  }
  if (typeof database === 'function') return { kind: 'opener', open: database };
  if (database !== undefined) {
    driverOf('sqlite({ database })', database);
    return { kind: 'shared', database };
  }
  checkText('sqlite({ path })', file);
  if (file.startsWith(':memory:') || file.startsWith('file:')) {
    throw new ConfigError('CALUMMA_OPTION', 'sqlite({ path }): expected the path of a file, found a database in memory or a URI: open it yourself and give sqlite({ database })');
  }
  return { kind: 'path', path: path.resolve(file), shown: file };
}
