/**
 * The one rule what lies below a prefix: `gateway` and `gateway.` both select the keys that begin with `gateway.` or
 * `gateway[`; `''` selects every key. Views, `keys(prefix)`, `bind` and `prefix.*` listeners all ask here.
 */

/** A prefix without the dots it may end in: how prefixes are compared. */
export function normalizePrefix(prefix: string): string {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === '.') end -= 1;
  return prefix.slice(0, end);
}

/**
 * The rule as a predicate, for many keys.
 *
 * @example ['gateway.limit', 'gateways'].filter(under('gateway')); // ['gateway.limit']
 */
export function under(prefix: string): (key: string) => boolean {
  const start = normalizePrefix(prefix);
  if (start === '') return () => true;
  return (key) => key.startsWith(start) && isBoundary(key[start.length]);
}

/** Whether `key` lies below `prefix`. The key equal to the prefix does not. */
export function isUnder(key: string, prefix: string): boolean {
  return under(prefix)(key);
}

/** The keys that `keys(prefix)` lists: the prefix itself and what lies below it; as a predicate, for many keys. */
export function atOrUnder(prefix: string): (key: string) => boolean {
  const start = normalizePrefix(prefix);
  const below = under(start);
  return (key) => key === start || below(key);
}

/** Whether `key` is `prefix` or lies below it. */
export function isAtOrUnder(key: string, prefix: string): boolean {
  return atOrUnder(prefix)(key);
}

/**
 * The name of a key as seen from below a prefix; a key that is not below it comes back as it is.
 *
 * @example
 * strip('gateway.limit', 'gateway');         // 'limit'
 * strip('gateway[0].host', 'gateway');       // '[0].host'
 * strip('gateway', 'gateway');               // ''
 */
export function strip(key: string, prefix: string): string {
  const start = normalizePrefix(prefix);
  if (start === '' || !isAtOrUnder(key, start)) return key;
  const rest = key.slice(start.length);
  // The dot stays where `join` could not tell that it was there: `gateway.[0]` is not `gateway[0]`.
  return rest.startsWith('.') && rest.length > 1 && !isBoundary(rest[1]) ? rest.slice(1) : rest;
}

/**
 * The full key of a name below a prefix: `join(prefix, strip(key, prefix))` is `key` again.
 *
 * @example
 * join('gateway.', 'limit');                 // 'gateway.limit'
 * join('gateway', '[0].host');               // 'gateway[0].host'
 */
export function join(prefix: string, name: string): string {
  const start = normalizePrefix(prefix);
  if (start === '' || name === '') return start + name;
  return isBoundary(name[0]) ? start + name : `${start}.${name}`;
}

/**
 * Every prefix but `''` that `key` lies below, shortest first: where `prefix.*` listeners are looked up.
 *
 * @example prefixesOf('a.b[0].c'); // ['a', 'a.b', 'a.b[0]']
 */
export function prefixesOf(key: string): string[] {
  const prefixes: string[] = [];
  for (let end = 1; end < key.length; end += 1) {
    if (isBoundary(key[end]) && key[end - 1] !== '.') prefixes.push(key.slice(0, end));
  }
  return prefixes;
}

function isBoundary(char: string | undefined): boolean {
  return char === '.' || char === '[';
}
