import type { Source } from '../../core/model.js';
import type { Writable } from '../../core/writable.js';
import { followStore } from '../store/follow.js';
import { tableOptions } from '../table/plan.js';
import { tableWriter } from '../table/writer.js';
import { connectBy } from './clients.js';
import { settingsOf, type PostgresOptions } from './options.js';
import { opener } from './session.js';
import { lender } from './writing.js';

/** A table of a PostgreSQL database: followed, and written. */
export type PostgresSource = Source & Writable;

/**
 * Follows a table, or a query, of a PostgreSQL database.
 *
 * With the schema of {@link postgresSchema}, each committed transaction is announced (LISTEN/NOTIFY) and arrives within milliseconds as one
 * publish, at the cost of the rows it changed. Announcements that were missed while a connection was lost are made up for by reading after
 * each reconnection, and by a look every `every`. Any other table with keys and values will do: without a column `version`, each look reads it all.
 *
 * Needs the package `pg` 8, or a `pool` of it. One connection is held as long as the config lives; each write opens a second one, or takes one of the
 * `pool`, which is quicker where many are made.
 *
 * @param options.every     ms, or a duration, between two looks.                    Default 5_000
 * @param options.reconcile ms, or a duration, between two comparisons of everything.   Default 60_000
 * @param options.timeout   ms, or a duration, that the server may be silent.        Default 5_000
 * @throws ConfigError `CALUMMA_OPTION`; readings and writes throw a SourceError that says what to do, `CALUMMA_CLIENT` without `pg`
 * @example
 * const store = postgres({ host: 'db.example', database: 'config', user: 'gateway', filter: { application: 'gateway' } });
 * const layers = [env(), store]; // await store.set({ 'gateway.limit': 50 }, { author: 'ann', reason: 'traffic peak' });
 */
export function postgres(options: PostgresOptions = {}): PostgresSource {
  const settings = settingsOf(options);
  const plan = tableOptions('postgres', settings.table, settings.name);
  const connect = connectBy(settings.connect, settings.pool);
  const open = opener(settings, plan, connect);
  return {
    name: settings.name,
    readings: (signal, host) => followStore(open, settings.rhythm, signal, host),
    ...tableWriter({ plan, withConnection: lender(settings, plan, connect), schema: 'postgresSchema()' }),
  };
}
