/** Something that is being sent. */
interface Parcel {
  readonly body: object;
  readonly cut: () => void;
}

interface Held {
  readonly bytes: number;
  parcels: number;
}

/**
 * What is on its way to clients who have not taken all of it yet. A body that goes to many is held once, but each publish has another: clients
 * who take next to nothing would hold one each, so when they take too much together, those who are at it longest are cut off.
 */
export class Underway {
  readonly #mostBytes: number;
  readonly #held = new Map<object, Held>();
  /** Oldest first. */
  readonly #parcels = new Set<Parcel>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @param body what is kept in memory for it: the same for all who get the same
   * @param cut  ends the connection
   * @returns a function to call when it has been taken, or its client has gone
   */
  add(body: object, bytes: number, cut: () => void): () => void {
    const parcel = { body, cut };
    const held = this.#held.get(body) ?? { bytes, parcels: 0 };
    if (held.parcels === 0) this.#bytes += bytes;
    held.parcels += 1;
    this.#held.set(body, held);
    this.#parcels.add(parcel);
    for (const oldest of this.#parcels) {
      // The newest body may be sent, however large it is.
      if (this.#bytes <= this.#mostBytes || this.#held.size === 1) break;
      this.#remove(oldest);
      oldest.cut();
    }
    return () => this.#remove(parcel);
  }

  #remove(parcel: Parcel): void {
    const held = this.#held.get(parcel.body);
    if (!this.#parcels.delete(parcel) || held === undefined) return;
    held.parcels -= 1;
    if (held.parcels > 0) return;
    this.#held.delete(parcel.body);
    this.#bytes -= held.bytes;
  }
}
