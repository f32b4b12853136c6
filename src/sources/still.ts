import type { FullReading, Source } from '../core/model.js';
import { aborted } from './abort.js';

/** A source that says nothing by itself: read at first, and again when it is asked to refresh. */
export function stillSource(name: string, read: () => FullReading): Source & { readNow(): FullReading } {
  return {
    name,
    readNow: read,
    async *readings(signal) {
      if (signal.aborted) return;
      yield read();
      await aborted(signal);
    },
  };
}
