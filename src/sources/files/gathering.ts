import { ConfigError, SourceError } from '../../core/errors.js';
import type { FullReading, Reading, SourceHost } from '../../core/model.js';
import type { Round, WatchedPaths } from '../watch/contract.js';

/** What came of a round. */
export type Outcome =
  | { readonly kind: 'reading'; readonly reading: Reading }
  /** Nothing to say: nothing is new, or files that were just asked for are still to come. */
  | { readonly kind: 'silent' }
  /** What is there cannot be used; what was said before still stands. */
  | { readonly kind: 'refused'; readonly errors: readonly ConfigError[] };

/** What files say together, moving from round to round. Does no I/O: it is fed. */
export interface Gathering {
  /** What it wants to be fed with; may differ after each `advance`. */
  paths(): WatchedPaths;
  take(round: Round): void;
  /** A generator, so that a long parse can be done in slices. The first reading is full. */
  advance(host: SourceHost): Generator<void, Outcome, void>;
  /** Everything, as it was last said. */
  full(): FullReading;
}

export const silent: Outcome = { kind: 'silent' };

export function asConfigError(error: unknown): ConfigError {
  if (error instanceof ConfigError) return error;
  return new SourceError('reading broke off', { cause: error });
}

export function newest(times: Iterable<number | undefined>): number | undefined {
  let latest: number | undefined;
  for (const time of times) if (time !== undefined && (latest === undefined || time > latest)) latest = time;
  return latest;
}

/** The state's name and time, from the files' own times: as telling as a hash, and free. */
export function versionOf(mtimeMs: number | undefined): { version?: string } {
  return mtimeMs === undefined ? {} : { version: new Date(mtimeMs).toISOString() };
}
