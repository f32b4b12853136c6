import type { DocumentUpdate, IncrementalDocument, Position, TextEncoding } from './format.js';
import { diffLines, type Hunk } from './properties-diff.js';
import { placesOf } from './properties-locate.js';
import { bytePieces, contentStart, copyText, decode, lineEndNear, scanPiece } from './properties-pieces.js';
import type { EntrySink } from './properties-scan.js';

/** Gives the thread away when it has been held for too long, and only then. */
type Pause = () => Generator<void, void, void>;

/** Characters read between two looks at the clock. */
const sliceSize = 64 * 1024;

/** Keys compared between two looks at the clock. */
const keysPerLook = 1024;

/** Parses bytes into a document that can follow them. The bytes belong to the document from now on. */
export function* openDocument(bytes: Buffer, encoding: TextEncoding): Generator<void, IncrementalDocument, void> {
  const entries = new Map<string, string>();
  const count = yield* readAll(bytes, encoding, entries, pauseEvery());
  return new PropertiesDocument(bytes, encoding, entries, count);
}

interface Patch {
  readonly set: Map<string, string>;
  readonly remove: Set<string>;
  /** Entries of the text after it, duplicates counted. */
  readonly count: number;
}

class PropertiesDocument implements IncrementalDocument {
  readonly #encoding: TextEncoding;
  #entries: Map<string, string>;
  /** The entries as they were opened belong to whoever took them; those we write into are our own. */
  #isOwn = false;
  #bytes: Buffer;
  /** Entries in the text; more than there are keys when a key stands there twice. */
  #count: number;
  /** Kept while somebody goes on asking for places, and no longer. */
  #places: WeakRef<ReadonlyMap<string, Position>> | undefined;

  constructor(bytes: Buffer, encoding: TextEncoding, entries: Map<string, string>, count: number) {
    this.#bytes = bytes;
    this.#encoding = encoding;
    this.#entries = entries;
    this.#count = count;
  }

  get entries(): ReadonlyMap<string, string> {
    return this.#entries;
  }

  locate(key: string): Position | undefined {
    let places = this.#places?.deref();
    if (places === undefined) {
      const start = contentStart(this.#bytes, this.#encoding);
      places = placesOf(bytePieces(this.#bytes, this.#encoding, start, this.#bytes.length));
      this.#places = new WeakRef(places);
    }
    return places.get(key);
  }

  *update(bytes: Buffer): Generator<void, DocumentUpdate, void> {
    const pause = pauseEvery();
    if (!this.#isOwn) yield* this.#takeCopy(pause);
    const { set, remove, count } = yield* this.#patchTo(bytes, pause);
    const commit = (): void => {
      for (const key of remove) this.#entries.delete(key);
      for (const [key, value] of set) this.#entries.set(key, value);
      this.#bytes = bytes;
      this.#count = count;
      this.#places = undefined;
    };
    return { set, remove, commit };
  }

  // Not when it is opened: whoever waits for the first value would wait for the copy too.
  *#takeCopy(pause: Pause): Generator<void, void, void> {
    const copy = new Map<string, string>();
    for (const [key, value] of this.#entries) {
      copy.set(key, value);
      if (copy.size % keysPerLook === 0) yield* pause();
    }
    this.#entries = copy;
    this.#isOwn = true;
  }

  *#patchTo(bytes: Buffer, pause: Pause): Generator<void, Patch, void> {
    if (bytes.equals(this.#bytes)) return { set: new Map(), remove: new Set(), count: this.#count };
    // With a key in two places, a changed line may uncover or cover one that did not change.
    if (this.#count === this.#entries.size) {
      const start = { old: contentStart(this.#bytes, this.#encoding), new: contentStart(bytes, this.#encoding) };
      const hunks = yield* diffLines(this.#bytes, bytes, start, pause);
      const patch = hunks && (yield* this.#patchOf(hunks, bytes, pause));
      if (patch !== undefined) return patch;
    }
    return yield* this.#patchOfAll(bytes, pause);
  }

  /** `undefined` when a changed line has a key that stands in an unchanged one too. */
  *#patchOf(hunks: readonly Hunk[], bytes: Buffer, pause: Pause): Generator<void, Patch | undefined, void> {
    const before = new Map<string, string>();
    const after = new Map<string, string>();
    let count = this.#count;
    for (const { oldStart, oldEnd, newStart, newEnd } of hunks) {
      count -= yield* readRange(this.#bytes, this.#encoding, oldStart, oldEnd, before, pause);
      count += yield* readRange(bytes, this.#encoding, newStart, newEnd, after, pause);
    }
    for (const key of after.keys()) {
      if (!before.has(key) && this.#entries.has(key)) return undefined;
    }
    return { ...(yield* difference(before, after, pause)), count };
  }

  *#patchOfAll(bytes: Buffer, pause: Pause): Generator<void, Patch, void> {
    const after = new Map<string, string>();
    const count = yield* readAll(bytes, this.#encoding, after, pause);
    return { ...(yield* difference(this.#entries, after, pause)), count };
  }
}

/** What makes `after` of `before`, in strings of its own: the texts they were cut from are not kept alive. */
function* difference(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, pause: Pause): Generator<void, Omit<Patch, 'count'>, void> {
  const set = new Map<string, string>();
  const remove = new Set<string>();
  let seen = 0;
  for (const [key, value] of after) {
    if (before.get(key) !== value) set.set(copyText(key), copyText(value));
    if (++seen % keysPerLook === 0) yield* pause();
  }
  for (const key of before.keys()) {
    if (!after.has(key)) remove.add(copyText(key));
    if (++seen % keysPerLook === 0) yield* pause();
  }
  return { set, remove };
}

function readAll(bytes: Buffer, encoding: TextEncoding, sink: EntrySink, pause: Pause): Generator<void, number, void> {
  return readRange(bytes, encoding, contentStart(bytes, encoding), bytes.length, sink, pause);
}

function* readRange(bytes: Buffer, encoding: TextEncoding, from: number, to: number, sink: EntrySink, pause: Pause): Generator<void, number, void> {
  let count = 0;
  for (const piece of bytePieces(bytes, encoding, from, to)) {
    const { text } = piece;
    for (let start = 0, end = 0; start < text.length; start = end) {
      end = lineEndNear(text, start, text.length, sliceSize);
      count += scanPiece(text.slice(start, end), sink, () => decode(bytes, encoding, 0, piece.start) + text.slice(0, start));
      yield* pause();
    }
  }
  return count;
}

/** Yields when this much time has passed since it last did. */
function pauseEvery(ms = 2): Pause {
  let since = performance.now();
  return function* () {
    if (performance.now() - since < ms) return;
    yield;
    since = performance.now();
  };
}
