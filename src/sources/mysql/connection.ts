import { ConfigError } from '../../core/errors.js';
import type { Dialect, Row, SqlConnection } from '../table/contract.js';
import type { Link } from './link.js';
import type { Links } from './links.js';
import { bound, mysqlDialect } from './sql.js';

// All queries of one look see the same moment; "next transaction" only, so that nothing has to be put back.
const beginSnapshot = ['SET TRANSACTION ISOLATION LEVEL REPEATABLE READ', 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY'];
// What is read after the lock was got must be what is there then, not what was there when the transaction began.
const beginWrite = ['SET TRANSACTION ISOLATION LEVEL READ COMMITTED', 'START TRANSACTION'];

const outOfReach = new Set<unknown>(['ER_NO_SUCH_TABLE', 'ER_TABLEACCESS_DENIED_ERROR', 'ER_COLUMNACCESS_DENIED_ERROR']);

/** MySQL or MariaDB through `mysql2`. */
export class MysqlConnection implements SqlConnection {
  readonly dialect: Dialect = mysqlDialect;
  readonly #links: Links;
  /** That of the transaction we are in. */
  #held: Link | undefined;

  constructor(links: Links) {
    this.#links = links;
  }

  columns(sql: string, params: readonly unknown[]): Promise<readonly string[]> {
    // On a line of its own, LIMIT survives a comment at the end of the statement.
    return this.#with((link) => link.columns(`${bound(sql, params)}\nLIMIT 0`));
  }

  async *rows(sql: string, params: readonly unknown[]): AsyncGenerator<readonly Row[]> {
    if (this.#held !== undefined) {
      yield* this.#held.rows(bound(sql, params));
      return;
    }
    const link = await this.#links.take();
    try {
      yield* link.rows(bound(sql, params));
    } finally {
      await this.#links.give(link);
    }
  }

  run(sql: string, params: readonly unknown[]): Promise<void> {
    return this.#with((link) => link.run(bound(sql, params)));
  }

  snapshot<T>(work: () => Promise<T>): Promise<T> {
    return this.#within(beginSnapshot, work);
  }

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#within(beginWrite, work);
  }

  isOutOfReach(error: unknown): boolean {
    return error instanceof ConfigError && outOfReach.has((error.cause as { code?: unknown } | undefined)?.code);
  }

  close(): void {
    this.#links.close();
  }

  async #with<T>(work: (link: Link) => Promise<T>): Promise<T> {
    if (this.#held !== undefined) return work(this.#held);
    const link = await this.#links.take();
    try {
      return await work(link);
    } finally {
      await this.#links.give(link);
    }
  }

  async #within<T>(begin: readonly string[], work: () => Promise<T>): Promise<T> {
    const link = await this.#links.take();
    this.#held = link;
    try {
      for (const sql of begin) await link.run(sql);
      const result = await work();
      await link.run('COMMIT');
      return result;
    } catch (error) {
      await rollBack(link);
      throw error;
    } finally {
      this.#held = undefined;
      await this.#links.give(link);
    }
  }
}

/** A connection that cannot even do this is closed: the server rolls back then. */
async function rollBack(link: Link): Promise<void> {
  if (link.isBroken) return;
  try {
    await link.run('ROLLBACK');
  } catch {
    link.destroy();
  }
}
