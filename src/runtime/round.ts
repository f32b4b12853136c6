import type { Report } from './listeners.js';

/** A property as a round sees it. */
export interface Mover {
  /** 0 for a property of a key; one more than its highest input for a derived one. */
  readonly rank: number;
  /** Takes its new value from its inputs. */
  follow(round: Round): void;
  /** Who listens now; `undefined` if nobody does. */
  audience(): Tell | undefined;
}

/** Tells those who listened when the round began to tell. */
export type Tell = (before: unknown, report: Report) => void;

/**
 * The properties that one publish moves: first all move, inputs before what is derived from them, then all listeners
 * run. So no listener sees half an update, and a property with two moved inputs moves once.
 */
export class Round {
  readonly at: number;
  readonly #moved: Mover[] = [];
  readonly #before: unknown[] = [];
  readonly #waiting: (Set<Mover> | undefined)[] = [];

  constructor(at: number) {
    this.at = at;
  }

  moved(property: Mover, before: unknown): void {
    this.#moved.push(property);
    this.#before.push(before);
  }

  wake(property: Mover): void {
    const sameRank = (this.#waiting[property.rank] ??= new Set());
    sameRank.add(property);
  }

  /** Lets everything derived follow. */
  settle(): void {
    // The list grows while it is walked: what follows wakes what is derived from it, always further on.
    for (const sameRank of this.#waiting) {
      for (const property of sameRank ?? []) property.follow(this);
    }
  }

  tell(report: Report): void {
    // Found before the first is told: who begins to listen meanwhile has seen the value of now already.
    const audiences = this.#moved.map((property) => property.audience());
    for (const [at, tell] of audiences.entries()) tell?.(this.#before[at], report);
  }
}
