import { type Entry, newEntry } from './entry.js';

export interface Whole {
  readonly values: Readonly<Record<string, string>>;
  readonly masked?: readonly string[];
}

/** What the feed says of one key. */
export interface KeyChange {
  readonly key: string;
  /** `undefined`: it is gone. */
  readonly value: string | undefined;
  /** The value is a secret, and is not shown as it is. */
  readonly masked?: boolean;
}

const freshMs = 4_000;

/** Every key of a namespace, in order. */
export class Catalogue {
  #entries: Entry[] = [];
  readonly #byKey = new Map<string, Entry>();

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  find(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** Takes a whole set. What is known of keys that stay is kept. */
  replace({ values, masked = [] }: Whole): void {
    const secrets = new Set(masked);
    const known = new Map(this.#byKey);
    this.#byKey.clear();
    for (const key of Object.keys(values)) {
      const entry = newEntry(key, values[key] ?? '', secrets.has(key));
      entry.changedAt = known.get(key)?.changedAt;
      this.#byKey.set(key, entry);
    }
    this.#sort();
  }

  /** @returns whether keys came or went: then the rows are others. */
  apply(changes: readonly KeyChange[], at: number, now: number): boolean {
    let moved = false;
    for (const { key, value, masked = false } of changes) {
      const entry = this.#byKey.get(key);
      if (value === undefined) {
        moved = this.#byKey.delete(key) || moved;
      } else if (entry === undefined) {
        this.#byKey.set(key, marked(newEntry(key, value, masked), at, now));
        moved = true;
      } else {
        entry.masked = masked;
        entry.value = value;
        entry.haystack = undefined;
        marked(entry, at, now);
      }
    }
    if (moved) this.#sort();
    return moved;
  }

  /** What happened before the page was opened. */
  remember(key: string, at: number): void {
    const entry = this.#byKey.get(key);
    if (entry !== undefined) entry.changedAt = Math.max(entry.changedAt ?? 0, at);
  }

  #sort(): void {
    // By code units: 100,000 keys take 40 ms, and localeCompare a second.
    this.#entries = [...this.#byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

function marked(entry: Entry, at: number, now: number): Entry {
  entry.changedAt = at;
  entry.freshUntil = now + freshMs;
  return entry;
}
