/**
 * The data of the benchmark: made from a seed, so that every process that needs it makes the same.
 */

/** Keys of the large data set. */
export const keyCount = 100_000;
/** Bytes of key and value together, in UTF-8. 100,000 of them are 9.8 MB: a full configuration. */
const bytesPerKey = 98;

/**
 * Random numbers in [0, 1) from a seed (mulberry32).
 *
 * @param {number} seed
 */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @template T @param {T[]} items @param {() => number} next @returns {T[]} the same list, in another order */
export function shuffle(items, next) {
  for (let at = items.length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1));
    [items[at], items[other]] = [items[other], items[at]];
  }
  return items;
}

const services = ['gateway', 'checkout', 'catalog', 'recommendation', 'identity', 'billing', 'inventory', 'search'];
const settings = ['timeout', 'maxConnections', 'retry.backoff', 'endpoint', 'circuit.threshold', 'pool.size', 'cache.ttl'];

/** @param {number} index */
export function keyOf(index) {
  const service = services[index % services.length];
  const setting = settings[Math.floor(index / services.length) % settings.length];
  return flat(`${service}.${setting}.instance-${String(index).padStart(6, '0')}`);
}

const ascii = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.,;';
// Two and three bytes a letter in UTF-8, with Latin letters between them, as in texts shown to users.
const letters = [...'äöüßéèñçøåабвгдежзиклмнопрстуαβγδεζηθ東京都設定値接続', ...'abcdefghijklmnopqrstuvwxyz '];

/** @param {() => number} next @param {number} bytes @param {string | string[]} alphabet */
function textOf(next, bytes, alphabet) {
  let text = '';
  let left = bytes;
  while (left > 0) {
    const letter = alphabet[Math.floor(next() * alphabet.length)];
    const size = Buffer.byteLength(letter);
    text += size <= left ? letter : 'x'.repeat(left);
    left -= Math.min(size, left);
  }
  return text;
}

/**
 * A value that makes its entry as large as all others.
 *
 * @param {string} key @param {() => number} next
 */
export function valueOf(key, next) {
  return flat(textOf(next, bytesPerKey - key.length, ascii));
}

/** A string of its own memory, as a parser or a network client gives it, and not a tree of the parts it was added up from. */
function flat(text) {
  return Buffer.from(text).toString('utf8');
}

/** @param {number} [seed] @param {number} [count] @returns {[string, string][]} */
export function plainEntries(seed = 1, count = keyCount) {
  const next = random(seed);
  return Array.from({ length: count }, (_, index) => {
    const key = keyOf(index);
    return [key, valueOf(key, next)];
  });
}

/** @param {Iterable<[string, string]>} entries */
export function plainText(entries) {
  let text = '# settings of all services\n';
  for (const [key, value] of entries) text += `${key}=${value}\n`;
  return text;
}

/** @typedef {{ bytes: Buffer, entries: [string, string][] }} Sample a `.properties` file, and what it says */

/** No escapes, one comment. @returns {Sample} */
export function plainSample(count = keyCount) {
  const entries = plainEntries(1, count);
  return { bytes: Buffer.from(plainText(entries)), entries };
}

/**
 * As people write such files: a comment every eight lines, all three separators, blanks, one value in six with an
 * escape and one in twelve over several lines. @returns {Sample}
 */
export function mixedSample(count = keyCount) {
  const next = random(2);
  const entries = [];
  let text = '';
  for (let index = 0; index < count; index++) {
    const key = keyOf(index);
    if (index % 8 === 0) text += `# ${textOf(next, 40, ascii)}\n`;
    if (index % 40 === 0) text += '\n';
    const [value, written] = mixedValue(index, valueOf(key, next));
    text += `${key}${['=', ' = ', ': ', ' '][index % 4]}${written}\n`;
    entries.push([key, value]);
  }
  return { bytes: Buffer.from(text), entries };
}

/** @param {number} index @param {string} value @returns {[value: string, written: string]} */
function mixedValue(index, value) {
  const [head, tail] = [value.slice(0, 20), value.slice(20)];
  if (index % 12 === 1) return [value, `${head}\\\n    ${tail}`];
  if (index % 12 === 5) return [`${head}\t${tail}`, `${head}\\t${tail}`];
  if (index % 12 === 9) return [`${head}é=${tail}`, `${head}\\u00e9\\=${tail}`];
  return [value, value];
}

/** Values in several scripts, as UTF-8. @returns {Sample} */
export function foreignSample(count = keyCount) {
  const next = random(3);
  const entries = Array.from({ length: count }, (_, index) => {
    const key = keyOf(index);
    return [key, flat(textOf(next, bytesPerKey - key.length, letters).replace(/^ +/, (blanks) => 'x'.repeat(blanks.length)))];
  });
  return { bytes: Buffer.from(plainText(entries)), entries };
}

/** The same data as one flat JSON object. @param {[string, string][]} entries */
export function jsonText(entries) {
  return flat(JSON.stringify(Object.fromEntries(entries)));
}
