import type { Writable } from '../../core/writable.js';
import type { OpenStore } from './follow.js';

/** Lets the readers of a source that is only looked at now and then see at once what was written through that very source. */
export class OwnWrites {
  readonly #bells = new Set<() => void>();

  /** As `open`, with its bell rung by each write. */
  heardBy(open: OpenStore): OpenStore {
    return async (events, host, signal) => {
      const session = await open(events, host, signal);
      this.#bells.add(events.changed);
      return {
        load: () => session.load(),
        changes: () => session.changes(),
        reconcile: () => session.reconcile(),
        close: () => {
          this.#bells.delete(events.changed);
          session.close();
        },
      };
    };
  }

  /** As `store`, ringing after each write. */
  of(store: Writable): Writable {
    const ringing = async <T>(write: Promise<T>): Promise<T> => {
      try {
        return await write;
      } finally {
        for (const ring of this.#bells) ring();
      }
    };
    return {
      set: (entries, options) => ringing(store.set(entries, options)),
      delete: (keys, options) => ringing(store.delete(keys, options)),
      history: (key, limit) => store.history(key, limit),
    };
  }
}
