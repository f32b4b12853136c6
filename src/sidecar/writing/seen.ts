import { type Config, isLaterVersion } from '../../index.js';
import { type Edit, patchOf } from './edit.js';

/** How long an answer waits for the config to show what was written: ms. */
const mostMs = 2_000;
const lookEveryMs = 20;

/**
 * Waits until a config has read a write, so that who asks next sees it.
 *
 * @param moves the write changes what the config shows
 * @returns whether it has; a store that is polled, or has just been lost, may be later
 */
export async function untilSeen(config: Config, edit: Edit, version: string, moves: boolean): Promise<boolean> {
  const isRead = (): boolean => hasReached(config, edit.layer, version);
  // Not as often: for 10,000 keys the look would hold up what it waits for.
  const isSeen = (): boolean => isRead() || (moves && showsAll(config, edit));
  return isSeen() || new Promise((resolve) => {
    const done = (seen: boolean): void => {
      stop();
      clearInterval(looking);
      clearTimeout(givingUp);
      resolve(seen);
    };
    const lookIf = (seen: () => boolean) => (): void => {
      if (seen()) done(true);
    };
    const stop = config.on('change', lookIf(isSeen));
    // A write that moves nothing in the whole is told by nobody.
    const looking = setInterval(lookIf(isRead), lookEveryMs);
    const givingUp = setTimeout(() => done(false), mostMs);
  });
}

function hasReached(config: Config, layer: string, version: string): boolean {
  const held = config.health().layers.find(({ name }) => name === layer)?.version;
  return held !== undefined && (held === version || isLaterVersion(held, version));
}

/** A layer's own word for its version need not be the store's, behind another sidecar for instance. */
function showsAll(config: Config, edit: Edit): boolean {
  try {
    return config.preview(patchOf(edit)).length === 0;
  } catch {
    return false; // removed meanwhile, or refused as it now stands
  }
}
