import type { Connection } from './connection.js';
import { isRefusal } from './errors.js';
import { escapeGlob, type Place } from './place.js';

/** Gets the names of keys that were changed together; `undefined` when it may be any: all were flushed. */
export type Tell = (names: readonly string[] | undefined) => void;

/**
 * How the server tells of changes.
 *
 * `tracking`: invalidations of client-side caching (`CLIENT TRACKING … BCAST`, since Redis 6). They need no setting of the server,
 * name all keys of a transaction in one message, and tell of a flush.
 * `keyspace`: keyspace notifications, where the server sends them (`notify-keyspace-events`).
 * `none`: the user has the right to neither, or the server sends none.
 */
export type HearingKind = 'tracking' | 'keyspace' | 'none';

/** What is heard on a connection that listens. */
export interface Hearing {
  readonly kind: HearingKind;
  /** Every change of a key is told. */
  readonly isComplete: boolean;
  /** Resolves when all that had changed before the call has been told. */
  readonly caughtUp: () => Promise<void>;
}

export const deaf: Hearing = { kind: 'none', isComplete: false, caughtUp: () => Promise.resolve() };

/**
 * Listens as well as the server allows. Nothing of the server's configuration is changed.
 *
 * @throws SourceError when the connection breaks; that the server refuses is no error
 */
export async function listen(connection: Connection, what: string, place: Place, only: 'auto' | 'keyspace', tell: Tell): Promise<Hearing> {
  if (only === 'auto' && (await allowed(() => track(connection, what, place, tell)))) {
    return {
      kind: 'tracking',
      isComplete: true,
      // The server sends invalidations at the end of each round of its loop: an answer of the same round overtakes them.
      caughtUp: async () => {
        await connection.ping();
        await connection.ping();
      },
    };
  }
  const classes = await notifiedClasses(connection, what);
  if (classes === '') return deaf;
  if (!(await allowed(() => subscribe(connection, what, place, tell)))) return deaf;
  return { kind: 'keyspace', isComplete: tellsAll(classes, place), caughtUp: () => connection.ping() };
}

async function allowed(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

async function track(connection: Connection, what: string, place: Place, tell: Tell): Promise<void> {
  const [id] = await connection.ask(what, [['CLIENT', 'ID']]);
  // A prefix of another one is refused: what it would tell, the shorter one tells.
  const prefixes = place.history.startsWith(place.name) ? [place.name] : place.name.startsWith(place.history) ? [place.history] : [place.name, place.history];
  const asked = prefixes.flatMap((prefix) => ['PREFIX', prefix]);
  await connection.ask(what, [['CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id), 'BCAST', ...asked]]);
  await connection.subscribe(what, 'subscribe', '__redis__:invalidate', (_channel, message) => {
    tell(Array.isArray(message) ? message.map(String) : undefined);
  });
}

async function subscribe(connection: Connection, what: string, place: Place, tell: Tell): Promise<void> {
  const channel = `__keyspace@${place.db}__:`;
  const told = (from: string): void => tell([from.slice(channel.length)]);
  if (place.kind === 'hash') await connection.subscribe(what, 'subscribe', channel + place.name, told);
  else await connection.subscribe(what, 'psubscribe', `${escapeGlob(channel + place.name)}*`, told);
}

/** `notify-keyspace-events`; `undefined` when the server does not tell, as hosted ones do: then it may send them. */
async function notifiedClasses(connection: Connection, what: string): Promise<string | undefined> {
  try {
    const [reply] = await connection.ask(what, [['CONFIG', 'GET', 'notify-keyspace-events']]);
    return String((reply as readonly Buffer[])[1] ?? '');
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** A is all classes. A key comes and goes also by commands of any type (g), because its time is over (x), or for want of memory (e). */
function tellsAll(classes: string | undefined, place: Place): boolean {
  if (classes?.includes('K') !== true) return false;
  const needed = [place.kind === 'hash' ? 'h' : '$', 'g', 'x', 'e'];
  return classes.includes('A') || needed.every((name) => classes.includes(name));
}
