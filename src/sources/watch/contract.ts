import type { HintWatcher } from './hints.js';

/** What a path holds at one moment, read whole and never torn. */
export type FileContent =
  | { readonly kind: 'content'; readonly bytes: Buffer; readonly mtimeMs: number }
  | { readonly kind: 'missing' }
  /** It is there and cannot be read as a file: no permission, a folder or a pipe in its place, an I/O error. */
  | { readonly kind: 'unreadable'; readonly error: NodeJS.ErrnoException };

/**
 * What is watched: files for their content; folders for the names and the contents of the files that lie directly in
 * them, so that a folder needs no second call for its files. Paths may be relative to the working folder.
 */
export interface WatchedPaths {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/**
 * The names of the files (symlinks to files included, names with a leading dot left out) directly in a folder, sorted;
 * `undefined` when there is no such folder.
 */
export type FolderListing = readonly string[] | undefined;

/** What changed since the last round. Only paths whose content or listing differs are in it. */
export interface Round {
  /**
   * By the path as it was given; files of a watched folder by `path.join(folder, name)`. A folder that is there and
   * cannot be listed stands here too, under its own path, as `unreadable`; its files stay as they were.
   */
  readonly files: ReadonlyMap<string, FileContent>;
  /** By the path as it was given. Comes again, even with the same names, when a folder can be listed again. */
  readonly folders: ReadonlyMap<string, FolderListing>;
}

export interface ObserverOptions {
  /** ms without a write before content is believed. Default 20. Content that looks cut off gets 500 (see settle.ts). */
  readonly settleMs?: number;
  /** ms between safety polls. Default 5_000; at most 1_000 while watches cannot be set. */
  readonly pollMs?: number;
  /** ms a file must have been gone before it counts as deleted. Default 2_000. */
  readonly removalGraceMs?: number;
  /** `false`: no event watches, only the poll. Default true. */
  readonly events?: boolean;
  /** Told once per outage when watches cannot be set and polling takes over: a ConfigError `CALUMMA_WATCH`. */
  readonly onDegraded?: (error: Error) => void;
  /** Where hints come from. Default: `fs.watch`. */
  readonly hints?: HintWatcher;
}

/** Watches paths and says, round by round, what has changed in them. */
export interface FileObserver {
  /**
   * First round: every path (those in `known` with the same bytes left out, though the round still comes). Then one round
   * per settled change; all paths that changed together are in one round. Ends when `signal` aborts, leaving no handle.
   *
   * A round is computed when it is asked for, so a slow consumer gets the latest state and no queue.
   */
  rounds(signal: AbortSignal): AsyncIterable<Round>;
  /** Replaces what is watched; paths not watched before appear in a round that follows at once. */
  setPaths(paths: WatchedPaths): void;
}
