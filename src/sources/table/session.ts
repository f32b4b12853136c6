import type { FullReading, PatchReading, Reading, SourceHost } from '../../core/model.js';
import type { StoreSession } from '../store/follow.js';
import type { SqlConnection } from './contract.js';
import { describeTable, type Table } from './describe.js';
import type { TablePlan } from './plan.js';
import { TableReader } from './reader.js';

/** A connection to one table. */
export interface TableSession extends StoreSession {
  readonly table: Table;
  /** As `changes`, and looks at these keys whatever their versions say: for stores that push the keys that were changed. */
  changedKeys(keys: Iterable<string>): Promise<Reading | undefined>;
}

/**
 * Reads one table through a connection, which it takes over: it is closed with the session, or when this throws.
 *
 * @throws SourceError when there is no such table or column
 */
export async function openTable(connection: SqlConnection, plan: TablePlan, host: Pick<SourceHost, 'maxBytes'>): Promise<TableSession> {
  try {
    const table = await describeTable(connection, plan);
    return new OpenTable(connection, new TableReader(connection, table, host.maxBytes), table);
  } catch (error) {
    connection.close();
    throw error;
  }
}

class OpenTable implements TableSession {
  readonly table: Table;
  readonly #connection: SqlConnection;
  readonly #reader: TableReader;

  constructor(connection: SqlConnection, reader: TableReader, table: Table) {
    this.#connection = connection;
    this.#reader = reader;
    this.table = table;
  }

  load(): Promise<FullReading> {
    return this.#connection.snapshot(() => this.#reader.load());
  }

  changes(): Promise<PatchReading | undefined> {
    return this.changedKeys([]);
  }

  changedKeys(keys: Iterable<string>): Promise<PatchReading | undefined> {
    return this.#connection.snapshot(() => this.#reader.changes([...keys]));
  }

  reconcile(): Promise<PatchReading | undefined> {
    return this.#connection.snapshot(() => this.#reader.reconcile());
  }

  close(): void {
    this.#connection.close();
  }
}
