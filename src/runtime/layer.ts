import type { LayerState, PatchReading, Reading, Source } from '../core/model.js';
import { ConfigError } from '../core/errors.js';
import { isStray } from '../core/promise.js';
import type { Slices } from '../core/slices.js';
import type { MassRemoval } from './loss.js';

/** Keys that a reading would move in its layer: the new text, or `undefined` for "gone". */
export type Delta = ReadonlyMap<string, string | undefined>;

export interface LayerOptions {
  readonly required: boolean;
  readonly maxStalenessMs: number;
  readonly maxBytes: number;
  readonly deletes: 'apply' | 'ignore';
  readonly massRemoval: MassRemoval;
  /** Whether `keys()` lists what only this layer has. The deployment context answers without being listed. */
  readonly listed: boolean;
}

export interface LayerSetup extends Partial<LayerOptions> {
  readonly name: string;
  readonly source: Source;
}

const nothing: ReadonlyMap<string, string> = new Map();

/** A source in its place: holds the last good reading, and how the source is doing. */
export class Layer implements LayerOptions {
  readonly name: string;
  readonly source: Source;
  readonly required: boolean;
  readonly maxStalenessMs: number;
  readonly maxBytes: number;
  readonly deletes: 'apply' | 'ignore';
  readonly massRemoval: MassRemoval;
  readonly listed: boolean;

  /** Place in the cascade; 0 is the highest. */
  rank = 0;
  entries: ReadonlyMap<string, string> = nothing;
  bytes = 0;
  version: string | undefined;
  writtenAt: number | undefined;
  locate: ((key: string) => string | undefined) | undefined;

  state: LayerState = 'loading';
  since: number;
  lastSuccess: number | undefined;
  lastError: ConfigError | undefined;
  nextTry: number | undefined;
  /** The source tells us when it has looked and found nothing new: its silence then is no good sign. */
  confirms = false;
  /** What is held was said in an earlier run; the source has not spoken yet. */
  remembered = false;
  /** From the last write to its publish, where the source knows when it was written. */
  lagMs: number | undefined;
  /** When keys moved after the first reading; the others stand since {@link #stoodSince}. */
  readonly changedAt = new Map<string, number>();
  firstReadAt: number | undefined;
  /** When the first reading was written, where the source knows: a file is older than the process that reads it. */
  #stoodSince: number | undefined;

  /** `entries` is our own copy, so a patch may be written into it. */
  #owned = false;

  constructor(setup: LayerSetup, now: number) {
    this.name = setup.name;
    this.source = setup.source;
    this.required = setup.required ?? false;
    this.maxStalenessMs = setup.maxStalenessMs ?? 10_000;
    this.maxBytes = setup.maxBytes ?? Infinity;
    this.deletes = setup.deletes ?? 'apply';
    this.massRemoval = setup.massRemoval ?? 'confirm';
    this.listed = setup.listed ?? true;
    this.since = now;
  }

  get hasReading(): boolean {
    return this.firstReadAt !== undefined;
  }

  /** What is read across a border that can fail. */
  get isRemote(): boolean {
    return this.source.readNow === undefined;
  }

  /** The name of the entry that answers `key` here: itself, or the source's looser spelling of it. */
  entryFor(key: string, entries: ReadonlyMap<string, string> = this.entries): string | undefined {
    return entries.has(key) ? key : this.#spelled(key, entries);
  }

  lookup(key: string, entries: ReadonlyMap<string, string> = this.entries): string | undefined {
    const found = entries.get(key);
    if (found !== undefined || this.source.spelling === undefined) return found;
    const name = this.#spelled(key, entries);
    return name === undefined ? undefined : entries.get(name);
  }

  // Called from reads, which never throw, whatever a source does.
  #spelled(key: string, entries: ReadonlyMap<string, string>): string | undefined {
    try {
      return this.source.spelling?.(key, entries);
    } catch {
      return undefined;
    }
  }

  /** Where the entry that answers `key` stands, in the source's own spelling. */
  originOf(key: string): string | undefined {
    const name = this.entryFor(key);
    if (name === undefined) return undefined;
    return placeOf(this, this.locate, name);
  }

  sinceOf(key: string): number | undefined {
    return this.changedAt.get(this.entryFor(key) ?? key) ?? this.#stoodSince;
  }

  /**
   * What `reading` would move here. Changes nothing.
   *
   * @throws ConfigError CALUMMA_READING when the source gave something that is no reading
   */
  deltaOf(reading: Reading): Delta {
    this.check(reading);
    if (reading.kind === 'patch') return this.#patchDelta(reading);
    checkEntries(this.name, reading.entries);
    if (this.entries.size === 0) return reading.entries;
    if (reading.entries === this.entries) return nothing;
    return this.#fullDelta(reading.entries);
  }

  /** @throws ConfigError CALUMMA_READING when this is no reading; its entries are looked at by {@link deltaOf} */
  check(reading: Reading): void {
    checkReading(this.name, reading);
    if (reading.kind === 'full') checkMap(this.name, reading.entries);
    else checkMap(this.name, reading.set);
  }

  #patchDelta(reading: PatchReading): Delta {
    checkEntries(this.name, reading.set);
    const delta = new Map<string, string | undefined>();
    for (const [key, value] of reading.set) if (this.entries.get(key) !== value) delta.set(key, value);
    if (this.deletes === 'ignore') return delta;
    for (const key of reading.remove) if (this.entries.has(key) && !reading.set.has(key)) delta.set(key, undefined);
    return delta;
  }

  #fullDelta(entries: ReadonlyMap<string, string>): Delta {
    const delta = new Map<string, string | undefined>();
    let kept = 0;
    for (const [key, value] of entries) {
      const before = this.entries.get(key);
      if (before !== undefined) kept++;
      if (before !== value) delta.set(key, value);
    }
    if (this.deletes === 'apply' && kept < this.entries.size) {
      for (const key of this.entries.keys()) if (!entries.has(key)) delta.set(key, undefined);
    }
    return delta;
  }

  /** Takes the reading over. The only place where what a layer holds moves. */
  commit(reading: Reading, delta: Delta, bytes: number, now: number): void {
    if (reading.kind === 'full' && this.deletes === 'apply') {
      this.entries = reading.entries;
      this.#owned = false;
    } else {
      this.#patch(delta);
    }
    if (this.firstReadAt !== undefined) this.#moved(reading, delta, now);
    this.firstReadAt ??= now;
    this.bytes = bytes;
    this.note(reading, now);
  }

  /** The source has spoken and nothing moved: fresher, not different. */
  note(reading: Reading, now: number): void {
    const carries = reading.kind === 'patch'; // who says everything says this too
    this.version = reading.version ?? (carries ? this.version : undefined);
    this.locate = reading.locate ?? (carries ? this.locate : undefined);
    this.writtenAt = reading.writtenAt;
    this.firstReadAt ??= now;
    this.#stoodSince ??= reading.writtenAt ?? now;
    this.#heard(now);
  }

  /** Nothing is written into `entries` any more: the disk cache may still be reading them. */
  letGo(): void {
    this.#owned = false;
  }

  /** What was committed last is of an earlier run. */
  recalled(keptAt: number | undefined): void {
    this.remembered = true;
    this.lastSuccess = keptAt;
  }

  /** Nothing has moved, and the source knows that. */
  confirm(now: number): void {
    this.confirms = true;
    if (this.remembered) this.locate = undefined; // it stands in the source now, not in the cache
    this.#heard(now);
  }

  #heard(now: number): void {
    this.lastSuccess = now;
    this.nextTry = undefined;
    this.remembered = false;
  }

  #moved({ writtenAt }: Reading, delta: Delta, now: number): void {
    let wrote = false;
    for (const [key, value] of delta) {
      if (value === undefined) {
        this.changedAt.delete(key);
      } else {
        this.changedAt.set(key, now);
        wrote = true;
      }
    }
    // A removal leaves no time behind, and what was written before we looked for the first time tells nothing about how long it took.
    if (writtenAt !== undefined && wrote && !this.remembered) this.lagMs = Math.max(0, now - writtenAt);
  }

  /** A patch cannot be written into `entries` as they are: they belong to the source. */
  get mustCopy(): boolean {
    return !this.#owned;
  }

  /** Makes `entries` our own, a few at a time. */
  *copyInSlices(size: number): Slices<void> {
    if (this.#owned) return;
    const original = this.entries;
    const copy = new Map<string, string>();
    for (const [key, value] of original) {
      copy.set(key, value);
      if (copy.size % size === 0) yield;
    }
    if (this.entries !== original) return; // read anew meanwhile
    this.entries = copy;
    this.#owned = true;
  }

  #patch(delta: Delta): void {
    const entries = this.#owned ? (this.entries as Map<string, string>) : new Map(this.entries);
    for (const [key, value] of delta) {
      if (value === undefined) entries.delete(key);
      else entries.set(key, value);
    }
    this.entries = entries;
    this.#owned = true;
  }
}

/** The bytes a layer would hold after `delta`: keys and values in UTF-8. */
export function bytesAfter(layer: Layer, delta: Delta): number {
  let bytes = layer.bytes;
  const fresh = layer.entries.size === 0;
  // forEach: before the JIT has seen a loop of 100,000, for…of makes two objects for each entry.
  delta.forEach((value, key) => {
    const before = fresh ? undefined : layer.entries.get(key);
    if (before !== undefined) bytes -= Buffer.byteLength(key) + Buffer.byteLength(before);
    if (value !== undefined) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  });
  return bytes;
}

/** Where an entry stands. A source that fails to say so must not fail whoever asks. */
export function placeOf(layer: Layer, locate: Layer['locate'], name: string): string {
  try {
    return locate?.(name) ?? `${layer.name}:${name}`;
  } catch {
    return `${layer.name}:${name}`;
  }
}

function checkReading(layer: string, reading: unknown): void {
  if (isStray(reading)) throw readingError(layer, "a reading of kind 'full' or 'patch'", 'a promise');
  const { kind, remove } = (typeof reading === 'object' && reading !== null ? reading : {}) as Partial<Record<'kind' | 'remove', unknown>>;
  if (kind !== 'full' && kind !== 'patch') {
    throw readingError(layer, "a reading of kind 'full' or 'patch'", typeof reading === 'object' && reading !== null ? 'another object' : describe(reading));
  }
  if (kind === 'patch') checkRemoved(layer, remove);
  const { version, locate, writtenAt } = reading as Partial<Record<'version' | 'locate' | 'writtenAt', unknown>>;
  if (version !== undefined && typeof version !== 'string') throw readingError(layer, 'a version that is a string', describe(version));
  if (locate !== undefined && typeof locate !== 'function') throw readingError(layer, 'a locate that is a function', describe(locate));
  if (writtenAt !== undefined && typeof writtenAt !== 'number') throw readingError(layer, 'a writtenAt that is a number', describe(writtenAt));
}

function checkRemoved(layer: string, remove: unknown): void {
  if (!(remove instanceof Set)) throw readingError(layer, 'a Set of removed keys', describe(remove));
  for (const key of remove) if (typeof key !== 'string') throw readingError(layer, 'removed keys that are strings', describe(key));
}

function checkMap(layer: string, entries: unknown): void {
  if (!(entries instanceof Map)) throw readingError(layer, 'a Map of entries', describe(entries));
}

// An adapter written in plain JavaScript can hand over anything; a null in the middle must not half-apply (Archaius obs-18).
function checkEntries(layer: string, entries: ReadonlyMap<string, string>): void {
  (entries as Map<unknown, unknown>).forEach((value, key) => {
    if (typeof key !== 'string') throw readingError(layer, 'keys that are strings', describe(key));
    if (typeof value !== 'string') throw readingError(layer, `a string for ${JSON.stringify(key)}`, describe(value));
  });
}

function readingError(layer: string, expected: string, found: string): ConfigError {
  return new ConfigError('CALUMMA_READING', `${layer}: expected ${expected}, found ${found}; the reading is refused`);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
