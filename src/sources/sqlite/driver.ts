import { optionError } from '../../core/check.js';
import type { Row } from '../table/contract.js';

/** One connection to a SQLite database, whichever package speaks to it. All of it is synchronous. */
export interface Driver {
  /** Rows as arrays, one by one; integers are bigints. */
  rows(sql: string, params: readonly unknown[]): Iterator<Row>;
  /** A query for one value that is asked again and again. */
  asking(sql: string): () => unknown;
  columns(sql: string): readonly string[];
  run(sql: string, params: readonly unknown[]): void;
  exec(sql: string): void;
  isInTransaction(): boolean;
  close(): void;
}

/** `better-sqlite3`, and `libsql`, which has its API. */
export interface BetterDatabase {
  readonly inTransaction: boolean;
  prepare(sql: string): BetterStatement;
  exec(sql: string): unknown;
  close(): unknown;
}

interface BetterStatement {
  get(params: readonly unknown[]): unknown;
  raw(on?: boolean): this;
  safeIntegers(on?: boolean): this;
  columns(): readonly { readonly name: string }[];
  iterate(params: readonly unknown[]): Iterator<unknown>;
  run(params: readonly unknown[]): unknown;
}

/** `DatabaseSync` of `node:sqlite`. */
export interface NodeDatabase {
  readonly isTransaction?: boolean;
  prepare(sql: string): NodeStatement;
  exec(sql: string): unknown;
  close(): unknown;
}

interface NodeStatement {
  get(...params: readonly unknown[]): unknown;
  setReturnArrays(on: boolean): void;
  setReadBigInts(on: boolean): void;
  columns(): readonly { readonly name: string }[];
  iterate(...params: readonly unknown[]): Iterator<unknown>;
  run(...params: readonly unknown[]): unknown;
}

/** A database object of `node:sqlite`, `better-sqlite3` or `libsql`. */
export type SqliteDatabase = BetterDatabase | NodeDatabase;

/** @throws ConfigError CALUMMA_OPTION when it is none of those we know */
export function driverOf(what: string, database: unknown): Driver {
  const { prepare, exec, inTransaction, isTransaction } = (database ?? {}) as Record<string, unknown>;
  if (typeof prepare === 'function' && typeof exec === 'function') {
    if (typeof inTransaction === 'boolean') return new BetterDriver(database as BetterDatabase);
    if (typeof isTransaction === 'boolean') return new NodeDriver(database as NodeDatabase);
  }
  throw optionError(what, 'an open database of node:sqlite (Node 22.16 or later), better-sqlite3 or libsql', database);
}

class BetterDriver implements Driver {
  readonly #database: BetterDatabase;
  readonly #unfinished: (() => unknown)[] = [];

  constructor(database: BetterDatabase) {
    this.#database = database;
  }

  rows(sql: string, params: readonly unknown[]): Iterator<Row> {
    const statement = this.#settled().prepare(sql).raw(true).safeIntegers(true);
    // libsql: a statement that has failed, or was left before its end, keeps the locks of the connection until it is collected.
    // Begun anew for one row, it lets go.
    const reset = (): unknown => statement.get(params);
    try {
      const rows = statement.iterate(params) as Iterator<Row>;
      return rows.return === undefined ? this.#whole(rows, reset) : rows;
    } catch (error) {
      this.#unfinished.push(reset);
      throw error;
    }
  }

  asking(sql: string): () => unknown {
    const statement = this.#settled().prepare(sql).raw(true);
    return () => (statement.get([]) as Row | undefined)?.[0];
  }

  columns(sql: string): readonly string[] {
    return this.#settled().prepare(sql).columns().map(({ name }) => name);
  }

  run(sql: string, params: readonly unknown[]): void {
    this.#settled().prepare(sql).run(params);
  }

  exec(sql: string): void {
    this.#settled().exec(sql);
  }

  isInTransaction(): boolean {
    return this.#database.inTransaction;
  }

  close(): void {
    try {
      this.#settled();
    } finally {
      this.#database.close();
    }
  }

  #whole(rows: Iterator<Row>, reset: () => unknown): Iterator<Row> {
    return {
      next: () => {
        try {
          return rows.next();
        } catch (error) {
          this.#unfinished.push(reset);
          throw error;
        }
      },
      return: () => {
        reset();
        return { done: true, value: undefined };
      },
    };
  }

  #settled(): BetterDatabase {
    for (let reset = this.#unfinished.at(-1); reset !== undefined; reset = this.#unfinished.at(-1)) {
      reset(); // throws while the lock it was refused is still held
      this.#unfinished.pop();
    }
    return this.#database;
  }
}

class NodeDriver implements Driver {
  readonly #database: NodeDatabase;

  constructor(database: NodeDatabase) {
    this.#database = database;
  }

  rows(sql: string, params: readonly unknown[]): Iterator<Row> {
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    return statement.iterate(...params) as Iterator<Row>;
  }

  asking(sql: string): () => unknown {
    const statement = this.#database.prepare(sql);
    statement.setReturnArrays(true);
    return () => (statement.get() as Row | undefined)?.[0];
  }

  columns(sql: string): readonly string[] {
    return this.#database.prepare(sql).columns().map(({ name }) => name);
  }

  run(sql: string, params: readonly unknown[]): void {
    this.#database.prepare(sql).run(...params);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  isInTransaction(): boolean {
    return this.#database.isTransaction ?? false;
  }

  close(): void {
    this.#database.close();
  }
}

/** The first row of a query, which is run to its end: an open statement would hold its locks. */
export function firstRow(driver: Driver, sql: string, params: readonly unknown[] = []): Row | undefined {
  const rows = driver.rows(sql, params);
  let first: Row | undefined;
  for (let next = rows.next(); next.done !== true; next = rows.next()) first ??= next.value;
  return first;
}
