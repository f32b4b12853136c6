import { type Config, type ConfigError, type ConfigOptions, createConfig, type Reading, type Source } from '../../src/index.js';
import type { LayerSpec } from '../../src/index.js';

export { thrownBy, until } from '../sources/following.js';

export interface Rig {
  readonly config: Config;
  /** Everything that was reported, in order. */
  readonly errors: ConfigError[];
  readonly codes: () => string[];
}

/** A config of these layers whose errors are collected. */
export function rig(layers: readonly (Source | LayerSpec)[], options: Partial<ConfigOptions> = {}): Rig {
  const errors: ConfigError[] = [];
  const config = createConfig({ layers, context: {}, onError: (error) => errors.push(error), ...options });
  return { config, errors, codes: () => errors.map((error) => error.code) };
}

type Word = { readonly reading: unknown } | { readonly lost: unknown } | 'end';

/** A remote source whose every word is said by the test. */
export class Feed implements Source {
  readonly name: string;
  /** How often it was read from the start. */
  starts = 0;
  /** Feeds that are being read now. */
  open = 0;
  readonly #words: Word[] = [];
  #wake: (() => void) | undefined;

  constructor(name = 'feed') {
    this.name = name;
  }

  say(reading: unknown): void {
    this.#put({ reading });
  }

  full(record: Readonly<Record<string, string>>, about: Partial<Reading> = {}): void {
    this.say({ kind: 'full', entries: new Map(Object.entries(record)), ...about });
  }

  patch(record: Readonly<Record<string, string>>, remove: readonly string[] = []): void {
    this.say({ kind: 'patch', set: new Map(Object.entries(record)), remove: new Set(remove) });
  }

  lose(error: unknown): void {
    this.#put({ lost: error });
  }

  end(): void {
    this.#put('end');
  }

  async *readings(signal: AbortSignal): AsyncGenerator<Reading> {
    this.starts++;
    this.open++;
    const wake = (): void => this.#wake?.();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const word = this.#words.shift();
        if (word === 'end') return;
        if (word === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
        else if ('lost' in word) throw word.lost;
        else yield word.reading as Reading;
      }
    } finally {
      this.open--;
      signal.removeEventListener('abort', wake);
    }
  }

  #put(word: Word): void {
    this.#words.push(word);
    this.#wake?.();
  }
}

/** Collects garbage until `condition` holds: weak references are cleared in their own time. */
export async function afterGc(condition: () => boolean): Promise<boolean> {
  for (let round = 0; round < 50; round++) {
    // A reference that was looked through is held until the end of the job.
    await new Promise((resolve) => setImmediate(resolve));
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setImmediate(resolve));
    if (condition()) return true;
  }
  return false;
}

/** What a config answers, as plain data. */
export function stateOf(config: Config): unknown {
  return {
    version: config.version,
    layers: config.layers,
    entries: config.entries().sort(),
    overrides: config.overrides(),
  };
}
