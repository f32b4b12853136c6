import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigError } from '../core/errors.js';
import { standaloneHost, type Reading, type Source, type SourceHost } from '../core/model.js';
import type { Rig } from './rig.js';

/** Reads a source as the runtime does: again after each failure, adding up what it says. */
export class Reader {
  readonly entries = new Map<string, string>();
  readonly readings: Reading[] = [];
  /** What was thrown, and what the source could not use. */
  readonly failures: unknown[] = [];
  readonly warnings: ConfigError[] = [];
  /** How often the source said that nothing is new. */
  confirmed = 0;
  version: string | undefined;
  locate: ((key: string) => string | undefined) | undefined;
  readonly done: Promise<void>;
  readonly #source: Source;
  readonly #patienceMs: number;
  readonly #abort = new AbortController();

  constructor({ source, patienceMs = 10_000 }: Rig) {
    this.#source = source;
    this.#patienceMs = patienceMs;
    this.done = this.#follow();
  }

  /** Waits until `condition` holds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const end = performance.now() + this.#patienceMs;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`waited ${this.#patienceMs} ms for ${what}; seen: ${this.#seen()}`);
      await sleep(2);
    }
  }

  async untilIs(key: string, value: string | undefined): Promise<void> {
    const expected = value === undefined ? 'to be absent' : `to be ${JSON.stringify(value.slice(0, 100))}`;
    await this.until(() => this.entries.get(key) === value && this.entries.has(key) === (value !== undefined), `${JSON.stringify(key)} ${expected}`);
  }

  async untilRead(): Promise<void> {
    await this.until(() => this.readings.length > 0, 'the first reading');
  }

  /** Ends it; resolves when the source has ended, and fails if it does not. */
  async stop(): Promise<void> {
    this.#abort.abort();
    let hasEnded = false;
    void this.done.then(() => (hasEnded = true));
    await this.until(() => hasEnded, 'the source to end after its signal was aborted');
  }

  async #follow(): Promise<void> {
    const { signal } = this.#abort;
    const isAborted = (): boolean => signal.aborted;
    while (!isAborted()) {
      try {
        for await (const reading of this.#source.readings(signal, this.#host())) this.#take(reading);
        return;
      } catch (error) {
        this.failures.push(isAborted() ? new Error('thrown after the signal was aborted', { cause: error }) : error);
        await sleep(20);
      }
    }
  }

  #host(): SourceHost {
    const version = (): string | undefined => this.version;
    return {
      ...standaloneHost,
      get version() {
        return version();
      },
      confirm: () => this.confirmed++,
      fail: (error) => this.failures.push(error),
      warn: (error) => this.warnings.push(error),
    };
  }

  #take(reading: Reading): void {
    if (reading.kind === 'full') {
      this.entries.clear();
      for (const [key, value] of reading.entries) this.entries.set(key, value);
    } else {
      for (const key of reading.remove) this.entries.delete(key);
      for (const [key, value] of reading.set) this.entries.set(key, value);
    }
    this.version = reading.version ?? this.version;
    this.locate = reading.locate ?? this.locate;
    this.readings.push(reading);
  }

  #seen(): string {
    const keys = [...this.entries].slice(0, 10).map(([key, value]) => `${JSON.stringify(key)}=${JSON.stringify(value.slice(0, 30))}`);
    const last = this.failures.at(-1);
    const why = last instanceof Error ? `, the last: ${last.message}` : '';
    return `${this.readings.length} readings, ${this.entries.size} keys (${keys.join(', ')}), ${this.failures.length} failures${why}`;
  }
}

/** Runs `work` with readers of the rig's source, which are stopped afterwards whatever happens. */
export async function reading<T>(rig: Rig, work: (reader: Reader) => Promise<T>): Promise<T> {
  const reader = new Reader(rig);
  try {
    return await work(reader);
  } finally {
    await reader.stop();
  }
}
