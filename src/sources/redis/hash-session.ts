import type { FullReading, PatchReading, Reading } from '../../core/model.js';
import type { StoreSession } from '../store/follow.js';
import { aboutReading, patchReading, unwritten, type Chronicle, type Told } from './chronicle.js';
import type { Connection } from './connection.js';
import type { HashReader } from './hash-reader.js';
import type { Hearing } from './hearing.js';
import { Held, type Difference } from './held.js';
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
    const { set } = await this.#readAll();
    return { kind: 'full', entries: set, ...aboutReading(this.#locate, this.#version) };
  }

  async changes(): Promise<Reading | undefined> {
    const hearing = this.#hearing();
    if (this.#isStrange(hearing)) return this.reconcile();
    const { touched, told, size } = await this.#look();
    if (!touched && (told?.length === 0 || !this.#parts.chronicle.isReadable)) return undefined;
    // Who else may have written as well, only invalidations tell.
    if (told === undefined || told.length === 0 || hearing.kind !== 'tracking') return this.reconcile();
    await hearing.caughtUp();
    const patch = this.#held.differenceTo(new Map(told.map(({ key, after }) => [key, after])));
    if (this.#isStrange(hearing) || this.#held.size + patch.growth !== size) return this.reconcile();
    return this.#take(patch, told);
  }

  async reconcile(): Promise<Reading | undefined> {
    const before = this.#version;
    return patchReading(await this.#readAll(), this.#locate, this.#version, before);
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

  #take({ set, remove }: Difference, told: readonly Told[]): PatchReading | undefined {
    const before = this.#version;
    this.#version = told.at(-1)?.id;
    this.#held.apply(set, remove);
    return patchReading({ set, remove }, this.#locate, this.#version, before);
  }

  async #readAll(): Promise<Pick<Difference, 'set' | 'remove'>> {
    this.#strange = false;
    const { comparison, version } = await this.#parts.reader.read(this.#held);
    const remove = await this.#held.takeAll(comparison);
    this.#version = version;
    return { set: comparison.set, remove };
  }
}
