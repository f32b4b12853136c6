import type { Reading } from '../core/model.js';
import { merge } from '../core/reading.js';

/**
 * Readings on their way to a reader who may be slow: what waits is merged into one, so a burst costs no more memory
 * than the keys it touches, and the reader always ends in the last state.
 */
export class Mailbox {
  #waiting: Reading | undefined;
  #lost: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** What came has been fetched. */
  get isEmpty(): boolean {
    return this.#waiting === undefined;
  }

  put(reading: Reading): void {
    this.#waiting = this.#waiting === undefined ? reading : merge(this.#waiting, reading);
    this.#wake?.();
  }

  /** Puts what `make` gives; if it throws, the feed is lost. */
  take(make: () => Reading): void {
    try {
      this.put(make());
    } catch (error) {
      this.fail(error);
    }
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
