import { diff } from '../core/diff.js';
import type { FullReading, PatchReading, Reading, Source } from '../core/model.js';
import { entriesOf, textOf, type EntriesInput, type EntryValue } from '../core/entries.js';
import { Mailbox } from './mailbox.js';
import { checkFunction, checkOptions, checkText, optionError } from '../core/check.js';

export interface MemoryOptions {
  /** The layer's name, and the first word of its origins. Default `memory`. */
  readonly name?: string;
}

/** A layer that the program itself writes. */
export interface MemorySource extends Source {
  /** @throws ConfigError `CALUMMA_OPTION` for a key that is no string, or a value that is undefined, null or an object */
  set(key: string, value: EntryValue): void;
  /** Tells whether the key was there. */
  delete(key: string): boolean;
  /** Puts this in the place of everything, as one change. */
  replace(record: EntriesInput): void;
  readNow(): FullReading;
  attach(emit: (reading: Reading) => void): () => void;
}

/**
 * A layer in memory, for tests and for programs that bring their own feed: what is set is published before the call
 * returns. Setting what is already there publishes nothing. Origins read `memory:<key>`.
 *
 * @param record what it holds at first. Default: nothing
 * @throws ConfigError `CALUMMA_OPTION`
 * @example
 * const feed = memory({ 'gateway.limit': 100 });
 * feed.set('gateway.limit', 50);
 */
export function memory(record: EntriesInput = {}, options: MemoryOptions = {}): MemorySource {
  checkOptions('memory', options, ['name']);
  const { name = 'memory' } = options;
  checkText('memory({ name })', name);
  return new Memory(name, entriesOf('memory(record)', record));
}

class Memory implements MemorySource {
  readonly name: string;
  #entries: Map<string, string>;
  readonly #listeners = new Set<(patch: PatchReading) => void>();
  readonly #queue: PatchReading[] = [];
  #publishing = false;

  constructor(name: string, entries: Map<string, string>) {
    this.name = name;
    this.#entries = entries;
  }

  readonly #locate = (key: string): string | undefined => (this.#entries.has(key) ? `${this.name}:${key}` : undefined);

  set(key: string, value: EntryValue): void {
    checkKey('set', key);
    const text = textOf('memory.set(key, value)', key, value);
    if (this.#entries.get(key) === text) return;
    this.#entries.set(key, text);
    this.#publish(new Map([[key, text]]), new Set());
  }

  delete(key: string): boolean {
    checkKey('delete', key);
    const deleted = this.#entries.delete(key);
    if (deleted) this.#publish(new Map(), new Set([key]));
    return deleted;
  }

  replace(record: EntriesInput): void {
    const after = entriesOf('memory.replace(record)', record);
    const { set, remove } = diff(this.#entries, after);
    this.#entries = after;
    if (set.size > 0 || remove.size > 0) this.#publish(set, remove);
  }

  readNow(): FullReading {
    return { kind: 'full', entries: new Map(this.#entries), locate: this.#locate };
  }

  attach(emit: (reading: Reading) => void): () => void {
    checkFunction('memory.attach(emit)', emit);
    // A closure of its own, so that attaching one function twice is two attachments.
    const listener = (patch: PatchReading) => emit(patch);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async *readings(signal: AbortSignal): AsyncGenerator<Reading> {
    const mailbox = new Mailbox();
    mailbox.put(this.readNow());
    const detach = this.attach((reading) => mailbox.put(reading));
    try {
      yield* mailbox.readings(signal);
    } finally {
      detach();
    }
  }

  // A listener may write again; that patch must not overtake this one on its way to the next listener.
  #publish(set: ReadonlyMap<string, string>, remove: ReadonlySet<string>): void {
    this.#queue.push({ kind: 'patch', set, remove, locate: this.#locate });
    if (this.#publishing) return;
    this.#publishing = true;
    try {
      for (let patch = this.#queue.shift(); patch !== undefined; patch = this.#queue.shift()) {
        for (const listener of [...this.#listeners]) listener(patch);
      }
    } finally {
      this.#publishing = false;
    }
  }
}

function checkKey(method: string, key: unknown): asserts key is string {
  if (typeof key !== 'string') throw optionError(`memory.${method}(key)`, 'a string', key);
}
