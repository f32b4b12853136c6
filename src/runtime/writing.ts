import { checkOptions, checkString, optionError } from '../core/check.js';
import { entriesOf, type EntriesInput, type EntryValue } from '../core/entries.js';
import { ConfigError } from '../core/errors.js';
import type { PatchReading } from '../core/model.js';
import { isWritable, type HistoryEntry, type WriteEntries, type Writable } from '../core/writable.js';
import type { Layer } from './layer.js';
import { unknownLayer } from './position.js';

/** Entries that a layer might have: what `preview` is asked. */
export interface PreviewOptions {
  /** The layer that would be changed; it need not be one that can be written. Default: the highest that can. */
  readonly layer?: string | undefined;
  /** Keys that would be set there. Default: none. A key that is also in `delete` counts as set. */
  readonly set?: EntriesInput | undefined;
  /** Keys that would be removed there. Default: none. */
  readonly delete?: string | Iterable<string> | undefined;
}

/** The layers whose sources are stores that can be written. */
export function writablesAmong(layers: readonly Layer[]): Layer[] {
  return layers.filter(({ source }) => isWritable(source));
}

/**
 * The layer to write to: the one that is named, or the highest that can be written.
 *
 * @throws ConfigError CALUMMA_UNKNOWN_LAYER, CALUMMA_READ_ONLY
 */
export function writableAmong(layers: readonly Layer[], name?: string): Layer {
  const stores = writablesAmong(layers);
  const found = name === undefined ? stores[0] : layerAmong(layers, name);
  if (found !== undefined && stores.includes(found)) return found;
  const expected = stores.length === 0 ? 'a layer that can be written' : `one of the layers that can be written (${namesOf(stores)})`;
  throw new ConfigError('CALUMMA_READ_ONLY', `expected ${expected}, found ${name === undefined ? `none among ${namesOf(layers)}: a store can, such as sqlite or postgres` : JSON.stringify(name)}`);
}

/** @throws ConfigError CALUMMA_UNKNOWN_LAYER, CALUMMA_OPTION */
export function layerAmong(layers: readonly Layer[], name: string): Layer {
  checkString('layer', name);
  const found = layers.find((layer) => layer.name === name);
  if (found !== undefined) return found;
  throw unknownLayer(layers.map((layer) => layer.name), name);
}

/**
 * The reading that the options of a preview describe.
 *
 * @throws ConfigError CALUMMA_OPTION
 */
export function previewed(options: PreviewOptions): PatchReading {
  checkOptions('preview', options, ['layer', 'set', 'delete']);
  const remove = new Set(keysOf(options.delete ?? []));
  for (const key of remove) checkString('preview({ delete })', key);
  return { kind: 'patch', set: entriesOf('preview({ set })', options.set ?? {}), remove };
}

/** The same options with every key put below a prefix. */
export function belowPrefix(options: PreviewOptions, full: (key: string) => string): PreviewOptions {
  const { set, remove } = previewed(options);
  return { layer: options.layer, set: [...set].map(([key, value]) => [full(key), value] as const), delete: [...remove].map(full) };
}

/** How a view spells keys, and which are its own. */
export interface Spelling {
  readonly full: (key: string) => string;
  readonly own: (key: string) => boolean;
  readonly short: (key: string) => string;
}

/** A store seen from below a prefix: keys gain it on the way in and lose it on the way out. */
export function storeBelow(store: Writable, { full, own, short }: Spelling): Writable {
  return {
    set: (entries, options) => store.set(renamedPairs(entries, full), options),
    delete: (keys, options) => store.delete(typeof keys === 'string' ? full(keys) : renamedKeys(keys, full), options),
    history: async (key, limit = 100) => {
      const entries = key === undefined ? await ownHistory(store, own, limit) : await store.history(full(key), limit);
      return entries.map((entry) => ({ ...entry, key: short(entry.key) }));
    },
  };
}

/** A store's history knows no prefix: ask for more until there is enough, or no more. */
async function ownHistory(store: Writable, own: (key: string) => boolean, limit: number): Promise<HistoryEntry[]> {
  for (let asked = limit; ; asked *= 4) {
    const all = await store.history(undefined, asked);
    const found = all.filter(({ key }) => own(key));
    if (found.length >= limit || all.length < asked) return found.slice(0, limit);
  }
}

// What is no entries goes on as it is: the store says what is wrong with it.
function renamedPairs(entries: WriteEntries, full: (key: string) => string): WriteEntries {
  if (typeof entries !== 'object' || (entries as unknown) === null) return entries;
  const isPairs = Symbol.iterator in entries;
  if (!isPairs && Object.prototype.toString.call(entries) !== '[object Object]') return entries;
  const pairs: unknown[] = isPairs ? [...entries] : Object.entries(entries);
  return pairs.map((pair) => renamedPair(pair, full)) as [string, EntryValue | null][];
}

function renamedPair(pair: unknown, full: (key: string) => string): unknown {
  return Array.isArray(pair) && pair.length === 2 ? [full(pair[0] as string), pair[1]] : pair;
}

function renamedKeys(keys: Iterable<string>, full: (key: string) => string): Iterable<string> {
  const isIterable = typeof keys === 'object' && (keys as unknown) !== null && Symbol.iterator in keys;
  return isIterable ? [...keys].map(full) : keys;
}

function keysOf(keys: unknown): Iterable<string> {
  if (typeof keys === 'string') return [keys];
  if (typeof keys === 'object' && keys !== null && Symbol.iterator in keys) return keys as Iterable<string>;
  throw optionError('preview({ delete })', 'a key, or keys', keys);
}

function namesOf(layers: readonly Layer[]): string {
  return layers.length === 0 ? 'no layers' : layers.map(({ name }) => name).join(', ');
}
