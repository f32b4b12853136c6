// Two functions, or two schemas, cannot be told apart by name, yet handles are shared by the id of their type. The numbers
// are the only thing this module remembers; they mean nothing but "the same object or not" and hold no object alive.
const numbers = new WeakMap<object, number>();
let last = 0;

/** A number that the object keeps for as long as it lives, and no other has. */
export function identityOf(thing: object): number {
  const known = numbers.get(thing);
  if (known !== undefined) return known;
  last += 1;
  numbers.set(thing, last);
  return last;
}
