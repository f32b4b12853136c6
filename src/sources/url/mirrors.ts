import { SourceError } from '../../core/errors.js';
import type { SourceHost } from '../../core/model.js';
import type { Address } from './address.js';
import { originOf, wordsOf } from './problem.js';

/** ms for which a mirror that failed is asked last, so that its timeout is not paid with each request. */
const restMs = 60_000;

export interface Failure {
  readonly address: Address;
  readonly thrown: unknown;
}

/**
 * Which mirror to ask first: the first of those that are well. One that failed comes last until it has rested, then it
 * is tried again in its place: the order is the user's wish.
 */
export class Mirrors {
  readonly #addresses: readonly Address[];
  readonly #failedAt = new Map<Address, number>();
  /** What was told of each mirror since it was well. */
  readonly #told = new Map<Address, string>();

  constructor(addresses: readonly Address[]) {
    this.#addresses = addresses;
  }

  order(now: number): Address[] {
    const rests = (address: Address) => now - (this.#failedAt.get(address) ?? -Infinity) < restMs;
    return [...this.#addresses.filter((address) => !rests(address)), ...this.#addresses.filter(rests)];
  }

  failed({ address }: Failure, now: number): void {
    this.#failedAt.set(address, now);
  }

  /** One has answered. That others did not is told once, because nobody would notice. */
  answered(address: Address, failures: readonly Failure[], name: string, host: SourceHost): void {
    this.#failedAt.delete(address);
    this.#told.delete(address);
    for (const { address: other, thrown } of failures) {
      const words = wordsOf(thrown);
      if (this.#told.get(other) === words) continue;
      this.#told.set(other, words);
      host.warn(new SourceError(`${name}: another mirror answers, but this one does not: ${words}`, { origin: originOf(other), cause: thrown }));
    }
  }
}
