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
