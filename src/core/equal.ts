/**
 * Whether two values say the same, as a listener would see it.
 *
 * Arrays, plain objects, maps, sets, dates, URLs, regular expressions and byte arrays are compared by content, everything else
 * (instances of other classes, functions) by identity: their content may be private, and a change missed is worse than one
 * told twice. Iterative, so that depth costs no stack; values that contain themselves are fine.
 *
 * @example deepEqual({ a: [1] }, { a: [1] }); // true
 */
export function deepEqual(a: unknown, b: unknown): boolean {
  const pending: Pair[] = [[a, b]];
  const assumed = new Map<object, Set<object>>();
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [left, right] = pair;
    if (Object.is(left, right) || left === right) continue;
    if (!isObject(left) || !isObject(right)) return false;
    if (isAssumed(assumed, left, right)) continue;
    const parts = contentPairs(left, right);
    if (parts === undefined) return false;
    for (const part of parts) pending.push(part);
  }
  return true;
}

type Pair = readonly [unknown, unknown];

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether the pair was met before; a pair under comparison counts as equal until something differs. */
function isAssumed(assumed: Map<object, Set<object>>, left: object, right: object): boolean {
  const partners = assumed.get(left);
  if (partners === undefined) {
    assumed.set(left, new Set([right]));
    return false;
  }
  if (partners.has(right)) return true;
  partners.add(right);
  return false;
}

/** What must be equal for the two to be equal; `undefined` when they differ already. */
function contentPairs(left: object, right: object): Pair[] | undefined {
  const prototype: unknown = Object.getPrototypeOf(left);
  if (prototype !== Object.getPrototypeOf(right)) return undefined;
  if (Array.isArray(left) && Array.isArray(right)) return arrayPairs(left, right);
  if (left instanceof Map && right instanceof Map) return mapPairs(left, right);
  if (left instanceof Set && right instanceof Set) return setPairs(left, right);
  if (left instanceof Date && right instanceof Date) return [[left.getTime(), right.getTime()]];
  if (left instanceof URL && right instanceof URL) return [[left.href, right.href]];
  if (left instanceof RegExp && right instanceof RegExp) return [[String(left), String(right)]];
  if (left instanceof Uint8Array && right instanceof Uint8Array) return bytesEqual(left, right) ? [] : undefined;
  return prototype === Object.prototype || prototype === null ? objectPairs(left, right) : undefined;
}

function arrayPairs(left: readonly unknown[], right: readonly unknown[]): Pair[] | undefined {
  return left.length === right.length ? left.map((item, index) => [item, right[index]]) : undefined;
}

function mapPairs(left: ReadonlyMap<unknown, unknown>, right: ReadonlyMap<unknown, unknown>): Pair[] | undefined {
  if (left.size !== right.size) return undefined;
  const pairs: Pair[] = [];
  for (const [key, value] of left) {
    if (!right.has(key)) return undefined;
    pairs.push([value, right.get(key)]);
  }
  return pairs;
}

/** Members that are objects are compared in the order they stand in: any order would cost the square of the size. */
function setPairs(left: ReadonlySet<unknown>, right: ReadonlySet<unknown>): Pair[] | undefined {
  if (left.size !== right.size) return undefined;
  const missing = [...left].filter((item) => !right.has(item));
  const extra = [...right].filter((item) => !left.has(item));
  return arrayPairs(missing, extra);
}

function objectPairs(left: object, right: object): Pair[] | undefined {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return undefined;
  // Own keys only: a `__proto__` that came out of JSON is one, the inherited accessor is not.
  if (!names.every((name) => Object.hasOwn(right, name))) return undefined;
  return names.map((name) => [Reflect.get(left, name), Reflect.get(right, name)]);
}

function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
