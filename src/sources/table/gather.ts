import { ConfigError, SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { storedKey, storedValue } from '../store/stored.js';
import { Turns } from '../turns.js';
import type { Row, SqlConnection, TextColumns } from './contract.js';
import { nameOf } from './describe.js';
import type { TablePlan } from './plan.js';
import type { Statement } from './statements.js';
import { timeOf } from './version.js';

/** For databases whose clients give texts as they are. */
export const asItIs: Pick<TextColumns, 'read'> = { read: (selected) => selected };

/** What a row says: `undefined` as its value is NULL, the key is absent. */
export type Take = (key: string, value: string | undefined) => void;

/** Rows that are read, checked: refuses what cannot be used, and more than a layer may hold. */
export class Gathering {
  /** The newest time of a write among the rows, ms since the epoch. */
  writtenAt: number | undefined;
  readonly #plan: TablePlan;
  readonly #where: string;
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes reading stops at a quarter more: that much can only be refused */
  constructor(plan: TablePlan, maxBytes: number) {
    this.#plan = plan;
    this.#where = `${plan.layer}: ${nameOf(plan)}`;
    this.#maxBytes = maxBytes * 1.25;
  }

  /** Reads rows of key, value, time. */
  rows(connection: SqlConnection, statement: Statement, take: Take): Promise<void> {
    const { read } = connection.dialect.text ?? asItIs;
    return eachRow(connection, statement, (row) => this.#one(row, read, take));
  }

  /** Reads rows of key only. */
  keys(connection: SqlConnection, statement: Statement, take: (key: string) => void): Promise<void> {
    const { read } = connection.dialect.text ?? asItIs;
    return eachRow(connection, statement, (row) => take(storedKey(this.#where, read(row[0]))));
  }

  #one(row: Row, read: TextColumns['read'], take: Take): void {
    const key = storedKey(this.#where, read(row[0]));
    const value = storedValue(this.#where, key, read(row[1]));
    this.#count(key, value);
    const time = timeOf(read(row[2]));
    if (time !== undefined && (this.writtenAt === undefined || time > this.writtenAt)) this.writtenAt = time;
    take(key, value);
  }

  #count(key: string, value = ''): void {
    this.#bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    if (this.#bytes <= this.#maxBytes) return;
    throw new ConfigError(
      'CALUMMA_TOO_LARGE',
      `${this.#where}: expected at most ${Math.round(this.#maxBytes / 1.25)} bytes of keys and values, found more than ${Math.round(this.#maxBytes)}: ` +
        'remove what is not needed, leave it out with a filter, or raise maxBytes',
    );
  }

  duplicate(key: string): SourceError {
    return new SourceError(`${this.#where}: expected each key once, found ${quote(key)} more than once: choose among them with a ${this.#plan.what}({ filter }) or a query`);
  }
}

/** Visits the rows of a query, and gives others their turn in between. */
export async function eachRow(connection: SqlConnection, { sql, params }: Statement, visit: (row: Row) => void): Promise<void> {
  const turns = new Turns();
  for await (const batch of connection.rows(sql, params)) {
    for (const row of batch) visit(row);
    await turns.give();
  }
}
