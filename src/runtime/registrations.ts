import type { ChangeListener } from './api.js';

/** One registration among several: the same function may be registered twice. */
export interface Entry<T> {
  readonly call: ChangeListener<T>;
}

/** What takes a registration off again. */
export type Registered<T> = ChangeListener<T> | Entry<T>;

/**
 * The listeners of one property. Most properties have one, and there may be 100,000 of them: so no list, and no record,
 * for one.
 */
export type Registrations<T> = ChangeListener<T> | Set<Entry<T>> | undefined;

/** Those held with one more, and how to take that off. */
export function added<T>(held: Registrations<T>, listener: ChangeListener<T>): { all: Registrations<T>; registered: Registered<T> } {
  if (held === undefined) return { all: listener, registered: listener };
  const registered = { call: listener };
  return { all: typeof held === 'function' ? new Set([{ call: held }, registered]) : held.add(registered), registered };
}

export function removed<T>(held: Registrations<T>, registered: Registered<T>): Registrations<T> {
  if (!(held instanceof Set)) return undefined;
  // Registered when it was the only one.
  const entry = typeof registered === 'function' ? [...held].find(({ call }) => call === registered) : registered;
  if (entry !== undefined) held.delete(entry);
  return held.size === 0 ? undefined : held;
}

/** Those to be told, as of now; `isStill` says before each call whether it was taken off meanwhile. */
export function toldBy<T>(held: Registrations<T>): readonly { call: ChangeListener<T>; isStill: (now: Registrations<T>) => boolean }[] {
  if (held === undefined) return [];
  if (typeof held === 'function') return [{ call: held, isStill: (now) => now === held || now instanceof Set }];
  return [...held].map((entry) => ({ call: entry.call, isStill: () => held.has(entry) }));
}
