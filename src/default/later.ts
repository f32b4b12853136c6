import type { Source } from '../core/model.js';
import type { Writable } from '../core/writable.js';

/** A store whose module is loaded when it is first read or written: who does not use it does not pay for it. */
export function later(name: string, load: () => Promise<Source & Writable>): Source & Writable {
  let loading: Promise<Source & Writable> | undefined;
  // Not kept when it fails: its client may be installed by the next try.
  const store = (): Promise<Source & Writable> => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return {
    name,
    async *readings(signal, host) {
      yield* (await store()).readings(signal, host);
    },
    set: async (entries, options) => (await store()).set(entries, options),
    delete: async (keys, options) => (await store()).delete(keys, options),
    history: async (key, limit) => (await store()).history(key, limit),
  };
}
