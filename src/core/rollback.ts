import { checkString } from './check.js';
import { ConfigError } from './errors.js';
import { quote } from './redact.js';
import type { HistoryEntry, Writable } from './writable.js';

/** A write that has yet to be done. */
export interface RollbackPlan {
  /** What to give to `set`: `null` removes. Empty when nothing differs. */
  readonly entries: ReadonlyMap<string, string | null>;
  /** The version that this was worked out from: to be expected by the write, so that nobody's later change is lost. */
  readonly expectedVersion: string | undefined;
}

const firstPage = 200;
const spelling = /^\d{1,20}(-\d{1,20})?$/;

/**
 * What would put a store back to a version of its history: every key that was changed after it, with its value of then. The history
 * stays as it is; the rollback is to be one more write.
 *
 * @param version as the history spells it
 * @param keys    only these.  Default: all
 * @throws ConfigError `CALUMMA_OPTION` for a version that is none, or of which the history tells nothing any more; SourceError when the store
 *   cannot be read
 * @example
 * const store = sqlite({ path: 'rollback.db', create: true });
 * const { version } = await store.set({ 'gateway.limit': 50 }, { author: 'ann', reason: 'as it was' });
 * await store.set({ 'gateway.limit': 5_000 }, { author: 'bob', reason: 'a slip' });
 * const { entries, expectedVersion } = await planRollback(store, version);
 * await store.set(entries, { author: 'ann', reason: `back to ${version}`, expectedVersion });
 */
export async function planRollback(store: Pick<Writable, 'history'>, version: string, keys?: Iterable<string>): Promise<RollbackPlan> {
  const target = partsOf(version);
  for (let asked = firstPage; ; asked *= 4) {
    const history = await store.history(undefined, asked);
    const reachesBack = history.some((entry) => !isAfter(entry.version, target));
    if (!reachesBack && history.length === asked) continue;
    return { entries: rollbackOf(history, version, keys), expectedVersion: history[0]?.version };
  }
}

/**
 * The same out of a history that is at hand.
 *
 * @param history newest first, as `Writable.history` gives it: all that is newer than `version`, and at least one entry that is not
 * @param keys    only these.  Default: all
 * @throws ConfigError `CALUMMA_OPTION`
 * @example
 * rollbackOf([], '41'); // Map {}: nothing was changed
 */
export function rollbackOf(history: readonly HistoryEntry[], version: string, keys?: Iterable<string>): Map<string, string | null> {
  const target = partsOf(version);
  checkReach(history, version, target);
  const asked = keys === undefined ? undefined : new Set(keys);
  const newest = new Map<string, string | undefined>();
  const back = new Map<string, string | null>();
  for (const { key, before, after, version: at } of history) {
    if (!isAfter(at, target) || asked?.has(key) === false) continue;
    if (!newest.has(key)) newest.set(key, after);
    back.set(key, before ?? null); // the last one that is met is the first that was done
  }
  for (const [key, value] of back) if ((newest.get(key) ?? null) === value) back.delete(key);
  return back;
}

/** What was done before the oldest entry is not known: rolling back to there would be half a rollback. */
function checkReach(history: readonly HistoryEntry[], version: string, target: readonly bigint[]): void {
  const oldest = history.at(-1);
  if (oldest === undefined || !isAfter(oldest.version, target)) return;
  const isFirst = oldest.version === '1' && target.every((part) => part === 0n);
  if (isFirst) return;
  throw new ConfigError('CALUMMA_OPTION', `rollback: expected a version that the history reaches back to (${quote(oldest.version)} is the oldest it tells of), found ${quote(version)}`);
}

/** Stores number their writes: `41`, or `1764250000000-0` as Redis does. */
function partsOf(version: string): readonly bigint[] {
  checkString('rollback(version)', version);
  if (spelling.test(version)) return version.split('-').map(BigInt);
  throw new ConfigError('CALUMMA_OPTION', `rollback: expected a version as the history spells it, such as "41", found ${quote(version)}`);
}

/**
 * Whether one version of a store comes after another. `false` where one of them is no number, so that it cannot be told.
 *
 * @example isLaterVersion('10', '9'); // true
 */
export function isLaterVersion(version: string, other: string): boolean {
  return spelling.test(version) && spelling.test(other) && isAfter(version, partsOf(other));
}

function isAfter(version: string, target: readonly bigint[]): boolean {
  const parts = partsOf(version);
  for (let at = 0; at < Math.max(parts.length, target.length); at += 1) {
    const [mine, other] = [parts[at] ?? 0n, target[at] ?? 0n];
    if (mine !== other) return mine > other;
  }
  return false;
}
