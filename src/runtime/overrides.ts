import { wrongOption } from '../core/check.js';
import type { ConfigError } from '../core/errors.js';
import type { PatchReading } from '../core/model.js';
import { isThenable } from '../core/promise.js';
import type { OverrideValue } from './config.js';
import type { Layer } from './layer.js';
import type { Report } from './listeners.js';
import type { Publisher } from './publisher.js';
import { workOf } from './work.js';

const noKeys: ReadonlySet<string> = new Set();
const noValues: ReadonlyMap<string, string> = new Map();

/** The layer on top of all others, written by the program. */
export class Overrides {
  readonly #layer: Layer;
  readonly #publisher: Publisher;

  constructor(layer: Layer, publisher: Publisher) {
    this.#layer = layer;
    this.#publisher = publisher;
  }

  all(): Record<string, string> {
    return Object.fromEntries(this.#layer.entries);
  }

  /** @throws ConfigError CALUMMA_OPTION; what a guard or the size limit refuses is reported */
  set(record: Readonly<Record<string, OverrideValue>>, report: Report): void {
    const set = new Map(Object.entries(record).map(([key, value]) => [key, textOf(key, value)]));
    this.#write({ kind: 'patch', set, remove: noKeys }, report);
  }

  clear(keys: readonly string[]): void {
    this.#write({ kind: 'patch', set: noValues, remove: new Set(keys) }, () => undefined);
  }

  /** Sets, runs, and puts back what these keys had before: also when `fn` throws or its promise rejects. */
  during<T>(record: Readonly<Record<string, OverrideValue>>, fn: () => T, report: Report): T {
    checkRecord(record);
    const before = new Map(Object.keys(record).map((key) => [key, this.#layer.entries.get(key)]));
    this.set(record, report);
    const restore = (): void => this.#restore(before, report);
    let result: T;
    try {
      result = fn();
    } catch (error) {
      restore();
      throw error;
    }
    if (!isThenable(result)) {
      restore();
      return result;
    }
    return Promise.resolve(result).finally(restore) as T;
  }

  #restore(before: ReadonlyMap<string, string | undefined>, report: Report): void {
    const set = new Map<string, string>();
    const remove = new Set<string>();
    for (const [key, value] of before) {
      if (value === undefined) remove.add(key);
      else set.set(key, value);
    }
    this.#write({ kind: 'patch', set, remove }, report);
  }

  #write(reading: PatchReading, report: Report): void {
    this.#publisher.accept(this.#layer, () => workOf(this.#layer, reading), (refused: ConfigError | undefined) => {
      if (refused !== undefined) report(refused);
    });
  }
}

export function checkRecord(record: unknown): void {
  if (typeof record === 'object' && record !== null && !Array.isArray(record)) return;
  throw wrongOption('withOverrides(record)', "an object such as { 'gateway.limit': 5 }", record);
}

function textOf(key: string, value: unknown): string {
  if (['string', 'number', 'boolean', 'bigint'].includes(typeof value)) return String(value);
  throw wrongOption(`override(${JSON.stringify(key)})`, 'a string; clearOverride(key) takes an override away', value);
}
