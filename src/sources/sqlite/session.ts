import type { FullReading, Reading, SourceHost } from '../../core/model.js';
import type { StoreSession } from '../store/follow.js';
import type { TablePlan } from '../table/plan.js';
import { openTable, type TableSession } from '../table/session.js';
import type { Opened, Opener } from './open.js';
import { Signs } from './signs.js';

/** A reader of one table of a SQLite database: asks for rows only when the database shows signs of a change. */
export class SqliteSession implements StoreSession {
  readonly #opener: Opener;
  readonly #plan: TablePlan;
  readonly #host: SourceHost;
  #current: Current | undefined;
  #isClosed = false;
  /** Something has changed since everything was compared last. */
  #hasChanged = false;

  constructor(opener: Opener, plan: TablePlan, host: SourceHost) {
    this.#opener = opener;
    this.#plan = plan;
    this.#host = host;
  }

  async load(): Promise<FullReading> {
    this.#current?.close();
    const current = await Current.open(this.#opener, this.#plan, this.#host);
    this.#current = current;
    if (this.#isClosed) current.close();
    this.#hasChanged = false;
    return current.table.load();
  }

  async changes(): Promise<Reading | undefined> {
    const current = this.#current;
    const sign = current?.signs.look() ?? 'replaced';
    if (sign === 'same') return undefined;
    if (sign === 'replaced') return this.load();
    this.#hasChanged = true;
    return current?.table.changes();
  }

  /** Nothing has changed in a database that shows no signs of it. */
  async reconcile(): Promise<Reading | undefined> {
    const current = this.#current;
    const sign = current?.signs.look() ?? 'replaced';
    if (sign === 'replaced' || current?.signs.isDoubtful === true) return this.load();
    if (sign === 'same' && !this.#hasChanged) return undefined;
    this.#hasChanged = false;
    return current?.table.reconcile();
  }

  close(): void {
    this.#isClosed = true;
    this.#current?.close();
  }
}

/** Two connections to one database: one that reads the table, one that looks for signs, also while the other one reads. */
class Current {
  readonly signs: Signs;
  readonly table: TableSession;
  readonly #watching: Opened;

  private constructor(signs: Signs, table: TableSession, watching: Opened) {
    this.signs = signs;
    this.table = table;
    this.#watching = watching;
  }

  static async open(opener: Opener, plan: TablePlan, host: SourceHost): Promise<Current> {
    const watching = await opener.reader(host.version === undefined);
    try {
      // What is committed from here on shows, though the rows may have it already.
      const signs = await watching.connection.patiently(() => new Signs(watching));
      const { connection } = await opener.reader(false);
      return new Current(signs, await openTable(connection, plan, host), watching);
    } catch (error) {
      watching.connection.close();
      throw error;
    }
  }

  close(): void {
    this.table.close();
    this.#watching.connection.close();
  }
}
