/**
 * Lets `rate` requests a second through, and as many at once after a quiet second.
 *
 * The rate is asked for on each request, so it may change between any two of them.
 */
export class TokenBucket {
  readonly #rate: () => number;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  /** @param now a clock in ms */
  constructor(rate: () => number, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
    this.#tokens = rate();
    this.#filledAt = now();
  }

  /** Takes a token: 0 if there was one, else the ms until there will be. */
  take(): number {
    this.#fill();
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return ((1 - this.#tokens) / this.#rate()) * 1_000;
  }

  /** ms until the bucket is full again. */
  get untilFull(): number {
    this.#fill();
    return ((this.#rate() - this.#tokens) / this.#rate()) * 1_000;
  }

  #fill(): void {
    const now = this.#now();
    const rate = this.#rate();
    this.#tokens = Math.min(rate, this.#tokens + ((now - this.#filledAt) / 1_000) * rate);
    this.#filledAt = now;
  }
}
