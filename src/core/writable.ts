import type { EntryValue } from './entries.js';

/** What a write changes: `null` removes the key. All of it happens in one transaction, or nothing does. */
export type WriteEntries = Readonly<Record<string, EntryValue | null>> | Iterable<readonly [string, EntryValue | null]>;

/** Who writes and why: it stands in the history. */
export interface WriteOptions {
  readonly author: string;
  readonly reason: string;
  /**
   * The version of the store that the writer has seen. The write is refused if one of its keys was changed after that; other keys
   * may have changed. Default: write whatever is there.
   */
  readonly expectedVersion?: string | undefined;
}

/** A write that is done. */
export interface Written {
  /** The version of the store with it: readers that have a reading of this version, or a later one, have seen it. */
  readonly version: string;
}

/** One key, once. */
export interface HistoryEntry {
  readonly key: string;
  /** `undefined`: it was not there. */
  readonly before: string | undefined;
  /** `undefined`: it was removed. */
  readonly after: string | undefined;
  readonly version: string;
  readonly author: string;
  readonly reason: string;
  readonly at: Date;
}

/**
 * A store that can be written through its source.
 *
 * @example
 * const store = sqlite({ path: 'config.db', create: true });
 * await store.set({ 'gateway.limit': 50 }, { author: 'ann', reason: 'traffic peak' });
 */
export interface Writable {
  /**
   * Sets keys, and removes those whose value is `null`, in one transaction: readers see all of it in one publish.
   *
   * @throws ConfigError `CALUMMA_OPTION` for a bad key, value or option; `CALUMMA_CONFLICT` for a stale `expectedVersion`;
   *   `CALUMMA_TOO_LARGE` when the store would hold more than 10 MB; nothing has changed then
   * @throws SourceError when the store cannot be reached; the write may have been done all the same
   */
  set(entries: WriteEntries, options: WriteOptions): Promise<Written>;
  /** Removes keys, as `set` with `null` does. A key that is not there is no error. */
  delete(keys: string | Iterable<string>, options: WriteOptions): Promise<Written>;
  /**
   * What was changed, newest first.
   *
   * @param key   only this key.              Default: all
   * @param limit at most so many entries.    Default 100
   */
  history(key?: string, limit?: number): Promise<HistoryEntry[]>;
}

/** Whether a source, or anything else, can be written. */
export function isWritable(source: unknown): source is Writable {
  if (typeof source !== 'object' || source === null) return false;
  const { set, delete: remove, history } = source as Partial<Record<keyof Writable, unknown>>;
  return typeof set === 'function' && typeof remove === 'function' && typeof history === 'function';
}
