import { Failure } from '../exit.js';

/** Why a rollback has nothing to do: a version that is still to come must not look like one that was gone back to. */
export async function nothingToUndo(version: string, newest: string | undefined): Promise<Failure> {
  // Loaded only now: who asks a sidecar needs nothing of the library otherwise.
  const { isLaterVersion } = await import('../../index.js');
  if (newest === undefined) return new Failure('nothing was written so far');
  if (newest === version || isLaterVersion(version, newest)) return new Failure(`nothing was written after version ${version}: the newest is ${newest}`);
  return new Failure(`nothing differs from version ${version}`);
}
