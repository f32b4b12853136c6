import { access } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

import { ConfigError } from '../../core/errors.js';
import type { FullReading, Memory, RememberedReading } from '../../core/model.js';
import { formatName, type Header } from './content.js';
import { isSame, type Listed, listOf } from './listed.js';
import type { CacheSettings } from './options.js';
import { type Places, placesOf } from './place.js';
import { recall, type SeenFiles } from './recall.js';
import { foundOf } from './refusal.js';
import { type Lock, newEncryption } from './seal.js';
import { removeAbandoned } from './temporary.js';
import { replaceCache } from './write.js';

type Tell = (problem: ConfigError) => void;

/** What is to be written, as it was given. */
interface Wanted {
  readonly held: FullReading;
  readonly tell: Tell;
  readonly from: readonly string[] | undefined;
}

/** What lies on disk, as far as this process knows. */
interface OnDisk {
  readonly listed: Listed;
  readonly version: string | undefined;
  readonly from: readonly string[] | undefined;
}

/**
 * The last good reading of one layer, in one file and the one before it.
 *
 * What is kept waits by reference, and is listed when its write begins: a newer one costs nothing until then. The layer may
 * patch its map meanwhile, because with each change it keeps again before anything else runs.
 */
export class DiskMemory implements Memory {
  readonly #layer: string;
  readonly #places: Places;
  readonly #settings: CacheSettings;
  #seen: SeenFiles = { current: 'unread', previous: 'unread' };
  #recalled: RememberedReading | undefined;
  #onDisk: OnDisk | undefined;

  #wanted: Wanted | undefined;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the next write may begin, on the clock of `performance.now()`. */
  #nextAt = 0;
  #isClosing = false;
  #isTidy = false;
  /** What was told since a write last succeeded. */
  readonly #told = new Set<string>();

  /** @param shown the file as people spell it; `<file>.previous` lies beside it */
  constructor(layer: string, shown: string, settings: CacheSettings) {
    this.#layer = layer;
    this.#places = placesOf(shown);
    this.#settings = settings;
  }

  recall(tell: Tell, from?: readonly string[]): RememberedReading | undefined {
    const { reading, seen, problems } = recall(this.#places, { layer: this.#layer, from }, this.#settings.key);
    this.#seen = seen;
    this.#recalled = seen.current === 'good' ? reading : undefined;
    for (const problem of problems) tell(problem);
    return reading;
  }

  keep(held: FullReading, tell: Tell, from?: readonly string[]): void {
    this.#isClosing = false;
    this.#wanted = { held, tell, from };
    if (this.#writing === undefined) this.#beginAt(this.#nextAt);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#writing;
    if (this.#wanted !== undefined) await this.#begin();
  }

  #beginAt(time: number): void {
    clearTimeout(this.#timer);
    const waitMs = time - performance.now();
    if (waitMs <= 0) void this.#begin();
    else this.#timer = setTimeout(() => void this.#begin(), waitMs).unref();
  }

  #begin(): Promise<void> {
    clearTimeout(this.#timer);
    this.#writing ??= this.#write().then((failed) => this.#ended(failed));
    return this.#writing;
  }

  #ended(failed: Wanted | undefined): void {
    this.#writing = undefined;
    this.#nextAt = performance.now() + this.#settings.writeEveryMs;
    if (this.#isClosing) return;
    if (this.#wanted !== undefined) return this.#beginAt(this.#nextAt);
    this.#wanted = failed;
    if (failed !== undefined) this.#beginAt(performance.now() + this.#settings.retryMs);
  }

  /** Resolves with what could not be written. */
  async #write(): Promise<Wanted | undefined> {
    const wanted = this.#wanted;
    if (wanted === undefined) return undefined;
    this.#wanted = undefined;
    try {
      await this.#save(wanted);
      this.#told.clear();
      return undefined;
    } catch (error) {
      this.#tellOnce(error, wanted.tell);
      return wanted;
    }
  }

  // Lists before it first waits: afterwards the map may have been changed.
  async #save({ held, from }: Wanted): Promise<void> {
    const wanted: OnDisk = { listed: listOf(held.entries), version: held.version, from };
    if (await this.#isOnDisk(wanted)) return;
    await this.#tidyUp();
    const { key } = this.#settings;
    const lock = key === undefined ? undefined : { key, encryption: newEncryption() };
    await replaceCache(this.#places, { header: this.#headerOf(held, wanted, lock), listed: wanted.listed, lock }, this.#seen);
    this.#seen = { current: 'good', previous: 'unread' };
    this.#remember(wanted);
  }

  async #isOnDisk(wanted: OnDisk): Promise<boolean> {
    await turn();
    const there = this.#onDisk ?? (this.#recalled && { listed: listOf(this.#recalled.entries), version: this.#recalled.version, from: this.#recalled.from });
    if (there === undefined || there.version !== wanted.version || String(there.from) !== String(wanted.from)) return false;
    if (!(await isSame(there.listed, wanted.listed)) || !(await isThere(this.#places.current.path))) return false;
    this.#remember(wanted); // the same texts, but not those that the layer has let go of
    return true;
  }

  #remember(onDisk: OnDisk): void {
    this.#onDisk = onDisk;
    this.#recalled = undefined;
  }

  async #tidyUp(): Promise<void> {
    if (this.#isTidy) return;
    this.#isTidy = true;
    await removeAbandoned(this.#places.current.path);
  }

  #headerOf({ version, writtenAt }: FullReading, { listed: { keys }, from }: OnDisk, lock: Lock | undefined): Header {
    return {
      format: formatName,
      layer: this.#layer,
      ...(from === undefined ? {} : { from }),
      keys: keys.length,
      keptAt: Date.now(),
      ...(version === undefined ? {} : { version }),
      ...(writtenAt === undefined ? {} : { writtenAt }),
      ...(lock === undefined ? {} : { encryption: lock.encryption }),
    };
  }

  #tellOnce(error: unknown, tell: Tell): void {
    const found = foundOf(error);
    if (this.#told.has(found)) return;
    this.#told.add(found);
    const message = `${this.#layer}: expected to keep its reading in the disk cache, found ${found}; the layer goes on, and the cache tries again`;
    tell(new ConfigError('CALUMMA_CACHE', message, { origin: `cache:${this.#places.current.shown}`, cause: error }));
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
