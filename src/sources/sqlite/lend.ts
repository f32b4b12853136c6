import { statSync } from 'node:fs';

import type { WithConnection } from '../table/writer.js';
import { placeOf } from './file.js';
import type { Opened, Opener } from './open.js';

/** ms that a connection is kept for the next write. */
const idleMs = 1_000;

interface Idle {
  readonly opened: Opened;
  /** The file it is open on: another one may have come in its place. */
  readonly place: string;
  readonly timer: NodeJS.Timeout;
}

/** Lends connections for writes; one is kept for a moment, because writes come in bursts. */
export function lender(opener: Opener): WithConnection {
  let idle: Idle | undefined;

  const taken = (): Opened | undefined => {
    if (idle === undefined) return undefined;
    const { opened, place, timer } = idle;
    clearTimeout(timer);
    idle = undefined;
    if (placeNow(opened) === place) return opened;
    opened.connection.close();
    return undefined;
  };
  const keep = (opened: Opened): void => {
    const place = placeNow(opened);
    if (idle !== undefined || place === undefined) return opened.connection.close();
    idle = { opened, place, timer: setTimeout(() => taken()?.connection.close(), idleMs).unref() };
  };

  return async (work) => {
    const opened = taken() ?? (await opener.writer());
    try {
      const done = await work(opened.connection);
      keep(opened);
      return done;
    } catch (error) {
      opened.connection.close();
      throw error;
    }
  };
}

/** `undefined` for a file that is gone, and a database without a file. */
function placeNow({ path }: Opened): string | undefined {
  const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  return stats && placeOf(stats);
}
