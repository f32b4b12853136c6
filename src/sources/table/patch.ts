import { walk } from '../turns.js';
import { Gathering } from './gather.js';
import type { TablePlan } from './plan.js';

/** What is known of a table's keys. */
export type Known = ReadonlyMap<string, string>;

/** A patch in the making: what rows say against what is known. */
export class Patch {
  readonly set = new Map<string, string>();
  readonly remove = new Set<string>();
  /** Keys that a row was found of, whatever its value. */
  readonly seen = new Set<string>();
  readonly gathering: Gathering;
  readonly #known: Known;
  readonly #valued = new Set<string>();

  constructor(known: Known, plan: TablePlan, maxBytes: number) {
    this.#known = known;
    this.gathering = new Gathering(plan, maxBytes);
  }

  get isEmpty(): boolean {
    return this.set.size === 0 && this.remove.size === 0;
  }

  /** How many keys there are with it. */
  get sizeAfter(): number {
    let added = 0;
    for (const key of this.set.keys()) if (!this.#known.has(key)) added += 1;
    return this.#known.size - this.remove.size + added;
  }

  /** A row: what it says is put in only if it is new. */
  readonly found = (key: string, value: string | undefined): void => {
    this.seen.add(key);
    if (value === undefined) {
      if (!this.#valued.has(key)) this.gone(key);
      return;
    }
    if (this.#valued.has(key)) throw this.gathering.duplicate(key);
    this.#valued.add(key);
    this.remove.delete(key);
    if (this.#known.get(key) !== value) this.set.set(key, value);
  };

  gone(key: string): void {
    if (this.#known.has(key)) this.remove.add(key);
  }

  /** Removes what is known and not among these. */
  async removeAllBut(present: { has(key: string): boolean }): Promise<void> {
    await walk(this.#known.keys(), (key) => {
      if (!present.has(key)) this.remove.add(key);
    });
  }

  /** Keys among these that nothing is known of. */
  async unknownAmong(present: Iterable<string>): Promise<Set<string>> {
    const unknown = new Set<string>();
    await walk(present, (key) => {
      if (!this.#known.has(key) && !this.set.has(key)) unknown.add(key);
    });
    return unknown;
  }

  async applyTo(known: Map<string, string>): Promise<void> {
    await walk(this.remove, (key) => known.delete(key));
    await walk(this.set, ([key, value]) => known.set(key, value));
  }
}
