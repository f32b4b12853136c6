/** What the ring keeps: one commit. */
export interface Kept {
  /** The revision that the commit led to. */
  readonly revision: string;
  /** Roughly what it takes in memory. */
  readonly bytes: number;
}

/** The last commits of a namespace, oldest first: at most so many, and no more bytes than one whole set may have. */
export class Ring<T extends Kept> {
  readonly #most: number;
  readonly #mostBytes: number;
  #kept: T[] = [];
  #bytes = 0;
  /** The revision before the oldest commit that is kept. */
  #base: string;

  constructor(base: string, most: number, mostBytes: number) {
    this.#base = base;
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  /** The oldest revision that can be told what happened since. */
  get base(): string {
    return this.#base;
  }

  /** Newest last. */
  get all(): readonly T[] {
    return this.#kept;
  }

  push(one: T): void {
    this.#kept.push(one);
    this.#bytes += one.bytes;
    let leaving = 0;
    for (const oldest of this.#kept) {
      if (this.#kept.length - leaving <= this.#most && this.#bytes <= this.#mostBytes) break;
      this.#bytes -= oldest.bytes;
      this.#base = oldest.revision;
      leaving += 1;
    }
    if (leaving > 0) this.#kept = this.#kept.slice(leaving);
  }

  /** Forgets all that is kept: nobody can resume from before now. */
  clear(): void {
    this.#base = this.#kept.at(-1)?.revision ?? this.#base;
    this.#kept = [];
    this.#bytes = 0;
  }

  /** What came after a revision; `undefined` when that cannot be told any more, or never was a revision of ours. */
  after(revision: string): readonly T[] | undefined {
    // From the end: who asks was here a moment ago.
    const at = this.#kept.findLastIndex((one) => one.revision === revision);
    return at === -1 && revision !== this.#base ? undefined : this.#kept.slice(at + 1);
  }
}
