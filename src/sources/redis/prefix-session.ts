import type { FullReading, Reading } from '../../core/model.js';
import type { StoreSession } from '../store/follow.js';
import { aboutReading, patchReading } from './chronicle.js';
import type { Comparison } from './comparison.js';
import type { Whole } from './hash-reader.js';
import type { SessionParts } from './hash-session.js';
import type { Hearing } from './hearing.js';
import { Held, type Difference } from './held.js';
import { originIn } from './place.js';
import type { PrefixReader, Read } from './prefix-reader.js';

// More than that are read by a scan, in portions.
const mostNames = 1_000;
// Who flushes, or changes too much, in the middle of each scan is not waited for.
const mostScans = 3;
// So many keys stand for all, to see whether they are still there.
const sampleSize = 100;

/**
 * Strings below a prefix that are followed. Where the server tells the names of changed keys, just these are read, all that changed
 * together at one moment; where it does not, each look reads and compares everything.
 */
export class PrefixSession implements StoreSession {
  readonly #parts: SessionParts<PrefixReader>;
  readonly #hearing: () => Hearing;
  readonly #locate: (key: string) => string;
  readonly #held = new Held();
  #version: string | undefined;
  /** Names of keys that were told to have changed, and were not read since. */
  readonly #told = new Set<string>();
  /** Anything may have changed. */
  #all = false;

  constructor(parts: SessionParts<PrefixReader>, hearing: () => Hearing) {
    this.#parts = parts;
    this.#hearing = hearing;
    this.#locate = originIn(parts.place);
  }

  /** @returns whether what was told concerns the prefix */
  tell(names: readonly string[] | undefined): boolean {
    const { name: prefix, history } = this.#parts.place;
    const ours = names?.filter((name) => name.startsWith(prefix) && name !== history);
    // A name that is no UTF-8 cannot be asked for: the scan finds it, and says so.
    if (ours === undefined || ours.some((name) => name.includes('\uFFFD'))) this.#all = true;
    for (const name of ours ?? []) this.#told.add(name);
    if (this.#told.size > mostNames) this.#all = true;
    return this.#all || this.#told.size > 0;
  }

  async load(): Promise<FullReading> {
    const { set } = await this.#readAll();
    return { kind: 'full', entries: set, ...aboutReading(this.#locate, this.#version) };
  }

  async changes(): Promise<Reading | undefined> {
    if (!this.#hearing().isComplete || this.#all) return this.reconcile();
    if (this.#told.size > 0) return this.#readTold();
    // What no event tells: a FLUSHALL (to those who listen to keyspace notifications), a SWAPDB.
    const names = this.#sample();
    if ((await this.#parts.reader.present(names)) < names.length) return this.reconcile();
    return undefined;
  }

  async reconcile(): Promise<Reading | undefined> {
    const before = this.#version;
    return patchReading(await this.#readAll(), this.#locate, this.#version, before);
  }

  close(): void {
    this.#parts.close();
  }

  async #readTold(): Promise<Reading | undefined> {
    const read = await this.#readTogether();
    if (read === undefined) return this.reconcile();
    const before = this.#version;
    const { set, remove } = this.#held.differenceTo(read.values);
    this.#held.apply(set, remove);
    this.#version = read.version;
    return patchReading({ set, remove }, this.#locate, this.#version, before);
  }

  /**
   * What was told to have changed, at one moment, with all that changed in the same transactions: once everything is told that
   * had happened when the keys were read, no name may be new.
   *
   * @returns undefined when anything may have changed, or too much
   */
  async #readTogether(): Promise<Read | undefined> {
    const names = new Set<string>();
    for (;;) {
      for (const name of this.#told) names.add(name);
      this.#told.clear();
      if (names.size > mostNames) return undefined;
      const read = await this.#parts.reader.values([...names]);
      await this.#hearing().caughtUp();
      if (this.#mayBeAny()) return undefined;
      if ([...this.#told].every((name) => names.has(name))) return read;
    }
  }

  async #readAll(): Promise<Pick<Difference, 'set' | 'remove'>> {
    const { reader } = this.#parts;
    const { comparison, version } = this.#hearing().isComplete ? await this.#scanAndCatchUp() : await reader.read(this.#held);
    const remove = await this.#held.takeAll(comparison);
    this.#version = version;
    return { set: comparison.set, remove };
  }

  async #scanAndCatchUp(): Promise<Whole> {
    for (let tries = 0; tries < mostScans; tries++) {
      this.#all = false;
      this.#told.clear();
      const comparison = await this.#parts.reader.scan(this.#held);
      await this.#hearing().caughtUp();
      const read = this.#mayBeAny() ? undefined : await this.#readTogether();
      if (read !== undefined) return { comparison: caughtUp(comparison, read), version: read.version };
    }
    return this.#parts.reader.read(this.#held);
  }

  // A function: it is told while we wait.
  #mayBeAny(): boolean {
    return this.#all;
  }

  #sample(): string[] {
    const names: string[] = [];
    for (const key of this.#held.keys()) {
      if (names.length === sampleSize) break;
      names.push(this.#parts.place.name + key);
    }
    return names;
  }
}

function caughtUp(comparison: Comparison, read: Read): Comparison {
  for (const [key, value] of read.values) {
    if (value === undefined) comparison.drop(key);
    else comparison.put(key, value);
  }
  return comparison;
}
