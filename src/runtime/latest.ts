import type { Unsubscribe } from './listeners.js';

/**
 * The values that `listen` brings, as an async iterator that starts listening now. It holds one value: whoever reads
 * slowly gets the latest, so nothing piles up behind a slow reader.
 */
export function latestValues<T>(listen: (take: (value: T) => void) => Unsubscribe, signal?: AbortSignal): AsyncIterableIterator<T> {
  let held: { readonly value: T } | undefined;
  let waiting: ((result: IteratorResult<T>) => void)[] = [];
  let ended = signal?.aborted ?? false;
  const stop = listen((value) => {
    const next = waiting.shift();
    if (next === undefined) held = { value };
    else next({ done: false, value });
  });
  const end = (): void => {
    ended = true;
    stop();
    signal?.removeEventListener('abort', end);
    for (const next of waiting) next({ done: true, value: undefined });
    waiting = [];
  };
  if (ended) end();
  else signal?.addEventListener('abort', end, { once: true });
  return {
    next() {
      if (held !== undefined && !ended) {
        const { value } = held;
        held = undefined;
        return Promise.resolve({ done: false, value });
      }
      if (ended) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => waiting.push(resolve));
    },
    return() {
      end();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
