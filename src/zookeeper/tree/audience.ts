import type { ListenOptions, Unsubscribe } from '../listeners.js';
import { mergeBatches, type TreeBatch } from './changes.js';

export interface ChangesOptions extends ListenOptions {
  /** Leaves out what a load finds, and begins with what happens after it. Default false. */
  readonly afterLoad?: boolean | undefined;
}

/**
 * Those who hear of changes. Who throws disturbs nobody; who returns a promise hears of nothing before it has settled, and
 * then of all that came meanwhile in one batch.
 */
export class Audience {
  readonly #members = new Set<Member>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  add(listener: (batch: TreeBatch) => unknown, { signal, afterLoad = false }: ChangesOptions = {}): Unsubscribe {
    const member = new Member(listener, afterLoad, this.#report);
    const leave = (): void => {
      member.leave();
      this.#members.delete(member);
      signal?.removeEventListener('abort', leave);
    };
    if (signal?.aborted === true) return leave;
    this.#members.add(member);
    signal?.addEventListener('abort', leave, { once: true });
    return leave;
  }

  /** Those who come while it is told hear of the next one. */
  tell(batch: TreeBatch): void {
    for (const member of [...this.#members]) member.tell(batch);
  }

  clear(): void {
    for (const member of this.#members) member.leave();
    this.#members.clear();
  }
}

class Member {
  readonly #listener: (batch: TreeBatch) => unknown;
  readonly #afterLoad: boolean;
  readonly #report: (error: unknown) => void;
  #isBusy = false;
  #hasLeft = false;
  #waiting: TreeBatch | undefined;

  constructor(listener: (batch: TreeBatch) => unknown, afterLoad: boolean, report: (error: unknown) => void) {
    this.#listener = listener;
    this.#afterLoad = afterLoad;
    this.#report = report;
  }

  tell(batch: TreeBatch): void {
    if (this.#hasLeft || (this.#afterLoad && batch.cause === 'load')) return;
    if (!this.#isBusy) return this.#call(batch);
    this.#waiting = this.#waiting === undefined ? batch : mergeBatches(this.#waiting, batch);
  }

  leave(): void {
    this.#hasLeft = true;
    this.#waiting = undefined;
  }

  #call(batch: TreeBatch): void {
    try {
      const result = this.#listener(batch);
      if (!(result instanceof Promise)) return;
      this.#isBusy = true;
      void result.catch(this.#report).then(() => this.#next());
    } catch (error) {
      this.#report(error);
    }
  }

  #next(): void {
    this.#isBusy = false;
    const batch = this.#waiting;
    this.#waiting = undefined;
    if (batch !== undefined && batch.changes.length > 0 && !this.#hasLeft) this.#call(batch);
  }
}
