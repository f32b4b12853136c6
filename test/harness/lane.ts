/** Does things later, in the order they were asked, however the delay changes meanwhile. */
export class Lane {
  readonly #waiting: { readonly due: number; readonly act: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  add(delayMs: number, act: () => void): void {
    if (delayMs === 0 && this.#waiting.length === 0) {
      act();
      return;
    }
    this.#waiting.push({ due: performance.now() + delayMs, act });
    this.#timer ??= this.#wakeForFirst();
  }

  /** Does all that waits at once. */
  flush(): void {
    for (const { act } of this.clear()) act();
  }

  /** Forgets all that waits, and gives it back. */
  clear(): { readonly act: () => void }[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#waiting.splice(0);
  }

  #wakeForFirst(): NodeJS.Timeout | undefined {
    const first = this.#waiting[0];
    if (first === undefined) return undefined;
    return setTimeout(() => {
      this.#timer = undefined;
      this.#waiting.shift();
      first.act();
      this.#timer ??= this.#wakeForFirst();
    }, Math.max(0, Math.ceil(first.due - performance.now()))).unref();
  }
}
