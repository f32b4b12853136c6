/** How often somebody may be wrong. */
export interface Patience {
  /** Wrong tokens from one address. */
  readonly most: number;
  /** Within so many ms. */
  readonly windowMs: number;
  /** Addresses that are remembered at a time. Default 10,000. */
  readonly addresses?: number;
}

interface Count {
  wrong: number;
  readonly since: number;
}

/** Counts wrong tokens by where they come from, so that trying them out takes too long to be of use. */
export class WrongTokens {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #addresses: number;
  readonly #counts = new Map<string, Count>();

  constructor({ most, windowMs, addresses = 10_000 }: Patience) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#addresses = addresses;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** ms until a token from there is looked at again; 0: now. */
  waitOf(address: string, now: number): number {
    const place = placeOf(address);
    const count = this.#counts.get(place);
    if (count === undefined) return 0;
    const left = count.since + this.#windowMs - now;
    if (left <= 0) this.#counts.delete(place);
    return left > 0 && count.wrong >= this.#most ? left : 0;
  }

  note(address: string, now: number): void {
    const place = placeOf(address);
    const count = this.#counts.get(place);
    if (count !== undefined && now - count.since < this.#windowMs) {
      count.wrong += 1;
      return;
    }
    this.#counts.delete(place);
    this.#counts.set(place, { wrong: 1, since: now });
    // The first in the map is the one whose time is up first.
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= this.#addresses) break;
      this.#counts.delete(oldest);
    }
  }
}

/** Who has one IPv6 address has 2^64 of them. */
function placeOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...(tail === undefined ? [] : zeros), ...after].slice(0, 4).join(':');
}
