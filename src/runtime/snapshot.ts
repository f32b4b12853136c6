import { isAtOrUnder } from '../core/prefix.js';
import type { Snapshot } from '../core/model.js';

/** The live values that snapshots look through to. */
export interface LiveValues {
  value(key: string): string | undefined;
  listed(): Iterable<string>;
}

type Values = Map<string, string | undefined>;

/**
 * A snapshot is the live values plus what has moved since it was taken: taking one copies nothing, and each
 * publish writes the values it replaces into the snapshots that somebody still holds.
 */
export class LiveSnapshot implements Snapshot {
  readonly version: number;
  readonly #live: LiveValues;
  readonly #overlay: Values;
  /** Keys of the overlay that answer without being listed, as an environment variable does under a dotted key. */
  readonly #unlisted = new Set<string>();

  constructor(version: number, live: LiveValues, overlay: Values = new Map()) {
    this.version = version;
    this.#live = live;
    this.#overlay = overlay;
  }

  get size(): number {
    return this.keys().length;
  }

  get(key: string): string | undefined {
    return this.#overlay.has(key) ? this.#overlay.get(key) : this.#live.value(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  keys(prefix = ''): string[] {
    const keys: string[] = [];
    for (const key of this.#live.listed()) {
      if (isAtOrUnder(key, prefix) && !this.#overlay.has(key)) keys.push(key);
    }
    for (const [key, value] of this.#overlay) {
      if (value !== undefined && !this.#unlisted.has(key) && isAtOrUnder(key, prefix)) keys.push(key);
    }
    return keys;
  }

  entries(prefix = ''): [string, string][] {
    return this.keys(prefix).map((key) => [key, this.get(key) ?? '']);
  }

  /** Sets a value apart from the live one: that which is about to be replaced, or that which would be. */
  keep(key: string, before: string | undefined, listed: boolean): void {
    if (this.#overlay.has(key)) return;
    this.#overlay.set(key, before);
    if (!listed) this.#unlisted.add(key);
  }
}

/** The snapshots that are still in somebody's hands. */
export class SnapshotShelf {
  #held: WeakRef<LiveSnapshot>[] = [];
  #latest: WeakRef<LiveSnapshot> | undefined;

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  take(version: number, live: LiveValues): LiveSnapshot {
    const latest = this.#latest?.deref();
    if (latest?.version === version) return latest;
    const snapshot = new LiveSnapshot(version, live);
    this.#latest = this.add(snapshot);
    return snapshot;
  }

  /** The next one taken is a new one, even at the same version. */
  renew(): void {
    this.#latest = undefined;
  }

  add(snapshot: LiveSnapshot): WeakRef<LiveSnapshot> {
    const ref = new WeakRef(snapshot);
    this.#held.push(ref);
    return ref;
  }

  /** Those still held; the others are forgotten on the way. */
  alive(): LiveSnapshot[] {
    const alive: LiveSnapshot[] = [];
    this.#held = this.#held.filter((ref) => {
      const snapshot = ref.deref();
      if (snapshot !== undefined) alive.push(snapshot);
      return snapshot !== undefined;
    });
    return alive;
  }
}
