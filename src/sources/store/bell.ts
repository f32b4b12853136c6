/** Says that there may be something new. A ring while nobody waits is not lost. */
export class Bell {
  #rung = false;
  #lost: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  readonly ring = (): void => {
    this.#rung = true;
    this.#wake?.();
  };

  /** The connection is gone: who waits, now or next, gets `error` thrown. */
  readonly fail = (error: unknown): void => {
    this.#lost ??= { error };
    this.#wake?.();
  };

  /**
   * Waits for a ring, `ms` at most, or until `signal` aborts.
   *
   * @throws what `fail` was given
   */
  async rings(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && this.#lost === undefined && !signal.aborted) await this.#wait(ms, signal);
    this.#rung = false;
    if (this.#lost !== undefined) throw this.#lost.error;
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms).unref();
      signal.addEventListener('abort', this.ring, { once: true });
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', this.ring);
    this.#wake = undefined;
  }
}
