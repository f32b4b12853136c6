import { type Cell, cell } from '../cells/cell.js';
import type { ChangeAnswer, ChangeSetAnswer } from '../remote/answers.js';

/** One publish, with as many of its changes as are worth a look. */
export interface Tick {
  readonly revision: string;
  readonly at: number;
  readonly lagMs: number | undefined;
  readonly changes: readonly ChangeAnswer[];
  readonly count: number;
}

export interface Ticker {
  /** Newest first. */
  readonly ticks: Cell<readonly Tick[]>;
  /** The revision before the oldest change that the sidecar still has. */
  readonly base: Cell<string | undefined>;
  add(tick: Tick): void;
  /** What was before the page was opened. */
  recall(sets: readonly ChangeSetAnswer[], base: string | undefined): void;
  clear(): void;
}

const kept = 300;
const shown = 8;

export function tickOf({ revision, at, lagMs, changes }: ChangeSetAnswer): Tick {
  return { revision, at: Date.parse(at), lagMs: lagMs ?? undefined, changes: changes.slice(0, shown), count: changes.length };
}

export function createTicker(): Ticker {
  const ticks = cell<readonly Tick[]>([]);
  const base = cell<string | undefined>(undefined);
  return {
    ticks,
    base,
    add: (tick) => ticks.set([tick, ...ticks.get()].slice(0, kept)),
    recall(sets, oldest) {
      base.set(oldest);
      const known = new Set(ticks.get().map(({ revision }) => revision));
      const older = sets.map(tickOf).filter(({ revision }) => !known.has(revision));
      ticks.set([...ticks.get(), ...older].sort((a, b) => b.at - a.at).slice(0, kept));
    },
    clear: () => ticks.set([]),
  };
}
