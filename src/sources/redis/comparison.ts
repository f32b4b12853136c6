import { ConfigError } from '../../core/errors.js';
import type { Held } from './held.js';

/** Lets everybody else have a turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Bytes that a reading may have before it is broken off. */
export interface Limit {
  /** Begins the message. */
  readonly what: string;
  readonly maxBytes: number;
}

// After so many steps somebody else has a turn.
const stride = 5_000;

/** What entries are compared with. */
export type Before = Pick<ReadonlyMap<string, string> | Held, 'size' | 'get' | 'keys'>;

/** What is read piece by piece, against what is held: in the end both everything, and what leads there. */
export class Comparison {
  readonly entries = new Map<string, string>();
  /** The very same map where nothing is held. */
  readonly set: Map<string, string>;
  readonly #held: Before;
  readonly #limit: Limit;
  #bytes = 0;
  #kept = 0;

  constructor(held: Before, limit: Limit) {
    this.#held = held;
    this.set = held.size === 0 ? this.entries : new Map<string, string>();
    this.#limit = limit;
  }

  /** Bytes of UTF-8 of all keys and values. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * An entry. A scan may give one twice.
   *
   * @throws ConfigError CALUMMA_TOO_LARGE
   */
  put(key: string, value: string): void {
    const before = this.#held.get(key);
    this.#count(key, value, before !== undefined);
    this.entries.set(key, value);
    if (this.set === this.entries) return;
    if (before === value) this.set.delete(key);
    else this.set.set(key, value);
  }

  /** It is gone again. */
  drop(key: string): void {
    const value = this.entries.get(key);
    if (value === undefined) return;
    this.entries.delete(key);
    this.set.delete(key);
    this.#bytes -= Buffer.byteLength(key) + Buffer.byteLength(value);
    if (this.#held.get(key) !== undefined) this.#kept -= 1;
  }

  /** What is held and was not seen. */
  async removed(): Promise<Set<string>> {
    const removed = new Set<string>();
    if (this.#kept === this.#held.size) return removed;
    let steps = 0;
    for (const key of this.#held.keys()) {
      if (!this.entries.has(key)) removed.add(key);
      if (++steps % stride === 0) await breathe();
    }
    return removed;
  }

  #count(key: string, value: string, isHeld: boolean): void {
    const twice = this.entries.get(key);
    if (twice === undefined) {
      this.#bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
      if (isHeld) this.#kept += 1;
    } else if (twice !== value) {
      this.#bytes += Buffer.byteLength(value) - Buffer.byteLength(twice);
    }
    const { what, maxBytes } = this.#limit;
    if (this.#bytes <= maxBytes * 1.25) return;
    throw new ConfigError('CALUMMA_TOO_LARGE', `${what}: expected at most ${maxBytes} bytes of keys and values, found a quarter more and stopped reading`);
  }
}
