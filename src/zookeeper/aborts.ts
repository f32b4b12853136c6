/**
 * Waits for signals on behalf of many. However many calls share a signal, it has one listener from here: Node warns of a
 * leak from the eleventh on. When nobody waits any more, there is none.
 */
export class Aborts {
  readonly #waiting = new Map<AbortSignal, Waiters>();

  /** Calls `act` when the signal aborts; at once if it has. @returns what ends the waiting */
  on(signal: AbortSignal | undefined, act: () => void): () => void {
    if (signal === undefined) return nothing;
    if (signal.aborted) {
      act();
      return nothing;
    }
    const waiters = this.#waiting.get(signal) ?? this.#listen(signal);
    const waiter = { act };
    waiters.all.add(waiter);
    return () => {
      if (waiters.all.delete(waiter) && waiters.all.size === 0) this.#leave(signal, waiters);
    };
  }

  #listen(signal: AbortSignal): Waiters {
    const all = new Set<{ readonly act: () => void }>();
    const waiters: Waiters = {
      all,
      abort: () => {
        this.#waiting.delete(signal);
        const asked = [...all];
        all.clear();
        for (const { act } of asked) act();
      },
    };
    signal.addEventListener('abort', waiters.abort, { once: true });
    this.#waiting.set(signal, waiters);
    return waiters;
  }

  #leave(signal: AbortSignal, { abort }: Waiters): void {
    signal.removeEventListener('abort', abort);
    this.#waiting.delete(signal);
  }
}

interface Waiters {
  readonly all: Set<{ readonly act: () => void }>;
  readonly abort: () => void;
}

const nothing = (): void => undefined;
