import type { ConfigError } from './errors.js';

/** What a source says at one moment: everything it knows, or what has changed since it last spoke. */
export type Reading = FullReading | PatchReading;

interface ReadingBase {
  /** The source's own word for this state (an ETag, a zxid, a content hash); shown in `health()`. */
  readonly version?: string;
  /** Where a key stands, in the source's own spelling, found when asked so that it costs no memory per key. */
  readonly locate?: (key: string) => string | undefined;
  /** When the content was written, in ms since the epoch, if the source knows: the lag is measured from here. */
  readonly writtenAt?: number;
}

export interface FullReading extends ReadingBase {
  readonly kind: 'full';
  /** Handed over for good: the source must not change this map afterwards. */
  readonly entries: ReadonlyMap<string, string>;
}

export interface PatchReading extends ReadingBase {
  readonly kind: 'patch';
  readonly set: ReadonlyMap<string, string>;
  readonly remove: ReadonlySet<string>;
}

/** Dimensions of the deployment: `environment`, `region`, `zone`, `datacenter`, `stack`, `appId`, `serverId`, and any own key. */
export type Context = Readonly<Record<string, string | undefined>>;

/** What the runtime lends to a source while it reads. A source that is iterated alone gets {@link standaloneHost}. */
export interface SourceHost {
  readonly context: Context;
  /**
   * The `version` of the reading that the layer holds, also of one that the disk cache remembers from an earlier run. What was
   * refused is never it: a source that asks "anything newer than this?" with it asks for a refused content again.
   */
  readonly version: string | undefined;
  /** Bytes that the layer may hold, keys and values in UTF-8: a source that reads more than that may stop. */
  readonly maxBytes: number;
  /** The source has asked, and what the layer holds still stands: a 304, a poll without news. Keeps the layer `live` and its age at 0. */
  confirm(): void;
  /** The content seen now cannot be used: the layer keeps its last good reading, turns `stale` and reports. The feed itself goes on. */
  fail(error: ConfigError): void;
  /** Something the user should know that spoils nothing, such as a key that stands in two files. */
  warn(error: ConfigError): void;
}

/**
 * Where readings come from: all that an adapter author writes.
 *
 * @example
 * const clock: Source = {
 *   name: 'clock',
 *   async *readings(signal) {
 *     while (!signal.aborted) {
 *       yield { kind: 'full', entries: new Map([['now', new Date().toISOString()]]) };
 *       await setTimeout(1_000, undefined, { signal });
 *     }
 *   },
 * };
 */
export interface Source {
  readonly name: string;
  /** First reading at once, another whenever something is new; throws when the feed is lost; ends when `signal` aborts. */
  readings(signal: AbortSignal, host?: SourceHost): AsyncIterable<Reading>;
  /** Local sources only: the same first reading, synchronously, so that the first `get()` is right without an `await`. */
  readNow?(host?: SourceHost): Reading;
  /**
   * Sources that live in this process: `emit` gets each later reading synchronously, so a change is published before
   * the call that made it returns. Where it exists, the runtime uses it after `readNow()` instead of `readings()`.
   */
  attach?(emit: (reading: Reading) => void): () => void;
  /**
   * Sources with looser spelling (the environment): the entry that answers `key` though it is listed under another name.
   * Called when a key is first seen, never on a read.
   */
  spelling?(key: string, entries: ReadonlyMap<string, string>): string | undefined;
  /** Remote sources only: where the layer's last good reading is kept between runs. Default: the config's `cacheDir`. */
  readonly memory?: Memory;
  /**
   * Remote sources only: what it reads, once for each way there: `zk1:2181/config/gateway`, `zk2:2181/config/gateway`. What the disk
   * cache kept of something else, with none of these, is refused. Default: the layer's name tells enough.
   */
  readonly from?: readonly string[];
}

/** A reading of an earlier run. */
export interface RememberedReading extends FullReading {
  /** When it was kept, in ms since the epoch: its age counts from there. */
  readonly keptAt?: number;
  /** What its source had said that it reads. */
  readonly from?: readonly string[];
}

/** What is kept of a layer between runs: the disk cache. Nothing here ever throws. */
export interface Memory {
  /**
   * What an earlier run kept, synchronously, so that the first `get()` is right; `undefined` if there is nothing of use.
   *
   * @param tell gets why something that is there cannot be used
   * @param from what the layer reads, as its source says: what was kept of something else is of no use
   */
  recall(tell: (problem: ConfigError) => void, from?: readonly string[]): RememberedReading | undefined;
  /**
   * Keeps what the layer holds now. Called after each reading that was accepted; returns at once and writes in its own time.
   *
   * @param held its map may be changed later, but only if `keep` is called again in the same turn
   */
  keep(held: FullReading, tell: (problem: ConfigError) => void, from?: readonly string[]): void;
  /** Resolves when everything given to `keep` is on disk, or cannot be. */
  close(): Promise<void>;
}

/** Everything merged at one version. Immutable; cheap to take. */
export interface Snapshot {
  readonly version: number;
  readonly size: number;
  get(key: string): string | undefined;
  has(key: string): boolean;
  keys(prefix?: string): string[];
  entries(prefix?: string): [key: string, value: string][];
}

/** One key, before and after; `undefined` is "not set". */
export interface Change {
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** The layer that answers now; for a removal, the one that answered before. */
  readonly layer: string;
  /** Where the value stands now; for a removal, where it stood. Found when asked. */
  readonly origin: string | undefined;
  readonly originBefore: string | undefined;
}

/** Everything one publish moved. */
export interface ChangeSet {
  readonly version: number;
  readonly changes: readonly Change[];
  readonly at: Date;
  /** The layers whose readings led to this publish, with the time the content was written where it is known. */
  readonly causes: readonly Cause[];
}

export interface Cause {
  readonly layer: string;
  readonly writtenAt?: Date;
  readonly version?: string;
}

export type LayerState = 'loading' | 'live' | 'stale' | 'failed';

/** The host of a source that runs without a config: what cannot be used is thrown, notes are dropped. */
export const standaloneHost: SourceHost = {
  context: {},
  version: undefined,
  maxBytes: 10 * 1024 * 1024,
  confirm() {
    // nobody asks how old it is
  },
  fail(error) {
    throw error;
  },
  warn() {
    // nobody listens
  },
};
