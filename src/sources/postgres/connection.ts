import { upsertOnConflict, type Dialect, type Row, type SqlConnection } from '../table/contract.js';
import { codeOf } from './errors.js';
import type { Link } from './link.js';
import type { PgResult } from './pg.js';

export const dialect: Dialect = {
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  placeholder: (n) => `$${n}`,
  upsert: upsertOnConflict,
  // Values may be of any type that has a text, such as jsonb.
  bytes: (column) => `octet_length(${column}::text)`,
};

/** No such table, no such schema, no right to it. */
const outOfReach: ReadonlySet<string> = new Set(['42P01', '3F000', '42501']);

const firstBatch = 200;
// A thousand rows are some ms of work for the client.
const largestBatch = 1_000;
const batchBytes = 256 * 1024;

/** Rows are read through a cursor: the server waits for us, and no batch is large. */
export class PostgresConnection implements SqlConnection {
  readonly dialect = dialect;
  readonly #link: Link;
  #inTransaction = false;
  /** What begins the transaction: sent with its first statement where that has no parameters, which saves a round trip. */
  #prologue = '';
  #cursors = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  async columns(sql: string, params: readonly unknown[]): Promise<readonly string[]> {
    const look = async (): Promise<readonly string[]> => {
      // On a line of its own: the query may end with a comment.
      const { fields } = await this.#send(`SELECT * FROM (${sql}\n) AS q LIMIT 0`, params);
      return fields.map(({ name }) => name);
    };
    return this.#inTransaction ? this.#unspoilt(look) : this.#within(reading, look);
  }

  async *rows(sql: string, params: readonly unknown[]): AsyncIterable<readonly Row[]> {
    if (this.#inTransaction) return yield* this.#fetched(sql, params);
    this.#begin(reading);
    let done = false;
    try {
      yield* this.#fetched(sql, params);
      done = true;
    } finally {
      await this.#endTransaction(done);
    }
  }

  async run(sql: string, params: readonly unknown[]): Promise<void> {
    const act = (): Promise<unknown> => this.#send(sql, params);
    await (this.#inTransaction ? act() : this.#within(writing, act));
  }

  snapshot<T>(work: () => Promise<T>): Promise<T> {
    return this.#within(reading, work);
  }

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#within(writing, work);
  }

  isOutOfReach(error: unknown): boolean {
    return error instanceof Error && outOfReach.has(codeOf(error.cause));
  }

  close(): void {
    this.#link.close();
  }

  /** Runs `work` so that the transaction can go on when it fails. */
  async #unspoilt<T>(work: () => Promise<T>): Promise<T> {
    await this.#send('SAVEPOINT calumma');
    try {
      return await work();
    } catch (error) {
      if (!this.#link.isLost) await this.#link.query('ROLLBACK TO SAVEPOINT calumma').catch(() => undefined); // what was thrown first counts
      throw error;
    }
  }

  async *#fetched(sql: string, params: readonly unknown[]): AsyncGenerator<readonly Row[], void> {
    const cursor = `calumma_${++this.#cursors}`; // closed by the end of the transaction
    const declare = `DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`;
    const fetch = (count: number): string => `FETCH FORWARD ${count} FROM ${cursor}`;
    let count = firstBatch;
    let answer: Promise<PgResult>;
    if (params.length === 0) {
      answer = this.#send(`${declare}; ${fetch(count)}`);
    } else {
      await this.#send(declare, params);
      answer = this.#send(fetch(count));
    }
    for (;;) {
      const { rows } = await answer;
      const isLast = rows.length < count;
      if (!isLast) {
        // The server works on these while we work on those.
        count = this.#nextCount(count);
        answer = this.#send(fetch(count));
        answer.catch(() => undefined); // a reader that has enough does not ask
      }
      if (rows.length > 0) yield rows;
      if (isLast) return;
    }
  }

  /** As many rows as will have {@link batchBytes}, going by the last ones. */
  #nextCount(count: number): number {
    const bytes = this.#link.answerBytes / count;
    return Math.max(1, Math.min(largestBatch, count * 10, Math.floor(batchBytes / bytes)));
  }

  async #within<T>(kind: Kind, work: () => Promise<T>): Promise<T> {
    this.#begin(kind);
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await this.#endTransaction(false);
      throw error;
    }
    await this.#endTransaction(true);
    return result;
  }

  #begin(kind: Kind): void {
    this.#inTransaction = true;
    this.#prologue = `${kind}; ${this.#settings()}; `;
  }

  async #send(sql: string, params: readonly unknown[] = []): Promise<PgResult> {
    const prologue = this.#prologue;
    this.#prologue = '';
    if (prologue === '' || params.length === 0) return this.#link.query(prologue + sql, params);
    await this.#link.query(prologue);
    return this.#link.query(sql, params);
  }

  async #endTransaction(commit: boolean): Promise<void> {
    this.#inTransaction = false;
    const hasBegun = this.#prologue === '';
    this.#prologue = '';
    if (!hasBegun) return;
    if (commit) await this.#link.query('COMMIT');
    else if (!this.#link.isLost) await this.#link.query('ROLLBACK').catch(() => this.#link.close()); // what made it necessary is thrown
  }

  /**
   * Set for the transaction alone: the client may be of a pool. The server gives up shortly before we do: a connection that
   * is cut leaves its query running there.
   */
  #settings(): string {
    const { timeout } = this.#link.place;
    const [lock, statement] = [0.8, 0.9].map((part) => Math.max(1, Math.floor(timeout * part)));
    return `SET LOCAL lock_timeout = ${lock}; SET LOCAL statement_timeout = ${statement}; SET LOCAL bytea_output = hex; SET LOCAL datestyle = 'ISO'`;
  }
}

type Kind = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' | 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';
const reading: Kind = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
const writing: Kind = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';
