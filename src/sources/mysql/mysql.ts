import { setTimeout as sleep } from 'node:timers/promises';

import type { Source, SourceHost } from '../../core/model.js';
import type { Writable } from '../../core/writable.js';
import { followStore, type StoreEvents, type StoreSession } from '../store/follow.js';
import { OwnWrites } from '../store/own-writes.js';
import { tableOptions, type TablePlan } from '../table/plan.js';
import { openTable } from '../table/session.js';
import { tableWriter } from '../table/writer.js';
import { connector, type Connect } from './connect.js';
import type { MysqlConnection } from './connection.js';
import { isRolledBack } from './errors.js';
import { settingsOf, type MysqlOptions } from './options.js';

/** A table of a MySQL or MariaDB database: followed, and written. */
export type MysqlSource = Source & Writable;

/**
 * Follows a table, or a query, of a MySQL or MariaDB database.
 *
 * It is looked at every `every`. With the schema of {@link mysqlSchema}, or any column that grows with each change, a look costs the rows
 * that were changed; any other table with keys and values is read whole each time. What one transaction changed arrives as one publish.
 *
 * Needs the package `mysql2` 3, or a pool of it. One connection is held as long as the config lives; each write takes a second one.
 *
 * @param options.every     ms, or a duration, between two looks.                       Default 5_000
 * @param options.reconcile ms, or a duration, between two comparisons of everything.   Default 60_000
 * @param options.timeout   ms, or a duration, that the server may be silent.           Default 5_000
 * @throws ConfigError `CALUMMA_OPTION`; readings and writes throw a SourceError that says what to do, `CALUMMA_CLIENT` without `mysql2`
 * @example
 * const store = mysql({ uri: process.env.DATABASE_URL, table: 'properties', filter: { application: 'gateway' } });
 * const config = createConfig({ layers: [env(), store] });
 * await store.set({ 'gateway.limit': 50 }, { author: 'ann', reason: 'traffic peak' });
 */
export function mysql(options: MysqlOptions = {}): MysqlSource {
  const settings = settingsOf(options);
  const plan = tableOptions('mysql', options, settings.name);
  const connect = connector(settings, plan);
  const own = new OwnWrites();
  const opening = own.heardBy((...with_) => open(connect, plan, ...with_));
  return {
    name: settings.name,
    readings: (signal, host) => followStore(opening, settings.rhythm, signal, host),
    ...own.of(tableWriter({ plan, withConnection: (work) => lend(connect, work), schema: 'mysqlSchema()' })),
  };
}

async function open(connect: Connect, plan: TablePlan, { lost }: StoreEvents, host: SourceHost, signal: AbortSignal): Promise<StoreSession> {
  const connection = await connect({ holds: false, signal, lost });
  const close = (): void => connection.close();
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  try {
    return await openTable(connection, plan, host);
  } finally {
    signal.removeEventListener('abort', close);
  }
}

const attempts = 10;
const longestPauseMs = 50;

/**
 * A connection for one piece of work, which is done again when the server undid it. Deadlocks are to be expected: we lock the revision
 * before the rows, so that nothing changes between what is checked and what is written, and who edits by hand does it the other way round.
 */
async function lend<T>(connect: Connect, work: (connection: MysqlConnection) => Promise<T>): Promise<T> {
  const connection = await connect({ holds: true });
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work(connection);
      } catch (error) {
        if (attempt === attempts || !isRolledBack(error)) throw error;
      }
      await sleep(Math.random() * longestPauseMs);
    }
  } finally {
    connection.close();
  }
}
