import { type Cell, cell } from '../cells/cell.js';
import { throttled } from '../cells/turns.js';
import type { StatusAnswer } from '../remote/answers.js';
import type { Api } from '../remote/api.js';

/** The status, and when it was true: ages grow from there. */
export interface Seen {
  readonly status: StatusAnswer;
  readonly at: number;
}

export interface Health {
  readonly seen: Cell<Seen | undefined>;
  /** Looks now, or as soon as it has been 300 ms. */
  look(): void;
}

const everyMs = 2_000;

/** Asks for the status again and again, while somebody can see the page. */
export function createHealth(api: Api, document: Document): Health {
  const seen = cell<Seen | undefined>(undefined);
  const look = throttled(1_000, () => {
    if (document.visibilityState === 'hidden') return;
    api.json<StatusAnswer>('v1/status').then(
      (status) => seen.set({ status, at: Date.now() }),
      () => undefined, // the connection's state says it already
    );
  });
  setInterval(look, everyMs);
  document.addEventListener('visibilitychange', look);
  look();
  return { seen, look };
}
