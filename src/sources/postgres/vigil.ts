/**
 * Watches over a server that owes an answer: calls `onSilence` when nothing was heard of it for so long. TCP's own keepalive
 * cannot tell that: the system answers it also for a server that hangs.
 */
export class Vigil {
  readonly #ms: number;
  readonly #onSilence: () => void;
  #heardAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, onSilence: () => void) {
    this.#ms = ms;
    this.#onSilence = onSilence;
  }

  /** ms since anything was heard. */
  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  begin(): void {
    this.heard();
    this.#arm(this.#ms);
  }

  heard(): void {
    this.#heardAt = performance.now();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    if (this.silentMs < this.#ms) return this.#arm(this.#ms - this.silentMs);
    // If this process itself was held up, the answer may lie in the socket: it is read before the immediate runs.
    setImmediate(() => {
      if (this.#timer === undefined) return;
      if (this.silentMs < this.#ms) return this.#arm(this.#ms - this.silentMs);
      this.end();
      this.#onSilence();
    });
  }
}
