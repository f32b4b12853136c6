import { isUtf8 } from 'node:buffer';

import { SourceError } from '../../core/errors.js';
import { upsertOnConflict, type Dialect, type Row, type SqlConnection, type TextColumns } from '../table/contract.js';
import { Turns } from '../turns.js';
import { firstRow, type Driver } from './driver.js';
import { isBusy, isMissingTable, sqliteError, type Scene } from './errors.js';

const rowsAtOnce = 400;
/** Characters in one batch: few rows may be large. */
const charactersAtOnce = 500_000;

/**
 * Texts come as their bytes. Read directly, libsql and Node 22 cut them at a NUL, and libsql ends the whole process at bytes that
 * are no UTF-8. Short ones come as hexadecimal digits, because a buffer for each of them would take longer than all the rest.
 */
const text: TextColumns = {
  select: (column) => `CASE WHEN ${column} IS NULL THEN NULL WHEN length(${column}) < 2000 THEN hex(${column}) ELSE CAST(${column} AS BLOB) END`,
  read(selected) {
    if (selected instanceof Uint8Array) return decoded(Buffer.from(selected.buffer, selected.byteOffset, selected.byteLength));
    return typeof selected === 'string' ? decoded(Buffer.from(selected, 'hex')) : selected;
  },
};

function decoded(bytes: Buffer): string | Buffer {
  return isUtf8(bytes) ? bytes.toString() : bytes;
}

const dialect = {
  quote: quoted,
  placeholder: () => '?',
  upsert: upsertOnConflict,
  bytes: (column: string) => `length(CAST(${column} AS BLOB))`,
  text,
  marksWrites: true,
} satisfies Dialect;

export interface ConnectionUse {
  readonly scene: Scene;
  /** Nobody waits for it: it keeps no process alive. */
  readonly isBackground: boolean;
  /**
   * The user's own connection: it is not closed, and nobody else gets a turn while a transaction of ours is open on it, because
   * what they do would become part of that.
   */
  readonly isShared: boolean;
}

/** A query under way. */
interface Reading {
  readonly rows: Iterator<Row>;
  isDone: boolean;
}

/** A name in double quotes. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** SQLite as a table is read and written through it. It works in this process, so it works in small pieces. */
export class SqliteConnection implements SqlConnection {
  readonly dialect: Dialect;
  readonly #driver: Driver;
  readonly #use: ConnectionUse;
  #turns = new Turns();
  #isClosed = false;
  #reading: Reading | undefined;

  constructor(driver: Driver, use: ConnectionUse) {
    this.#driver = driver;
    this.#use = use;
    this.dialect = { ...dialect, inProcess: !use.isShared };
  }

  columns(sql: string): Promise<readonly string[]> {
    return this.patiently(() => this.#driver.columns(sql));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- SQLite works in this process: there is nothing to wait for
  async *rows(sql: string, params: readonly unknown[]): AsyncGenerator<readonly Row[]> {
    const reading: Reading = { rows: this.#try(() => this.#driver.rows(sql, params)), isDone: false };
    this.#reading = reading;
    try {
      while (!reading.isDone) yield this.#batch(reading);
    } finally {
      this.#stopReading();
    }
  }

  async run(sql: string, params: readonly unknown[]): Promise<void> {
    this.#try(() => this.#driver.run(sql, params));
    if (!this.#use.isShared) await this.#turns.give();
  }

  async snapshot<T>(work: () => Promise<T>): Promise<T> {
    // On the user's connection each query is a snapshot of its own: positions are read before rows, so nothing is missed.
    if (this.#use.isShared) return work();
    return this.#within('BEGIN', async () => {
      // BEGIN alone takes no lock and no view yet.
      await this.patiently(() => firstRow(this.#driver, 'SELECT 1 FROM sqlite_schema LIMIT 1'));
      return work();
    });
  }

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#within('BEGIN IMMEDIATE', work);
  }

  /**
   * Waits for locks as long as the timeout: SQLite's own way of waiting would hold the event loop.
   *
   * @throws SourceError
   */
  async patiently<T>(act: () => T): Promise<T> {
    const deadline = performance.now() + this.#use.scene.timeoutMs;
    for (;;) {
      try {
        this.#checkOpen();
        return act();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw sqliteError(error, this.#use.scene);
      }
      await this.#nap(1 + Math.random() * 20);
    }
  }

  /** Runs a script. */
  script(sql: string): Promise<void> {
    return this.transaction(() => this.patiently(() => this.#driver.exec(sql)));
  }

  isOutOfReach(error: unknown): boolean {
    return isMissingTable(error);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopReading();
    if (!this.#use.isShared) quietly(() => this.#driver.close());
  }

  async #within<T>(begin: string, work: () => Promise<T>): Promise<T> {
    this.#turns = new Turns();
    await this.patiently(() => this.#begin(begin));
    try {
      const done = await work();
      await this.patiently(() => this.#driver.exec('COMMIT'));
      return done;
    } catch (error) {
      quietly(() => this.#driver.exec('ROLLBACK'));
      throw error;
    }
  }

  #begin(begin: string): void {
    // The user's own transaction is like a lock of somebody else.
    if (this.#driver.isInTransaction()) throw new BusyError('a transaction is open');
    this.#driver.exec(begin);
  }

  async #nap(ms: number): Promise<void> {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      if (this.#use.isBackground) timer.unref();
    });
  }

  #batch(reading: Reading): Row[] {
    return this.#try(() => {
      const batch: Row[] = [];
      let characters = 0;
      while (this.#use.isShared || (batch.length < rowsAtOnce && characters < charactersAtOnce)) {
        const next = reading.rows.next();
        if (next.done === true) {
          reading.isDone = true; // not asked again: Node 22 would begin anew
          break;
        }
        batch.push(next.value);
        for (const column of next.value) if (typeof column === 'string' || column instanceof Uint8Array) characters += column.length;
      }
      return batch;
    });
  }

  #stopReading(): void {
    const reading = this.#reading;
    this.#reading = undefined;
    if (reading?.isDone === false) quietly(() => reading.rows.return?.());
  }

  #try<T>(act: () => T): T {
    try {
      this.#checkOpen();
      return act();
    } catch (error) {
      throw sqliteError(error, this.#use.scene);
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new SourceError(`${this.#use.scene.layer}: expected an open database, found that it was closed meanwhile`);
  }
}

/** As SQLite says it. */
class BusyError extends Error {
  readonly code = 'SQLITE_BUSY';
}

/** What was closed already cannot be closed, and what was rolled back already cannot be rolled back. */
function quietly(act: () => unknown): void {
  try {
    act();
  } catch {
    // it is as it should be
  }
}
