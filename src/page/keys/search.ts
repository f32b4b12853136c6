import { type Entry, haystackOf } from './entry.js';

/** The words of a search, in lower case: each has to stand in the key or in the value. */
export function wordsOf(search: string): string[] {
  return search.toLowerCase().split(/\s+/).filter((word) => word !== '');
}

export function matches(entry: Entry, words: readonly string[]): boolean {
  const haystack = haystackOf(entry);
  return words.every((word) => haystack.includes(word));
}

/** Whether everything that `next` finds is among what `before` found: "gate" → "gatew", "gate" → "gate limit". */
export function isNarrower(next: readonly string[], before: readonly string[]): boolean {
  return before.every((word) => next.some((longer) => longer.includes(word)));
}

export interface Finding {
  readonly found: readonly Entry[];
  /** Everything was looked through. */
  readonly done: boolean;
}

/** Looks through entries in pieces, so that nobody who types has to wait for all of them. */
export class Sieve {
  readonly words: readonly string[];
  readonly #from: readonly Entry[];
  readonly #found: Entry[] = [];
  #at = 0;

  constructor(entries: readonly Entry[], words: readonly string[]) {
    this.#from = entries;
    this.words = words;
  }

  /**
   * Looks on until the time is over.
   *
   * @param isOver asked every 500 entries: reading the clock costs as much as a few of them
   */
  run(isOver: () => boolean): Finding {
    while (this.#at < this.#from.length) {
      const end = Math.min(this.#at + 500, this.#from.length);
      for (; this.#at < end; this.#at++) {
        const entry = this.#from[this.#at];
        if (entry !== undefined && matches(entry, this.words)) this.#found.push(entry);
      }
      if (isOver()) break;
    }
    return { found: this.#found, done: this.#at >= this.#from.length };
  }
}
