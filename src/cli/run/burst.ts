/** However many changes come, they are acted upon: a little late, but not after this many quiet times. */
const patience = 10;

/** Waits until a burst of changes is over. */
export class Burst {
  readonly #quietMs: number;
  readonly #act: () => void;
  #timer: NodeJS.Timeout | undefined;
  #firstAt: number | undefined;

  constructor(quietMs: number, act: () => void) {
    this.#quietMs = quietMs;
    this.#act = act;
  }

  note(): void {
    this.#firstAt ??= performance.now();
    clearTimeout(this.#timer);
    const left = this.#firstAt + patience * this.#quietMs - performance.now();
    this.#timer = setTimeout(() => {
      this.#firstAt = undefined;
      this.#act();
    }, Math.max(0, Math.min(this.#quietMs, left)));
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
