import type { FullReading, PatchReading, Reading } from '../../core/model.js';
import type { StoreSession } from '../store/follow.js';
import { aboutReading, unwritten, type Chronicle, type Told } from './chronicle.js';
import type { Comparison } from './comparison.js';
import type { Connection } from './connection.js';
import type { HashReader } from './hash-reader.js';
import type { Hearing } from './hearing.js';
import { Held } from './held.js';
import { originIn, type Place } from './place.js';

export interface SessionParts<Reader> {
  readonly where: string;
  readonly place: Place;
  readonly connection: Connection;
  readonly chronicle: Chronicle;
  readonly reader: Reader;
  readonly close: () => void;
}

// More than that in one look is read as a whole.
const mostTold = 1_000;

/**
 * A hash that is followed. It stays watched (`WATCH`) from one look to the next, so that a look learns at once whether anybody has
 * touched it. What was written through us stands in the history, and costs no more than what changed; what somebody else wrote is
 * found by reading the whole. Who has written, invalidations tell: our script changes the hash and the history as one, so they are
 * named together. (What somebody else writes in the very same round of the server's loop hides behind that, and is found by
 * `reconcile`.)
 *
 *   touched? ─┬─ no ──────────────────────────────────▶ nothing new
 *             ├─ by our script, and by nobody else ───▶ what the history tells
 *             └─ else ────────────────────────────────▶ read and compare everything
 */
export class HashSession implements StoreSession {
  readonly #parts: SessionParts<HashReader>;
  readonly #hearing: () => Hearing;
  readonly #locate: (key: string) => string;
  readonly #held = new Held();
  #version: string | undefined;
  /** Somebody else has written: a change was told without one of the history. */
  #strange = false;

  constructor(parts: SessionParts<HashReader>, hearing: () => Hearing) {
    this.#parts = parts;
    this.#hearing = hearing;
    this.#locate = originIn(parts.place);
  }

  /** @returns whether what was told concerns the hash */
  tell(names: readonly string[] | undefined): boolean {
    const { place } = this.#parts;
    const concerns = names === undefined || names.includes(place.name);
    if (concerns && names?.includes(place.history) !== true) this.#strange = true;
    return concerns;
  }

  async load(): Promise<FullReading> {
    const { set, version } = await this.#readAll();
    return { kind: 'full', entries: set, ...aboutReading(this.#locate, version) };
  }

  async changes(): Promise<Reading | undefined> {
    const hearing = this.#hearing();
    if (this.#isStrange(hearing)) return this.reconcile();
    const { touched, told, size } = await this.#look();
    if (!touched && (told?.length === 0 || !this.#parts.chronicle.isReadable)) return undefined;
    // Who else may have written as well, only invalidations tell.
    if (told === undefined || told.length === 0 || hearing.kind !== 'tracking') return this.reconcile();
    await hearing.caughtUp();
    const patch = this.#patchOf(told);
    if (this.#isStrange(hearing) || this.#held.size + patch.growth !== size) return this.reconcile();
    return this.#take(patch, told);
  }

  async reconcile(): Promise<Reading | undefined> {
    const before = this.#version;
    const { set, remove, version } = await this.#readAll();
    if (set.size === 0 && remove.size === 0) return undefined;
    return { kind: 'patch', set, remove, ...aboutReading(this.#locate, version, before) };
  }

  close(): void {
    this.#parts.close();
  }

  #isStrange({ kind }: Hearing): boolean {
    return this.#strange && kind === 'tracking';
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
      const before = this.#held.get(key);
      if (after === undefined && before !== undefined) remove.add(key);
      if (after !== undefined && before !== after) set.set(key, after);
      growth += Number(after !== undefined) - Number(before !== undefined);
    }
    return { set, remove, growth };
  }

  #take({ set, remove }: Patch, told: readonly Told[]): PatchReading | undefined {
    const before = this.#version;
    this.#version = told.at(-1)?.id;
    this.#held.apply(set, remove);
    if (set.size === 0 && remove.size === 0) return undefined;
    return { kind: 'patch', set, remove, ...aboutReading(this.#locate, this.#version, before) };
  }

  async #readAll(): Promise<Pick<Comparison, 'set'> & { remove: Set<string>; version: string | undefined }> {
    this.#strange = false;
    const { comparison, version } = await this.#parts.reader.read(this.#held);
    const remove = await comparison.removed();
    if (this.#held.size === 0) this.#held.replace(comparison.entries);
    else this.#held.apply(comparison.set, remove);
    this.#version = version;
    return { set: comparison.set, remove, version };
  }
}

interface Patch {
  readonly set: Map<string, string>;
  readonly remove: Set<string>;
  /** Keys more than before. */
  readonly growth: number;
}
