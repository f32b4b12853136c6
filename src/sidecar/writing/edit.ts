import type { Config, EntryValue } from '../../index.js';
import { entriesField, type Fields, keysField, textField } from './body.js';

/** What somebody wants to change in a layer. */
export interface Edit {
  /** By its name, with the default filled in. */
  readonly layer: string;
  /** `null` removes. */
  readonly entries: ReadonlyMap<string, EntryValue | null>;
}

/** The layer that is named, or the highest that can be written. @throws ConfigError CALUMMA_UNKNOWN_LAYER, CALUMMA_READ_ONLY */
export function layerOf(config: Config, name: string | undefined): string {
  config.writable(name);
  return name ?? config.writables[0] ?? '';
}

/** The edit in a JSON body: `{ set, delete, layer }`. @throws Problem 400; ConfigError CALUMMA_UNKNOWN_LAYER, CALUMMA_READ_ONLY */
export function editIn(config: Config, fields: Fields, layerInQuery: string | null): Edit {
  const removed = (keysField(fields, 'delete') ?? []).map((key) => [key, null] as const);
  const layer = layerOf(config, textField(fields, 'layer') ?? layerInQuery ?? undefined);
  return { layer, entries: new Map<string, EntryValue | null>([...removed, ...entriesField(fields, 'set')]) };
}

/** As the library's preview takes it. */
export function patchOf({ layer, entries }: Edit): { readonly layer: string; readonly set: Map<string, EntryValue>; readonly delete: string[] } {
  const set = new Map<string, EntryValue>();
  const removed: string[] = [];
  for (const [key, value] of entries) {
    if (value === null) removed.push(key);
    else set.set(key, value);
  }
  return { layer, set, delete: removed };
}
