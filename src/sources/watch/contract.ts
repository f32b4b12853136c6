/** What a path holds at one moment, read whole and never torn. */
export type FileContent =
  | { readonly kind: 'content'; readonly bytes: Buffer; readonly mtimeMs: number }
  | { readonly kind: 'missing' }
  /** It is there and cannot be read as a file: no permission, a folder in its place, an I/O error. */
  | { readonly kind: 'unreadable'; readonly error: NodeJS.ErrnoException };

/** What is watched: files for their content, folders for the names of what lies directly in them. */
export interface WatchedPaths {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** The names of the files (symlinks to files included) directly in a folder, sorted; `undefined` when there is no such folder. */
export type FolderListing = readonly string[] | undefined;

/** What changed since the last round. Only paths whose content or listing differs are in it. */
export interface Round {
  readonly files: ReadonlyMap<string, FileContent>;
  readonly folders: ReadonlyMap<string, FolderListing>;
}

export interface ObserverOptions {
  /** ms without a write before content is believed. Default 20. */
  readonly settleMs?: number;
  /** ms between safety polls. Default 5_000; 1_000 while watches cannot be set. */
  readonly pollMs?: number;
  /** ms a file must have been gone before it counts as deleted. Default 2_000. */
  readonly removalGraceMs?: number;
  /** `false`: no event watches, only the poll. Default true. */
  readonly events?: boolean;
  /** Told once when watches cannot be set and polling takes over. */
  readonly onDegraded?: (error: Error) => void;
}

/** Watches paths and says, round by round, what has changed in them. */
export interface FileObserver {
  /**
   * First round: every path (those in `known` with the same bytes left out, though the round still comes). Then one round
   * per settled change; all paths that changed together are in one round. Ends when `signal` aborts, leaving no handle.
   */
  rounds(signal: AbortSignal): AsyncIterable<Round>;
  /** Replaces what is watched; paths not watched before appear in a round that follows at once. */
  setPaths(paths: WatchedPaths): void;
}
// watch/observer.ts exports: observe(paths, options?, known?: ReadonlyMap<string, FileContent>): FileObserver
// watch/read.ts exports the synchronous start: readFileNow(path): FileContent, listFolderNow(path): FolderListing
