import type { Row } from '../table/contract.js';
import type { MysqlClient, MysqlField, MysqlQueryOptions } from './client.js';
import { decoderOf } from './values.js';

/** A batch is handed on when it has so many rows, or so many bytes: what is done with it must not hold the event loop. */
const batchRows = 2_000;
const batchBytes = 256 * 1024;

const bytesOf: MysqlQueryOptions['typeCast'] = (field) => field.buffer();

/**
 * What one statement gives, batch by batch. While a batch is not asked for, nothing is taken off the wire, so that neither side
 * piles up rows.
 */
export class Answer {
  readonly #client: MysqlClient;
  #decoders: readonly ((bytes: Buffer) => unknown)[] = [];
  #names: readonly string[] = [];
  #rows: Row[] = [];
  #bytes = 0;
  #paused = false;
  #ended = false;
  #failure: { readonly thrown: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(client: MysqlClient, sql: string) {
    this.#client = client;
    const query = client.query({ sql, values: [], rowsAsArray: true, typeCast: bytesOf, nestTables: false, namedPlaceholders: false });
    query.on('fields', (fields) => this.#describe(fields ?? []));
    query.on('result', (row) => this.#take(row));
    query.on('error', (thrown) => this.fail(thrown));
    query.on('end', () => this.#end());
  }

  /** All of it was taken in: the connection can be asked the next thing. */
  get isDone(): boolean {
    return this.#ended;
  }

  /** The columns; known at the end, or with the first batch. */
  get names(): readonly string[] {
    return this.#names;
  }

  /**
   * The next batch; `undefined` at the end.
   *
   * @throws what the client throws
   */
  async next(): Promise<readonly Row[] | undefined> {
    if (this.#paused) await this.#goOn();
    if (!this.#isSettled()) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failure !== undefined) throw this.#failure.thrown;
    return this.#rows.length === 0 ? undefined : this.#handOver();
  }

  /** The connection is gone: it tells nobody but itself. */
  fail(thrown: unknown): void {
    this.#failure ??= { thrown };
    this.#wakeUp();
  }

  /** Others have their turn first: as long as there is something on the wire, the system would read on and on. */
  async #goOn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#paused = false;
    if (this.#failure === undefined) this.#client.resume();
  }

  #isSettled(): boolean {
    return this.#paused || this.#ended || this.#failure !== undefined;
  }

  #describe(fields: readonly MysqlField[]): void {
    this.#decoders = fields.map(decoderOf);
    this.#names = fields.map(({ name }) => name);
  }

  // A statement without rows gives something else here, before which no columns were described.
  #take(row: unknown): void {
    if (this.#decoders.length === 0) return;
    const decoded: unknown[] = [];
    for (const [column, bytes] of (row as readonly (Buffer | null)[]).entries()) {
      this.#bytes += bytes?.length ?? 0;
      decoded.push(bytes === null ? null : this.#decoders[column]?.(bytes));
    }
    this.#rows.push(decoded);
    if (this.#rows.length < batchRows && this.#bytes < batchBytes) return;
    this.#paused = true;
    this.#client.pause();
    this.#wakeUp();
  }

  #handOver(): readonly Row[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    return rows;
  }

  #end(): void {
    this.#ended = true;
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
