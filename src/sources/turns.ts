import { setImmediate as nextTurn } from 'node:timers/promises';

/** ms of work before others get their turn. */
const sliceMs = 4;

/** Items before it is asked how long the work has lasted. */
const walkAtOnce = 500;

/** Lets others have their turn when this work has held the event loop for a while. */
export class Turns {
  #since = performance.now();

  async give(): Promise<void> {
    if (performance.now() - this.#since < sliceMs) return;
    await nextTurn();
    this.#since = performance.now();
  }
}

/** Visits each item, and gives others their turn in between. */
export async function walk<T>(items: Iterable<T>, visit: (item: T) => unknown): Promise<void> {
  const turns = new Turns();
  let visited = 0;
  for (const item of items) {
    visit(item);
    visited += 1;
    if (visited % walkAtOnce === 0) await turns.give();
  }
}
