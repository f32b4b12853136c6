import { breathe, Comparison, type Before, type Limit } from './comparison.js';
import { headVersion, type Chronicle } from './chronicle.js';
import type { Command, Connection, Reply } from './connection.js';
import type { Place } from './place.js';
import { Portion } from './portion.js';
import { scanned } from './scan.js';
import { keyText, valueText } from './text.js';

/** Everything, as it was at one moment. */
export interface Whole {
  readonly comparison: Comparison;
  readonly version: string | undefined;
}

// A hash that is written all the time is read in one go then.
const patientTries = 3;

/**
 * Reads a whole hash as it was at one moment: in portions, while the hash is watched (`WATCH`), and again if it was changed
 * meanwhile. One that is never left in peace is read in one go, which holds the server for as long as that takes.
 *
 *   WATCH ─ HSCAN ─ HSCAN … ─ MULTI, version, EXEC ─┬─ done, and watched from here on
 *     └──────────── changed meanwhile ──────────────┘
 */
export class HashReader {
  readonly #connection: Connection;
  readonly #where: string;
  readonly #place: Place;
  readonly #chronicle: Chronicle;
  readonly #limit: Limit;

  constructor(connection: Connection, where: string, place: Place, chronicle: Chronicle, limit: Limit) {
    this.#connection = connection;
    this.#where = where;
    this.#place = place;
    this.#chronicle = chronicle;
    this.#limit = limit;
  }

  get watchCommand(): Command {
    return ['WATCH', this.#place.name];
  }

  /**
   * Reads it, and leaves it watched.
   *
   * @throws SourceError, ConfigError CALUMMA_TOO_LARGE
   */
  async read(held: Before): Promise<Whole> {
    for (let tries = 0; tries < patientTries; tries++) {
      const comparison = await this.#scan(held);
      const { replies } = await this.#connection.transaction(this.#where, [this.#chronicle.headCommand], [this.watchCommand]);
      if (replies !== undefined) return { comparison, version: headVersion(replies[0]) };
    }
    return this.#atOnce(held);
  }

  async #scan(held: Before): Promise<Comparison> {
    const comparison = new Comparison(held, this.#limit);
    const portion = new Portion();
    await this.#connection.ask(this.#where, [['UNWATCH'], this.watchCommand]);
    for await (const fields of scanned(this.#connection, this.#where, (cursor) => ['HSCAN', this.#place.name, cursor, 'COUNT', String(portion.count)])) {
      await this.#put(comparison, fields);
      portion.had(fields);
    }
    return comparison;
  }

  async #atOnce(held: Before): Promise<Whole> {
    const comparison = new Comparison(held, this.#limit);
    await this.#connection.ask(this.#where, [['UNWATCH']]);
    const { replies } = await this.#connection.transaction(
      this.#where,
      [this.#chronicle.headCommand, ['HGETALL', this.#place.name]],
      [this.watchCommand],
    );
    // Watched only after the reading, in the same breath: a server takes what comes in one packet without a pause.
    const [head, fields] = replies as readonly [Reply, readonly Buffer[]];
    await this.#put(comparison, fields);
    return { comparison, version: headVersion(head) };
  }

  async #put(comparison: Comparison, fields: readonly Buffer[]): Promise<void> {
    let key = '';
    for (const [at, bytes] of fields.entries()) {
      if (at % 2 === 0) key = keyText(this.#where, bytes);
      else comparison.put(key, valueText(this.#where, key, bytes));
      if (at % 4_000 === 3_999) await breathe();
    }
  }
}
