const patienceMs = 15_000;

/**
 * When a reader saw which value: `seen` is called by the reader, `when` waits for it.
 *
 * @returns {{ seen(value: string, at: number): void, when(value: string): Promise<number | undefined> }} `undefined`: not at all
 */
export function bulletin() {
  const waiting = new Map();
  return {
    seen(value, at) {
      waiting.get(value)?.(at);
    },
    when(value) {
      return new Promise((resolve) => {
        const settle = (at) => {
          clearTimeout(timer);
          waiting.delete(value);
          resolve(at);
        };
        const timer = setTimeout(settle, patienceMs);
        waiting.set(value, settle);
      });
    },
  };
}
