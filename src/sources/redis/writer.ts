import { quote } from '../../core/redact.js';
import type { HistoryEntry, Written } from '../../core/writable.js';
import { checkStoreBytes, conflict, maxStoreBytes, type CheckedWrite } from '../store/write.js';
import { Chronicle, unwritten } from './chronicle.js';
import type { Limit } from './comparison.js';
import { Connection } from './connection.js';
import type { Dial } from './dial.js';
import { HashReader } from './hash-reader.js';
import { placeName, type Place } from './place.js';
import { PrefixReader } from './prefix-reader.js';
import { writeScript } from './script.js';

/** What the store came to when it was counted. */
interface Count {
  readonly version: string;
  readonly bytes: number;
  /** Until when it is believed, though others may have written. */
  readonly goodUntil: number;
}

type Answer = readonly [word: string, ...facts: readonly string[]];

// Counting may take a hundredth of the time.
const restFactor = 100;
const longestMs = 60_000;

/** Writes, each on a connection of its own: a source has no end at which one could be closed. */
export class Writer {
  readonly #dial: Dial;
  readonly #place: Place;
  #count: Count | undefined;

  constructor(dial: Dial, place: Place) {
    this.#dial = dial;
    this.#place = place;
  }

  /** @throws ConfigError `CALUMMA_CONFLICT`, `CALUMMA_TOO_LARGE`, SourceError */
  async write(what: string, write: CheckedWrite): Promise<Written> {
    return this.#with(async (connection) => {
      const fresh = this.#count !== undefined && performance.now() < this.#count.goodUntil;
      let answer: Answer = ['count'];
      if (fresh) answer = await this.#run(connection, write);
      // What others have written meanwhile may have made it smaller.
      if (answer[0] === 'count' || answer[0] === 'large') {
        await this.#recount(connection);
        answer = await this.#run(connection, write);
      }
      return this.#written(what, write, answer);
    });
  }

  /** @throws SourceError */
  async history(key: string | undefined, limit: number): Promise<HistoryEntry[]> {
    return this.#with(async (connection) => (await Chronicle.of(connection, this.#dial.what, this.#place)).entries(key, limit));
  }

  #written(what: string, { expectedVersion = '' }: CheckedWrite, [word, ...facts]: Answer): Written {
    const [first = '', present = '', key = ''] = facts;
    if (word === 'done') {
      if (this.#count !== undefined) this.#count = { ...this.#count, version: first, bytes: Number(present) };
      return { version: first };
    }
    if (word === 'conflict') {
      throw conflict(what, expectedVersion, first === 'key' ? `${quote(key)} was changed since, the store is at ${present}` : `the history knows no such version, the store is at ${present}`);
    }
    checkStoreBytes(what, Number(first));
    throw new Error(`the script answered ${quote(word)}`);
  }

  async #run(connection: Connection, write: CheckedWrite): Promise<Answer> {
    const { kind, name, history, historyLength } = this.#place;
    const changes = [...changesOf(write)];
    const keys = kind === 'hash' ? [name] : changes.map(([key]) => name + key);
    const { version = '', bytes = 0 } = this.#count ?? {};
    const facts = [kind, write.author, write.reason, write.expectedVersion ?? '', version, bytes, maxStoreBytes, historyLength].map(String);
    const [reply] = await connection.ask(`${this.#dial.what}: writing ${placeName(this.#place)}`, [
      ['EVAL', writeScript, String(keys.length + 1), history, ...keys, ...facts, ...changes.flat()],
    ]);
    return (reply as readonly Buffer[]).map(String) as unknown as Answer;
  }

  async #recount(connection: Connection): Promise<void> {
    const begun = performance.now();
    const where = `${this.#dial.what}: ${placeName(this.#place)}`;
    const limit: Limit = { what: where, maxBytes: maxStoreBytes };
    const chronicle = await Chronicle.of(connection, this.#dial.what, this.#place);
    const Reader = this.#place.kind === 'hash' ? HashReader : PrefixReader;
    const { comparison, version = unwritten } = await new Reader(connection, where, this.#place, chronicle, limit).read(new Map());
    const now = performance.now();
    this.#count = { version, bytes: comparison.bytes, goodUntil: now + Math.min(longestMs, restFactor * (now - begun)) };
  }

  async #with<T>(act: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await Connection.open(this.#dial);
    try {
      return await act(connection);
    } finally {
      connection.close();
    }
  }
}

function* changesOf({ set, remove }: CheckedWrite): Generator<readonly [key: string, what: 'set' | 'remove', value: string]> {
  for (const [key, value] of set) yield [key, 'set', value];
  for (const key of remove) yield [key, 'remove', ''];
}
