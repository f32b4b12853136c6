/**
 * A hash of a set of entries that can be kept up to date: the sum of the hashes of its entries, so that one changed key costs one
 * hash, and the order of the keys does not matter. For telling contents apart, not against somebody who looks for collisions.
 */
export interface SetHash {
  readonly high: number;
  readonly low: number;
}

export function plus(hash: SetHash, key: string, value: string): SetHash {
  const one = entryHash(key, value);
  return { high: (hash.high + one.high) >>> 0, low: (hash.low + one.low) >>> 0 };
}

export function minus(hash: SetHash, key: string, value: string): SetHash {
  const one = entryHash(key, value);
  return { high: (hash.high - one.high) >>> 0, low: (hash.low - one.low) >>> 0 };
}

export function hashOf(entries: Iterable<readonly [string, string]>): SetHash {
  let [high, low] = [0, 0];
  for (const [key, value] of entries) {
    const one = entryHash(key, value);
    high = (high + one.high) >>> 0;
    low = (low + one.low) >>> 0;
  }
  return { high, low };
}

/** As an HTTP entity tag: `"0123456789abcdef"`. */
export function tagOf({ high, low }: SetHash): string {
  return `"${hex(high)}${hex(low)}"`;
}

/** The entity tag of one value. */
export function tagOfValue(value: string): string {
  return tagOf(entryHash('', value));
}

// cyrb53's two lanes (multiply and rotate, cross-mixed at the end), with both lanes kept whole. The length of the key goes in first, so that
// no key and value run into each other.
function entryHash(key: string, value: string): SetHash {
  let h1 = 0xdeadbeef ^ key.length;
  let h2 = 0x41c6ce57 ^ key.length;
  for (let at = 0; at < key.length; at += 1) {
    const char = key.charCodeAt(at);
    h1 = Math.imul(h1 ^ char, 2_654_435_761);
    h2 = Math.imul(h2 ^ char, 1_597_334_677);
  }
  for (let at = 0; at < value.length; at += 1) {
    const char = value.charCodeAt(at);
    h1 = Math.imul(h1 ^ char, 2_654_435_761);
    h2 = Math.imul(h2 ^ char, 1_597_334_677);
  }
  const mixed1 = Math.imul(h1 ^ (h1 >>> 16), 2_246_822_507) ^ Math.imul(h2 ^ (h2 >>> 13), 3_266_489_909);
  const mixed2 = Math.imul(h2 ^ (h2 >>> 16), 2_246_822_507) ^ Math.imul(mixed1 ^ (mixed1 >>> 13), 3_266_489_909);
  return { high: mixed2 >>> 0, low: mixed1 >>> 0 };
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
