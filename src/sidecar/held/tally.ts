import type { ConfigError } from '../../index.js';
import type { Commit, Follower, Namespace } from './namespace.js';
import type { Namespaces } from './namespaces.js';

/** Upper ends of the buckets of the latency histogram, in seconds. */
export const latencyBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What happened in a namespace since the start. */
export interface Count {
  commits: number;
  changes: number;
  /** By the `CALUMMA_*` code. */
  readonly errors: Map<string, number>;
  /** Commits whose lag was at most that of the bucket, in no lower one; the last one is for those above all buckets. */
  readonly lags: number[];
  lagSeconds: number;
}

/** Counts from the start, so that metrics which are first asked for later begin with what was before. */
export class Tally implements Follower {
  readonly #counts = new Map<string, Count>();

  constructor(namespaces: Namespaces) {
    namespaces.follow(this);
  }

  of(name: string): Count {
    const known = this.#counts.get(name);
    if (known !== undefined) return known;
    const count: Count = { commits: 0, changes: 0, errors: new Map(), lags: Array.from({ length: latencyBuckets.length + 1 }, () => 0), lagSeconds: 0 };
    this.#counts.set(name, count);
    return count;
  }

  committed({ changes, lagMs }: Commit, { name }: Namespace): void {
    const count = this.of(name);
    count.commits += 1;
    count.changes += changes.length;
    if (lagMs === undefined) return;
    const seconds = lagMs / 1_000;
    const at = latencyBuckets.findIndex((end) => seconds <= end);
    const bucket = at === -1 ? latencyBuckets.length : at;
    count.lags[bucket] = (count.lags[bucket] ?? 0) + 1;
    count.lagSeconds += seconds;
  }

  failed({ code }: ConfigError, { name }: Namespace): void {
    const { errors } = this.of(name);
    errors.set(code, (errors.get(code) ?? 0) + 1);
  }
}
