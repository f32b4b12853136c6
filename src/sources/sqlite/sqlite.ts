import type { Source } from '../../core/model.js';
import type { Writable } from '../../core/writable.js';
import { followStore } from '../store/follow.js';
import { tableWriter } from '../table/writer.js';
import { lender } from './lend.js';
import { Opener } from './open.js';
import { sqliteSettings, type SqliteOptions } from './options.js';
import { SqliteSession } from './session.js';

/** A table of a SQLite database: followed, and written. */
export type SqliteSource = Source & Writable;

/**
 * Follows a table, or a query, of a SQLite database, whoever writes it: other processes, this one, people.
 *
 * It is asked every `every` whether something was committed, which costs microseconds. With the schema of {@link sqliteSchema} the rows
 * that were changed are read then, any other table with keys and values is read whole. A file that is replaced by another one, or copied
 * over, is read anew. What one transaction changed arrives as one publish.
 *
 * SQLite works in this process: everything is done in small pieces, and no lock is waited for in a way that holds the event loop. Needs
 * Node 22.16 or later, or the package `better-sqlite3` or `libsql`.
 *
 * @param options.every     ms, or a duration, between two looks for a commit.                         Default 100
 * @param options.reconcile ms, or a duration, between two comparisons of everything, after changes.   Default 60_000
 * @param options.timeout   ms, or a duration, to wait for the locks of others.                        Default 5_000
 * @throws ConfigError `CALUMMA_OPTION`; readings and writes throw a SourceError that says what to do, `CALUMMA_CLIENT` without a package
 * @example
 * const store = sqlite({ path: 'config.db', create: true });
 * const config = createConfig({ layers: [env(), store] });
 * await store.set({ 'gateway.limit': 50 }, { author: 'ann', reason: 'traffic peak' });
 */
export function sqlite(options: SqliteOptions): SqliteSource {
  const settings = sqliteSettings(options);
  const { name, plan, rhythm } = settings;
  const opener = new Opener(settings);
  return {
    name,
    readings: (signal, host) => followStore((_events, lent) => Promise.resolve(new SqliteSession(opener, plan, lent)), rhythm, signal, host),
    ...tableWriter({ plan, schema: 'sqliteSchema()', withConnection: lender(opener) }),
  };
}
