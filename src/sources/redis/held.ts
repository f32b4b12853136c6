import type { Comparison } from './comparison.js';

/** What is other than held. */
export interface Difference {
  readonly set: Map<string, string>;
  readonly remove: Set<string>;
  /** Keys more than before. */
  readonly growth: number;
}

/**
 * What a session has given so far: a map that was handed over for good, and what has changed since. To copy a map of 100,000 entries
 * would hold the event loop, and so would growing two of them at once.
 */
export class Held {
  #base: ReadonlyMap<string, string> = new Map();
  #changed = new Map<string, string | undefined>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): string | undefined {
    return this.#changed.has(key) ? this.#changed.get(key) : this.#base.get(key);
  }

  *keys(): Generator<string> {
    for (const key of this.#base.keys()) if (!this.#changed.has(key)) yield key;
    for (const [key, value] of this.#changed) if (value !== undefined) yield key;
  }

  /** @param base nobody changes it from now on */
  replace(base: ReadonlyMap<string, string>): void {
    this.#base = base;
    this.#changed = new Map();
    this.#size = base.size;
  }

  /** @param now what keys have become; `undefined`: gone */
  differenceTo(now: Iterable<readonly [key: string, value: string | undefined]>): Difference {
    const set = new Map<string, string>();
    const remove = new Set<string>();
    let growth = 0;
    for (const [key, value] of now) {
      const before = this.get(key);
      if (value === undefined && before !== undefined) remove.add(key);
      if (value !== undefined && value !== before) set.set(key, value);
      growth += Number(value !== undefined) - Number(before !== undefined);
    }
    return { set, remove, growth };
  }

  /**
   * Everything has been read and compared with this: holds it.
   *
   * @returns the keys that are gone
   */
  async takeAll(comparison: Comparison): Promise<Set<string>> {
    const remove = await comparison.removed();
    if (this.size === 0) this.replace(comparison.entries);
    else this.apply(comparison.set, remove);
    return remove;
  }

  apply(set: ReadonlyMap<string, string>, remove: ReadonlySet<string>): void {
    for (const key of remove) this.#put(key, undefined);
    for (const [key, value] of set) this.#put(key, value);
  }

  #put(key: string, value: string | undefined): void {
    this.#size += Number(value !== undefined) - Number(this.get(key) !== undefined);
    // What came and went leaves nothing behind.
    if (value === undefined && !this.#base.has(key)) this.#changed.delete(key);
    else this.#changed.set(key, value);
  }
}
