import { SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { headVersion, type Chronicle } from './chronicle.js';
import { breathe, Comparison, type Before, type Limit } from './comparison.js';
import type { Command, Connection, Reply } from './connection.js';
import type { Whole } from './hash-reader.js';
import { escapeGlob, type Place } from './place.js';
import { Portion } from './portion.js';
import { scanned } from './scan.js';
import { keyText, valueText } from './text.js';

/** What keys hold now, by the names of properties; `undefined` is "gone". */
export interface Read {
  readonly values: ReadonlyMap<string, string | undefined>;
  readonly version: string | undefined;
}

// A prefix that is written all the time is read in one go then.
const patientTries = 4;
const keysAtOnce = 500;

/**
 * Reads the strings below a prefix. Redis can neither watch a prefix nor give all that lies below it as it is at one moment, so
 * what is scanned in portions may be of several moments. It is of one
 *  - if the keys that were told to have changed meanwhile are read again together ({@link PrefixReader.scan}, {@link PrefixReader.values}), or
 *  - if a second scan finds the very same ({@link PrefixReader.read}): it was so when the first one ended.
 */
export class PrefixReader {
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

  /**
   * Everything, as it was at one moment, without being told of changes.
   *
   * @throws SourceError, ConfigError CALUMMA_TOO_LARGE
   */
  async read(held: Before): Promise<Whole> {
    let found = await this.scan(held);
    let before: Before = held;
    for (let tries = 1; tries < patientTries; tries++) {
      if (found.set.size === 0 && (await found.removed()).size === 0) return this.#whole(held, found, before);
      before = found.entries;
      found = await this.scan(before);
    }
    return this.#atOnce(held, found);
  }

  /** One scan: of a key that is changed meanwhile it may give either state. */
  async scan(held: Before): Promise<Comparison> {
    const comparison = new Comparison(held, this.#limit);
    const portion = new Portion();
    for await (const names of this.#names()) {
      for (let at = 0; at < names.length; ) {
        const some = names.slice(at, at + Math.min(portion.count, keysAtOnce));
        const values = await this.#mget(some);
        portion.had(values, some.length);
        await this.#put(comparison, some, values);
        at += some.length;
      }
    }
    return comparison;
  }

  /**
   * What these keys hold, all at one moment.
   *
   * @param names of keys of Redis, below the prefix
   */
  async values(names: readonly string[]): Promise<Read> {
    const gets: Command[] = [];
    for (let at = 0; at < names.length; at += keysAtOnce) gets.push(['MGET', ...names.slice(at, at + keysAtOnce)]);
    const { replies } = await this.#connection.transaction(this.#where, [...gets, this.#chronicle.headCommand]);
    const done = replies ?? [];
    const found = done.slice(0, -1).flatMap((reply) => reply as readonly (Buffer | null)[]);
    await this.#checkTypes(names.filter((_name, index) => found[index] === null));
    const values = new Map<string, string | undefined>();
    for (const [index, name] of names.entries()) {
      const key = this.#keyOf(name);
      const value = found[index] ?? null;
      values.set(key, value === null ? undefined : valueText(this.#where, key, value));
      if (index % 2_000 === 1_999) await breathe();
    }
    return { values, version: headVersion(done.at(-1)) };
  }

  /** Of so many names of keys that should be there, how many are. */
  async present(names: readonly string[]): Promise<number> {
    const [reply] = await this.#connection.ask(this.#where, [names.length === 0 ? ['PING'] : ['EXISTS', ...names]]);
    return names.length === 0 ? 0 : Number(reply);
  }

  async #whole(held: Before, found: Comparison, compared: Before): Promise<Whole> {
    const [head] = await this.#connection.ask(this.#where, [this.#chronicle.headCommand]);
    const comparison = compared === held ? found : await this.#again(held, found.entries);
    return { comparison, version: headVersion(head) };
  }

  /**
   * All the keys that were found, in one go. What was there then, a scan finds afterwards: if it finds no other keys, none was missing.
   * Who creates keys all the time is not waited for.
   */
  async #atOnce(held: Before, found: Comparison): Promise<Whole> {
    const names = new Set([...found.entries.keys()].map((key) => this.#place.name + key));
    for (let tries = 1; ; tries++) {
      const { values, version } = await this.values([...names]);
      const before = names.size;
      for await (const some of this.#names()) for (const name of some) names.add(this.#place.name + this.#keyOf(name));
      if (names.size > before && tries < patientTries * 5) continue;
      const entries = [...values].filter((entry): entry is [string, string] => entry[1] !== undefined);
      return { comparison: await this.#again(held, entries), version };
    }
  }

  /** The names below the prefix, as a scan finds them. */
  async *#names(): AsyncGenerator<readonly Buffer[]> {
    const pattern = `${escapeGlob(this.#place.name)}*`;
    for await (const names of scanned(this.#connection, this.#where, (cursor) => ['SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000'])) {
      yield names.filter((name) => name.toString() !== this.#place.history);
    }
  }

  async #again(held: Before, entries: Iterable<readonly [string, string]>): Promise<Comparison> {
    const comparison = new Comparison(held, this.#limit);
    let steps = 0;
    for (const [key, value] of entries) {
      comparison.put(key, value);
      if (++steps % 5_000 === 0) await breathe();
    }
    return comparison;
  }

  async #mget(names: readonly Buffer[]): Promise<readonly (Buffer | null)[]> {
    const [reply] = await this.#connection.ask(this.#where, [['MGET', ...names]]);
    return reply as readonly (Buffer | null)[];
  }

  #keyOf(name: string | Buffer): string {
    const { length } = this.#place.name;
    return keyText(this.#where, typeof name === 'string' ? name.slice(length) : name.subarray(Buffer.byteLength(this.#place.name)));
  }

  async #put(comparison: Comparison, names: readonly Buffer[], values: readonly (Buffer | null)[]): Promise<void> {
    await this.#checkTypes(names.filter((_name, index) => values[index] === null));
    for (const [index, name] of names.entries()) {
      const value = values[index] ?? null;
      if (value === null) continue; // deleted since it was scanned
      const key = this.#keyOf(name);
      comparison.put(key, valueText(this.#where, key, value));
    }
  }

  /** MGET says of a list what it says of no key at all. */
  async #checkTypes(names: readonly (string | Buffer)[]): Promise<void> {
    if (names.length === 0) return;
    const types: readonly Reply[] = await this.#connection.ask(this.#where, names.map((name) => ['TYPE', name] as const));
    for (const [index, reply] of types.entries()) {
      const type = String(reply);
      if (type === 'none' || type === 'string') continue;
      throw new SourceError(
        `${this.#where}: expected strings, found a ${type} at ${quote(String(names[index]))}: delete or rename it, or choose another prefix`,
      );
    }
  }
}
