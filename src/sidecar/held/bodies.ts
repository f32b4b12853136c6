/** Bodies of answers that were worked out since the last publish; those asked for longest ago go first when they take too much. */
export class Bodies {
  readonly #mostBytes: number;
  readonly #held = new Map<string, Buffer>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get(name: string, make: () => Buffer): Buffer {
    const known = this.#held.get(name);
    const body = known ?? make();
    // Put in again: the first in the map is the one that was not asked for longest.
    this.#held.delete(name);
    this.#held.set(name, body);
    if (known === undefined) this.#bytes += body.length;
    for (const [oldest, { length }] of this.#held) {
      if (this.#bytes <= this.#mostBytes || oldest === name) break;
      this.#held.delete(oldest);
      this.#bytes -= length;
    }
    return body;
  }

  clear(): void {
    this.#held.clear();
    this.#bytes = 0;
  }
}
