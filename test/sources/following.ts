import { setTimeout as sleep } from 'node:timers/promises';

import type { ConfigError } from '../../src/core/errors.js';
import { standaloneHost, type Context, type Reading, type Source, type SourceHost } from '../../src/core/model.js';

/** A reader of a source: what its readings add up to, and what it was told beside them. */
export interface Follower {
  readonly readings: Reading[];
  readonly failures: ConfigError[];
  readonly warnings: ConfigError[];
  readonly host: SourceHost;
  readonly entries: Map<string, string>;
  /** What ended the feed, if anything was thrown. */
  readonly thrown: () => unknown;
  readonly last: () => Reading;
  readonly stop: () => Promise<void>;
}

export function hostFor(context: Context = {}): { host: SourceHost; failures: ConfigError[]; warnings: ConfigError[] } {
  const failures: ConfigError[] = [];
  const warnings: ConfigError[] = [];
  return { failures, warnings, host: { ...standaloneHost, context, fail: (error) => failures.push(error), warn: (error) => warnings.push(error) } };
}

export function follow(source: Source, told = hostFor()): Follower {
  const readings: Reading[] = [];
  const entries = new Map<string, string>();
  const abort = new AbortController();
  let thrown: unknown;
  const done = (async () => {
    try {
      for await (const reading of source.readings(abort.signal, told.host)) {
        apply(entries, reading);
        readings.push(reading);
      }
    } catch (error) {
      thrown = error;
    }
  })();
  return {
    ...told,
    readings,
    entries,
    thrown: () => thrown,
    last: () => readings.at(-1)!,
    stop: () => {
      abort.abort();
      return done;
    },
  };
}

function apply(entries: Map<string, string>, reading: Reading): void {
  if (reading.kind === 'full') {
    entries.clear();
    for (const [key, value] of reading.entries) entries.set(key, value);
    return;
  }
  for (const key of reading.remove) entries.delete(key);
  for (const [key, value] of reading.set) entries.set(key, value);
}

/** Waits until `condition` holds; fails with what was seen when it never does. */
export async function until(condition: () => boolean, seen: () => unknown = () => ''): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain; seen: ${JSON.stringify(seen())}`);
    await sleep(5);
  }
}

export function plain(entries: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(entries);
}

/** The code and message of what `act` throws. */
export function thrownBy(act: () => unknown): { code?: string; message?: string } {
  try {
    act();
  } catch (error) {
    const { code, message } = error as ConfigError;
    return { code, message };
  }
  return {};
}
