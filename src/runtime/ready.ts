import { checkOptions, wrongOption } from '../core/check.js';
import { ConfigError } from '../core/errors.js';
import type { ReadyOptions } from './config.js';
import type { Follower } from './follow.js';
import { checkSignal } from './listeners.js';

/**
 * Resolves when every layer has a reading: a live one, or one of an earlier run if the first try has failed. A layer that is slow is waited for until the timeout; a local one that failed
 * is not: it has been read, and the next state of its file comes as a change.
 *
 * @throws ConfigError CALUMMA_NOT_READY
 */
export async function untilReady(followers: readonly Follower[], options: ReadyOptions): Promise<void> {
  checkOptions('ready', options, ['timeoutMs', 'signal']);
  const { timeoutMs = 3_000, signal } = options;
  checkSignal(signal, 'ready()');
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0)) throw wrongOption('ready({ timeoutMs })', 'a number of milliseconds', timeoutMs);
  signal?.throwIfAborted();
  const pending = followers.filter((follower) => !hasHadItsTurn(follower)).map((follower) => firstReading(follower));
  if (pending.length > 0) await within(Promise.all(pending), timeoutMs, signal);
  const empty = followers.filter((follower) => follower.layer.required && !hasSpoken(follower));
  if (empty.length === 0) return;
  const causes = empty.map(({ layer }) => `${layer.name} (${layer.lastError?.message ?? (layer.hasReading ? 'it has no entries' : 'no answer yet')})`);
  throw new ConfigError('CALUMMA_NOT_READY', `expected a reading of each required layer within ${timeoutMs} ms, found none of ${causes.join(', ')}`, {
    cause: empty[0]?.layer.lastError,
  });
}

/**
 * A local file that is not there is an empty layer, which is not enough where something is required; a remote source
 * that answers "nothing" has answered.
 */
function hasSpoken({ layer }: Follower): boolean {
  return layer.required && layer.source.readNow !== undefined ? layer.entries.size > 0 : layer.hasReading;
}

/** What is remembered of an earlier run is good enough once the first try of this one has failed. */
function hasHadItsTurn(follower: Follower): boolean {
  const { layer } = follower;
  if (layer.remembered) return layer.lastError !== undefined;
  return hasSpoken(follower) || (layer.source.readNow !== undefined && layer.state !== 'loading');
}

async function firstReading(follower: Follower): Promise<void> {
  while (!follower.isClosed && !(follower.layer.remembered ? hasHadItsTurn(follower) : hasSpoken(follower))) await follower.settled();
}

// setTimeout turns anything longer into 1 ms.
export const longestTimeout = 2_147_483_647;

// The timer may keep the process alive: somebody is awaiting it, and it is short.
async function within(work: Promise<unknown>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  const ends = new Promise<void>((resolve, reject) => {
    timer = setTimeout(resolve, Math.min(ms, longestTimeout));
    abort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([work, ends]);
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) signal?.removeEventListener('abort', abort);
  }
}
