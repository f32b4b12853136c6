import type { Mover, Round } from './round.js';

/** The properties that are made from one: held weakly, so that one nobody keeps is forgotten, and strongly while somebody listens. */
export class Downstream {
  #dependents: WeakRef<Mover>[] = [];
  #full = 16;
  readonly #heard = new Set<Mover>();

  add(dependent: Mover): void {
    this.#dependents.push(new WeakRef(dependent));
    if (this.#dependents.length < this.#full) return;
    // Only when they have doubled: a program that derives anew on each request would pay for all of them each time.
    this.#dependents = this.#dependents.filter((ref) => ref.deref() !== undefined);
    this.#full = Math.max(16, 2 * this.#dependents.length);
  }

  /** Somebody listens to one of them, or to what is made from it in turn. */
  get isHeard(): boolean {
    return this.#heard.size > 0;
  }

  setHeard(dependent: Mover, heard: boolean): void {
    if (heard) this.#heard.add(dependent);
    else this.#heard.delete(dependent);
  }

  wake(round: Round): void {
    for (const ref of this.#dependents) {
      const dependent = ref.deref();
      if (dependent !== undefined) round.wake(dependent);
    }
  }
}
