import type { KeyObject } from 'node:crypto';

import { ConfigError } from '../../core/errors.js';
import type { RememberedReading } from '../../core/model.js';
import type { Owner } from './content.js';
import type { Place, Places } from './place.js';
import { readCache } from './read.js';
import { foundOf } from './refusal.js';

/** What was seen of a file when it was read. */
type Seen = 'good' | 'bad' | 'missing' | 'unread';

export interface SeenFiles {
  readonly current: Seen;
  readonly previous: Seen;
}

interface Recalled {
  readonly reading: RememberedReading | undefined;
  readonly seen: SeenFiles;
  /** Why what is there cannot be used. */
  readonly problems: readonly ConfigError[];
}

/** Reads the current file, or else the one before it. Never throws. */
export function recall(places: Places, owner: Owner, key: KeyObject | undefined): Recalled {
  const current = look(places.current, owner, key);
  if (current.reading !== undefined) return { reading: current.reading, seen: { current: 'good', previous: 'unread' }, problems: [] };
  const previous = look(places.previous, owner, key);
  const instead = previous.reading === undefined ? 'nothing is remembered' : `what was kept before (${places.previous.shown}) is used`;
  const problems = [current, previous].flatMap(({ place, found }) => (found === undefined ? [] : [problemOf(owner.layer, place, found, instead)]));
  return { reading: previous.reading, seen: { current: current.seen, previous: previous.seen }, problems };
}

interface Look {
  readonly place: Place;
  readonly seen: Seen;
  readonly reading?: RememberedReading;
  readonly found?: string;
}

function look(place: Place, owner: Owner, key: KeyObject | undefined): Look {
  try {
    return { place, seen: 'good', reading: readCache(place, owner, key) };
  } catch (error) {
    // ENOTDIR is said by the first write: there is nothing to be read.
    const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    return isMissing ? { place, seen: 'missing' } : { place, seen: 'bad', found: foundOf(error) };
  }
}

function problemOf(layer: string, { shown }: Place, found: string, instead: string): ConfigError {
  return new ConfigError('CALUMMA_CACHE', `${layer}: expected what the disk cache kept, found ${found}; ${instead}`, { origin: `cache:${shown}` });
}
