import type { FullReading, PatchReading, Reading } from '../../core/model.js';
import type { StoreSession } from '../store/follow.js';
import { unwritten, writtenAt, type Chronicle, type Told } from './chronicle.js';
import type { Comparison } from './comparison.js';
import type { Connection } from './connection.js';
import type { HashReader } from './hash-reader.js';
import type { Hearing } from './hearing.js';
import { originIn, type Place } from './place.js';

export interface SessionParts<Reader> {
  readonly where: string;
  readonly place: Place;
  readonly connection: Connection;
  readonly chronicle: Chronicle;
  readonly reader: Reader;
  readonly everyMs: number;
  readonly close: () => void;
}

// More than that in one look is read as a whole.
const mostTold = 1_000;
// A hash up to this size is read as a whole where it saves a doubt.
const smallBytes = 64 * 1024;

/**
 * A hash that is followed. It stays watched (`WATCH`) from one look to the next, so that a look learns at once whether anybody has
 * touched it. What was written through us stands in the history, and costs no more than what changed; what somebody else wrote is
 * found by reading the whole.
 *
 *   touched? ─┬─ no ──────────────────────────────▶ nothing new
 *             ├─ the history tells of it ─────────▶ that
 *             └─ it does not, or not all of it ───▶ read and compare everything
 */
export class HashSession implements StoreSession {
  readonly #parts: SessionParts<HashReader>;
  readonly #hearing: () => Hearing;
  readonly #locate: (key: string) => string;
  #entries: Map<string, string> = new Map();
  #bytes = 0;
  #version: string | undefined;
  /** Somebody else has written: a change was told without one of the history. */
  #strange = false;
  /** Since when somebody else may have written while the history told of changes. */
  #doubtfulSince: number | undefined;

  constructor(parts: SessionParts<HashReader>, hearing: () => Hearing) {
    this.#parts = parts;
    this.#hearing = hearing;
    this.#locate = originIn(parts.place);
  }

  /** @returns whether what was told concerns the hash */
  tell(names: readonly string[] | undefined): boolean {
    const { place } = this.#parts;
    const concerns = names === undefined || names.includes(place.name);
    // Our script writes the hash and the history as one, so they are named together.
    if (concerns && names?.includes(place.history) !== true) this.#strange = true;
    return concerns;
  }

  async load(): Promise<FullReading> {
    const { set, version } = await this.#readAll();
    return { kind: 'full', entries: set, ...this.#about(version) };
  }

  async changes(): Promise<Reading | undefined> {
    if (this.#mayHaveMissed()) return this.reconcile();
    const { touched, told, size } = await this.#look();
    if (!touched && told?.length === 0) return undefined;
    if (!touched && told === undefined && !this.#parts.chronicle.isReadable) return undefined;
    if (told === undefined || told.length === 0) return this.reconcile();
    const isCertain = this.#hearing().kind === 'tracking';
    if (!isCertain && this.#bytes <= smallBytes) return this.reconcile();
    const patch = this.#patchOf(told);
    if (this.#entries.size + patch.growth !== size) return this.reconcile();
    if (!isCertain) this.#doubtfulSince ??= performance.now();
    return this.#take(patch, told);
  }

  async reconcile(): Promise<Reading | undefined> {
    const before = this.#version;
    const { set, remove, version } = await this.#readAll();
    if (set.size === 0 && remove.size === 0) return undefined;
    return { kind: 'patch', set, remove, ...this.#about(version, before) };
  }

  close(): void {
    this.#parts.close();
  }

  #mayHaveMissed(): boolean {
    if (this.#strange && this.#hearing().kind === 'tracking') return true;
    return this.#doubtfulSince !== undefined && performance.now() - this.#doubtfulSince >= this.#parts.everyMs * 0.8;
  }

  async #look(): Promise<{ touched: boolean; told: readonly Told[] | undefined; size: number }> {
    const { connection, where, place, chronicle, reader } = this.#parts;
    const version = this.#version ?? unwritten;
    const count = ['HLEN', place.name] as const;
    // Between EXEC and WATCH nobody watches; sent in one packet, the server takes them without a pause.
    const { replies, after } = await connection.transaction(where, [count], [reader.watchCommand, chronicle.sinceCommand(version, mostTold), count]);
    return { touched: replies === undefined, told: chronicle.since(version, mostTold, after[1]), size: Number(after[2]) };
  }

  #patchOf(told: readonly Told[]): Patch {
    const last = new Map(told.map(({ key, after }) => [key, after]));
    const set = new Map<string, string>();
    const remove = new Set<string>();
    let growth = 0;
    for (const [key, after] of last) {
      const before = this.#entries.get(key);
      if (after === undefined && before !== undefined) remove.add(key);
      if (after !== undefined && before !== after) set.set(key, after);
      growth += Number(after !== undefined) - Number(before !== undefined);
    }
    return { set, remove, growth };
  }

  #take({ set, remove }: Patch, told: readonly Told[]): PatchReading | undefined {
    const before = this.#version;
    this.#version = told.at(-1)?.id;
    for (const key of remove) this.#entries.delete(key);
    for (const [key, value] of set) this.#entries.set(key, value);
    if (set.size === 0 && remove.size === 0) return undefined;
    return { kind: 'patch', set, remove, ...this.#about(this.#version, before) };
  }

  async #readAll(): Promise<Pick<Comparison, 'set'> & { remove: Set<string>; version: string | undefined }> {
    this.#strange = false;
    const { comparison, version } = await this.#parts.reader.read(this.#entries);
    const remove = await comparison.removed();
    this.#doubtfulSince = undefined;
    this.#entries = comparison.entries;
    this.#bytes = comparison.bytes;
    this.#version = version;
    return { set: comparison.set, remove, version };
  }

  #about(version: string | undefined, before?: string): Pick<FullReading, 'version' | 'locate' | 'writtenAt'> {
    // What came without a new version was written by somebody else, who knows when.
    const at = version === before ? undefined : writtenAt(version);
    return { locate: this.#locate, ...(version === undefined ? {} : { version }), ...(at === undefined ? {} : { writtenAt: at }) };
  }
}

interface Patch {
  readonly set: Map<string, string>;
  readonly remove: Set<string>;
  /** Keys more than before. */
  readonly growth: number;
}
