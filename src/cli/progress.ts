import type { Output } from './output.js';

export interface Progress {
  at(done: number): void;
  end(): void;
}

const width = 30;

/** A bar on stderr, where that is a terminal; else nothing. */
export function progressOn(output: Output, total: number): Progress {
  if (!output.drawsProgress || total === 0) return { at: () => undefined, end: () => undefined };
  return {
    at(done) {
      const filled = Math.round((done / total) * width);
      output.draw(`[${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${done} of ${total} keys`);
    },
    end: () => output.draw(''),
  };
}
