import { kindOf } from '../../core/check.js';
import { ConfigError, SourceError } from '../../core/errors.js';
import type { Reading } from '../../core/model.js';
import { quote } from '../../core/redact.js';
import { storedKey, storedValue } from '../store/stored.js';
import { Turns } from '../turns.js';

const readAtOnce = 1_000;

/** Entries that `load` gave, checked as those of any store are. */
export class Gathering {
  readonly #where: string;
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes reading stops at a quarter more: that much can only be refused */
  constructor(where: string, maxBytes: number) {
    this.#where = where;
    this.#maxBytes = maxBytes * 1.25;
  }

  /** A map of our own of an object, a Map, or pairs that may come one after the other: a cursor is left once `signal` aborts. */
  async entries(input: unknown, signal: AbortSignal): Promise<Map<string, string>> {
    const entries = new Map<string, string>();
    const turns = new Turns();
    let read = 0;
    for await (const pair of pairsOf(this.#where, input)) {
      signal.throwIfAborted();
      this.#put(entries, pair);
      read += 1;
      if (read % readAtOnce === 0) await turns.give();
    }
    return entries;
  }

  #put(entries: Map<string, string>, pair: unknown): void {
    if (!Array.isArray(pair) || pair.length !== 2) throw unusable(this.#where, 'pairs of key and value', pair);
    const key = storedKey(this.#where, pair[0]);
    const value = storedValue(this.#where, key, pair[1]);
    if (value === undefined) return;
    if (entries.has(key)) throw new SourceError(`${this.#where}: expected each key once, found ${quote(key)} more than once`);
    entries.set(key, value);
    this.#count(key, value);
  }

  #count(key: string, value: string): void {
    this.#bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    if (this.#bytes <= this.#maxBytes) return;
    throw new ConfigError(
      'CALUMMA_TOO_LARGE',
      `${this.#where}: expected at most ${Math.round(this.#maxBytes / 1.25)} bytes of keys and values, found more than ${Math.round(this.#maxBytes)}: ` +
        'leave out what is not needed, or raise maxBytes',
    );
  }
}

/** `{ kind: 'full', entries: Map }`: an object of entries has only texts, so the two cannot be mistaken. */
export function isReading(loaded: unknown): loaded is Reading {
  if (typeof loaded !== 'object' || loaded === null || !('kind' in loaded)) return false;
  const { kind, entries, set, remove } = loaded as Partial<Record<'kind' | 'entries' | 'set' | 'remove', unknown>>;
  if (kind === 'full') return entries instanceof Map;
  return kind === 'patch' && set instanceof Map && remove instanceof Set;
}

function pairsOf(where: string, input: unknown): Iterable<unknown> | AsyncIterable<unknown> {
  if (typeof input === 'object' && input !== null) {
    if (Symbol.asyncIterator in input) return input as AsyncIterable<unknown>;
    if (Symbol.iterator in input) return input as Iterable<unknown>;
    // Not a Date, nor anything else that would look like an object without keys.
    if (Object.prototype.toString.call(input) === '[object Object]') return Object.entries(input);
  }
  throw unusable(where, 'an object, a Map or pairs of key and value', input);
}

function unusable(where: string, expected: string, found: unknown): ConfigError {
  return new ConfigError('CALUMMA_READING', `${where}: expected ${expected}, found ${kindOf(found)}`);
}
