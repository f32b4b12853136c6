import { checkText, optionError } from '../../core/check.js';
import type { FullReading, Memory, Reading, Source } from '../../core/model.js';
import { merge } from '../../core/reading.js';
import { isWritable, type Writable } from '../../core/writable.js';
import { DiskMemory } from './disk-memory.js';
import { type CachedOptions, cacheSettings } from './options.js';

/**
 * A source that is remembered on disk: the next run starts from its last good reading while the source itself cannot be read.
 *
 * In a config the layer holds what is remembered, marked `stale`, until the source speaks. Iterated alone, it gives what is
 * remembered when the first try fails, and then throws the source's error. Origins of what is remembered read `cache:<path>`.
 *
 * One path for one source. What is damaged is refused with a reason, and `<path>.previous` used. Files are of mode 0600.
 *
 * @param path absolute, or relative to the working folder of this moment; folders that are missing are made
 * @throws ConfigError `CALUMMA_OPTION`
 * @example
 * const flags = polled('flags', async (signal) => (await fetch(address, { signal })).json());
 * const remembered = cached(flags, '/var/cache/gateway/flags.cache');
 */
export function cached(source: Source & Writable, path: string, options?: CachedOptions): Source & Writable;
export function cached(source: Source, path: string, options?: CachedOptions): Source;
export function cached(source: Source, path: string, options: CachedOptions = {}): Source {
  checkSource(source);
  checkText('cached(path)', path);
  const memory = new DiskMemory(source.name, path, cacheSettings('cached', options));
  return {
    name: source.name,
    memory,
    ...(source.from && { from: source.from }),
    readings: (signal, host) => (host === undefined ? alone(source, memory, signal) : source.readings(signal, host)),
    ...(source.readNow && { readNow: source.readNow.bind(source) }),
    ...(source.attach && { attach: source.attach.bind(source) }),
    ...(source.spelling && { spelling: source.spelling.bind(source) }),
    ...(isWritable(source) && writableOf(source)),
  };
}

function checkSource(source: unknown): void {
  const given = (source ?? {}) as Partial<Record<keyof Source, unknown>>;
  if (typeof given.name !== 'string' || typeof given.readings !== 'function') throw optionError('cached(source)', 'a source', source);
}

function writableOf(store: Writable): Writable {
  return { set: store.set.bind(store), delete: store.delete.bind(store), history: store.history.bind(store) };
}

/** Nobody listens to notes who iterates alone; what the source throws says enough. */
function drop(): void {
  // as standaloneHost does
}

/** Without a config to do it: keeps what is read, and gives what is remembered when nothing can be read. */
async function* alone(source: Source, memory: Memory, signal: AbortSignal): AsyncGenerator<Reading> {
  let held: FullReading | undefined;
  try {
    for await (const reading of source.readings(signal)) {
      held = addedUp(held, reading);
      if (held !== undefined) memory.keep(held, drop, source.from);
      yield reading;
    }
  } catch (error) {
    const remembered = held === undefined ? memory.recall(drop, source.from) : undefined;
    if (remembered !== undefined) yield remembered;
    throw error;
  } finally {
    await memory.close();
  }
}

/** A patch of nothing is nothing that could be kept: what it was made on top of is not known. */
function addedUp(held: FullReading | undefined, reading: Reading): FullReading | undefined {
  if (reading.kind === 'full') return reading;
  return held === undefined ? undefined : (merge(held, reading) as FullReading);
}
