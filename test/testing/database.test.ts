import { database } from '../../src/entries/database.js';
import type { Rig } from '../../src/testing/index.js';
import { conform } from './conform.js';

/** Somebody's store, in this process. */
function openRig(pushes: boolean): Rig {
  const entries = new Map<string, string>();
  const subscribers = new Set<{ readonly changed: () => void; readonly lost: (error: unknown) => void }>();
  let broken = false;
  let malformed = false;
  const change = (act: () => void): void => {
    malformed = false;
    act();
    for (const { changed } of [...subscribers]) changed();
  };
  return {
    source: database({
      name: 'mine',
      every: pushes ? '1h' : 5,
      load: () => {
        if (broken) throw new Error('unreachable');
        return Promise.resolve(malformed ? [['a', {}] as never] : new Map(entries));
      },
      ...(pushes && {
        subscribe: (events: { readonly changed: () => void; readonly lost: (error: unknown) => void }) => {
          subscribers.add(events);
          return () => subscribers.delete(events);
        },
      }),
    }),
    put: (key, value) => change(() => entries.set(key, value)),
    remove: (key) => change(() => entries.delete(key)),
    putAll: (some) => change(() => some.forEach((value, key) => entries.set(key, value))),
    malform: () => {
      malformed = true;
      for (const { changed } of [...subscribers]) changed();
    },
    breakDown: () => {
      broken = true;
      for (const { lost } of [...subscribers]) lost(new Error('unreachable'));
    },
    repair: () => (broken = false),
    close: () => undefined,
  };
}

conform('database({ load })', () => openRig(false));
conform('database({ load, subscribe })', () => openRig(true));
