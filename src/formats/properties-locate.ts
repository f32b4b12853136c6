import type { Position } from './format.js';
import { positionAfter, type Piece } from './properties-pieces.js';
import { scanEntries, type EntrySink } from './properties-scan.js';

/** Where each key stands; of a key that stands in several places, the last, which is the one that counts. */
export function placesOf(pieces: Iterable<Piece>): ReadonlyMap<string, Position> {
  const finder = new PlaceFinder();
  for (const piece of pieces) finder.read(piece);
  return finder.places;
}

class PlaceFinder implements EntrySink {
  readonly places = new Map<string, Position>();
  #text = '';
  #done = 0;
  #reached: Position = { line: 1, column: 1 };

  /** Reads the next piece of a text; the first one starts behind a byte order mark. */
  read(piece: Piece): void {
    this.#text = piece.text;
    this.#done = 0;
    scanEntries(piece.text, this);
    this.#advance(piece.text.length);
  }

  set(key: string, _value: string, at: number): void {
    this.#advance(at);
    this.places.set(key, this.#reached);
  }

  #advance(to: number): void {
    this.#reached = positionAfter(this.#reached, this.#text.slice(this.#done, to));
    this.#done = to;
  }
}
