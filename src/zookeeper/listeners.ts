import type { Aborts } from './aborts.js';

/** Stops what the call that returned it has begun. */
export type Unsubscribe = () => void;

export interface ListenOptions {
  /** Ends it when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Those who want to hear of something.
 *
 * A listener runs in a microtask of its own: what is told and what is answered reach the program in the order in which
 * they came from the server, and nothing that a listener does happens in the middle of reading a reply.
 */
export class Listeners<T> {
  readonly #report: (error: unknown) => void;
  readonly #aborts: Aborts;
  readonly #all = new Set<{ readonly listener: (value: T) => unknown }>();

  constructor(report: (error: unknown) => void, aborts: Aborts) {
    this.#report = report;
    this.#aborts = aborts;
  }

  get size(): number {
    return this.#all.size;
  }

  add(listener: (value: T) => unknown, { signal }: ListenOptions = {}): Unsubscribe {
    const entry = { listener };
    this.#all.add(entry);
    const stopWaiting = this.#aborts.on(signal, () => this.#all.delete(entry));
    return () => {
      this.#all.delete(entry);
      stopWaiting();
    };
  }

  tell(value: T): void {
    for (const entry of this.#all) later(() => this.#all.has(entry), entry.listener, value, this.#report);
  }

  clear(): void {
    this.#all.clear();
  }
}

/** Calls a listener in a microtask, if it is still wanted then. What it throws, or its promise, is reported. */
export function later<T>(wanted: () => boolean, listener: (value: T) => unknown, value: T, report: (error: unknown) => void): void {
  queueMicrotask(() => {
    if (!wanted()) return;
    try {
      const result = listener(value);
      if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    }
  });
}
