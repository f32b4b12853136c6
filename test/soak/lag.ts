import type { Observer } from './observers.js';
import type { Acknowledged } from './writer.js';

const lookMs = 50;

/** How long writes that were acknowledged are not known to those who follow, whatever the reason: an outage counts. */
export class Lag {
  readonly #waiting: ReadonlyMap<Observer, Acknowledged[]>;
  readonly #timer: NodeJS.Timeout;
  largestMs = 0;

  constructor(observers: readonly Observer[]) {
    this.#waiting = new Map(observers.map((observer) => [observer, []]));
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  written(write: Acknowledged): void {
    for (const waiting of this.#waiting.values()) waiting.push(write);
  }

  /** All agree: what is not known by now the servers have lost. */
  settle(): void {
    for (const waiting of this.#waiting.values()) waiting.length = 0;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    for (const [observer, waiting] of this.#waiting) {
      const [oldest] = waiting;
      if (oldest === undefined) continue;
      const { zxid } = observer;
      if (oldest.zxid > zxid) this.largestMs = Math.max(this.largestMs, now - oldest.at);
      waiting.splice(0, waiting.length, ...waiting.filter((write) => write.zxid > zxid));
    }
  }
}
