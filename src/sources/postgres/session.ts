import { ConfigError } from '../../core/errors.js';
import type { SourceHost } from '../../core/model.js';
import type { OpenStore, StoreSession } from '../store/follow.js';
import type { TablePlan } from '../table/plan.js';
import { openTable, type TableSession } from '../table/session.js';
import { quotedTable } from '../table/statements.js';
import { channelOf, News } from './channel.js';
import type { Connect } from './clients.js';
import { dialect, PostgresConnection } from './connection.js';
import { codeOf } from './errors.js';
import { answerLimit, Link } from './link.js';
import type { Settings } from './options.js';

/** Opens what a reader follows a table through: one connection, for what is announced and for what is read. */
export function opener(settings: Settings, plan: TablePlan, connect: Connect): OpenStore {
  return async (events, host, signal) => {
    const { name, timeout } = settings;
    const table = plan.query === undefined ? plan.table : undefined;
    const connected = await connect({ what: name, table, timeout, signal, background: true });
    const link = new Link(connected, answerLimit(host.maxBytes));
    const close = (): void => link.close();
    signal.addEventListener('abort', close, { once: true });
    if (signal.aborted) close();
    try {
      link.onLost(events.lost);
      const news = new News();
      // First listen, then read: what is changed in between is announced.
      if (settings.listen) await listen(link, news, settings, plan, host, events.changed);
      const connection = new PostgresConnection(link);
      const session = await openTable(connection, plan, host);
      return followed(session, connection, link, news, settings);
    } catch (error) {
      link.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', close);
    }
  };
}

function followed(session: TableSession, connection: PostgresConnection, link: Link, news: News, settings: Settings): StoreSession {
  const heart = setInterval(() => beat(link, settings.timeout), settings.timeout / 4).unref();
  const { columns, statements, hasHistory, hasRevision } = session.table;
  // The keys help where removals leave no trace. Without versions they would be half of the truth: of two transactions, one of which is
  // announced, both may be seen already.
  const needsKeys = columns.version !== undefined && !hasHistory;
  const rows = statements.rows(columns);
  return {
    load: () => session.load(),
    changes: async () => {
      const { any, keys } = news.take();
      // Where the revision tells that nothing is new, the table itself is not looked at, and might be gone.
      if (hasRevision && !any) await connection.columns(rows.sql, rows.params);
      return session.changedKeys(needsKeys ? keys : []);
    },
    reconcile: () => {
      news.take();
      return session.reconcile();
    },
    close: () => {
      clearInterval(heart);
      // A client of a pool still listens: nobody else may have it.
      if (settings.pool === undefined) link.giveBack();
      else link.close();
    },
  };
}

/**
 * A connection that is only listened to looks the same whether there is no news or no server any more: without a word for
 * half the deadline, one is asked for. `link` cuts the connection when none comes.
 */
function beat(link: Link, timeout: number): void {
  if (!link.isLost && link.silentMs >= timeout / 2) link.query('SELECT 1').catch(() => undefined); // whoever waits is told by onLost
}

async function listen(link: Link, news: News, settings: Settings, plan: TablePlan, host: SourceHost, ring: () => void): Promise<void> {
  const channel = settings.channel ?? (plan.query === undefined ? await channelOf(link, quotedTable(dialect, plan.table)) : undefined);
  if (channel === undefined) return; // a query, or no such table, which is said when it is read
  try {
    await news.listen(link, channel, ring);
  } catch (error) {
    if (!cannotListen(error)) throw error;
    host.warn(new ConfigError('CALUMMA_WATCH', `${settings.name}: expected a server that announces changes (LISTEN), found one that cannot: changes are looked for every ${settings.rhythm.everyMs} ms; listen: false says that this is meant`, { cause: error }));
  }
}

/** 25006: a standby. 0A000: PostgreSQL's relatives without LISTEN. */
function cannotListen(error: unknown): boolean {
  return error instanceof Error && ['25006', '0A000'].includes(codeOf(error.cause));
}
