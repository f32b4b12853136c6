import type { PatchReading, Reading } from '../core/model.js';

/**
 * Readings on their way to a reader who may be slow: what waits is merged into one, so a burst costs no more memory
 * than the keys it touches, and the reader always ends in the last state.
 */
export class Mailbox {
  #waiting: Reading | undefined;
  #lost: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  put(reading: Reading): void {
    this.#waiting = this.#waiting === undefined ? reading : merge(this.#waiting, reading);
    this.#wake?.();
  }

  /** The feed is lost: the reader gets `error` thrown, after what had arrived before it. */
  fail(error: unknown): void {
    this.#lost ??= { error };
    this.#wake?.();
  }

  /** What arrives, in order, until `signal` aborts. */
  async *readings(signal: AbortSignal): AsyncGenerator<Reading> {
    const wake = () => this.#wake?.();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const reading = this.#waiting;
        this.#waiting = undefined;
        if (reading !== undefined) yield reading;
        else if (this.#lost !== undefined) throw this.#lost.error;
        else await this.#arrival();
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** One reading that says what `first` and then `second` say. */
export function merge(first: Reading, second: Reading): Reading {
  if (second.kind === 'full') return second;
  const { kind: _kind, set: _set, remove: _remove, ...about } = second;
  return first.kind === 'full'
    ? { ...first, ...about, entries: applied(first.entries, second) }
    : { ...first, ...about, ...mergedPatch(first, second) };
}

function applied(entries: ReadonlyMap<string, string>, patch: PatchReading): Map<string, string> {
  const after = new Map(entries);
  for (const key of patch.remove) after.delete(key);
  for (const [key, value] of patch.set) after.set(key, value);
  return after;
}

function mergedPatch(first: PatchReading, second: PatchReading): Pick<PatchReading, 'set' | 'remove'> {
  const set = new Map(first.set);
  const remove = new Set(first.remove);
  for (const key of second.remove) {
    set.delete(key);
    remove.add(key);
  }
  for (const [key, value] of second.set) {
    set.set(key, value);
    remove.delete(key);
  }
  return { set, remove };
}
