import { msOf } from '../../core/amounts.js';
import { checkFunction, checkOptions, checkText } from '../../core/check.js';
import { SourceError, type ConfigError } from '../../core/errors.js';
import type { Reading, Source, SourceHost } from '../../core/model.js';
import { withinMs } from '../deadline.js';
import { followStore, rhythmOf, type RhythmOptions, type StoreEvents, type StoreSession } from '../store/follow.js';
import { unlessAborted } from './leave.js';
import { LoadedSession, problemOf } from './session.js';

/**
 * Everything that a store holds: an object, a Map, or pairs, which may come one after the other (an array, a cursor). Values become text as
 * those of any store do: numbers, booleans, dates and bytes of UTF-8 are fine, `null` is an absent key, anything else refuses the whole.
 */
export type StoredEntries = Readonly<Record<string, unknown>> | Iterable<readonly [key: unknown, value: unknown]> | AsyncIterable<readonly [key: unknown, value: unknown]>;

/**
 * Reads the store.
 *
 * @param signal   aborts when nobody waits for it any more
 * @param previous the reading of the last time: to give it back says "nothing new", and its `version` helps to find that out
 * @returns everything, or a reading; after the first one that may be a patch
 */
export type DatabaseLoad = (signal: AbortSignal, previous?: Reading) => StoredEntries | Reading | Promise<StoredEntries | Reading>;

export interface DatabaseEvents {
  /** There is something new, or may be: the store is read at once. Many calls while it is read are one. */
  readonly changed: () => void;
  /** The subscription is gone: it is reported, and made again. */
  readonly lost: (error?: unknown) => void;
}

/** @returns what ends the subscription, if anything has to */
export type DatabaseSubscribe = (events: DatabaseEvents, signal: AbortSignal) => Unsubscribe | undefined | Promise<Unsubscribe | undefined>;
type Unsubscribe = () => unknown;

export interface DatabaseOptions extends RhythmOptions {
  readonly load: DatabaseLoad;
  /** Asks the store to tell of changes. Default: it is looked at every `every` only, which is done underneath in any case. */
  readonly subscribe?: DatabaseSubscribe;
  /** The layer's name, and the first word of its origins. Default `database`. */
  readonly name?: string;
  /** ms, or a duration: how long one call of `load` or `subscribe` may take. Default 5_000. */
  readonly timeout?: number | string;
}

/**
 * Follows any store that can be read with a function. What it gives is compared with what it gave before, so only what has changed is
 * published. Retries, last known good, limits and the disk cache are those of every remote layer.
 *
 * A source that is to be written as well has `set`, `delete` and `history` beside it: `{ ...database(options), ...writable }`.
 *
 * @param options.every     ms, or a duration, between two looks.                       Default 5_000
 * @param options.reconcile ms, or a duration; here the same as a look.                 Default 60_000
 * @param options.timeout   ms, or a duration, that `load` and `subscribe` may take.    Default 5_000
 * @throws ConfigError `CALUMMA_OPTION`; readings throw `CALUMMA_READING` for what is no entries, and a SourceError for what `load` throws
 * @example
 * const store = database({
 *   name: 'mongo',
 *   load: async () => (await collection.find().toArray()).map(({ _id, value }) => [_id, value]),
 *   subscribe: ({ changed, lost }) => {
 *     const stream = collection.watch().on('change', changed).on('error', lost);
 *     return () => stream.close();
 *   },
 * });
 */
export function database(options: DatabaseOptions): Source {
  checkOptions('database', options, ['name', 'load', 'subscribe', 'every', 'reconcile', 'timeout']);
  const { name = 'database', load, subscribe, timeout = 5_000 } = options;
  checkText('database({ name })', name);
  checkFunction('database({ load })', load);
  if (subscribe !== undefined) checkFunction('database({ subscribe })', subscribe);
  const rhythm = rhythmOf('database', options);
  const subscribing = { name, subscribe, timeout: msOf(timeout, 'database({ timeout })') };
  const open = async (events: StoreEvents, host: SourceHost, signal: AbortSignal): Promise<StoreSession> => {
    const unsubscribe = await subscribed(subscribing, events, signal);
    return new LoadedSession({ name, load, timeout: subscribing.timeout, maxBytes: host.maxBytes }, unsubscribe);
  };
  return { name, readings: (signal, host) => followStore(open, rhythm, signal, host) };
}

interface Subscribing {
  readonly name: string;
  readonly subscribe: DatabaseSubscribe | undefined;
  readonly timeout: number;
}

/** Subscribes before anything is read: what changes meanwhile rings. */
async function subscribed({ name, subscribe, timeout }: Subscribing, events: StoreEvents, signal: AbortSignal): Promise<() => void> {
  if (subscribe === undefined) return () => undefined;
  const end = new AbortController();
  const over = AbortSignal.any([signal, end.signal]);
  const given = Promise.resolve().then(() => subscribe(untilOver(name, events, over), over));
  const unsubscribe = (): void => {
    end.abort();
    // Nobody is left to be told that a subscription did not end well. One that is still being made is ended when it is.
    given.then((ending) => (typeof ending === 'function' ? ending() : undefined)).catch(() => undefined);
  };
  try {
    await withinMs(timeout, `${name}: subscribe()`, unlessAborted(signal, given));
    return unsubscribe;
  } catch (thrown) {
    unsubscribe();
    throw problemOf(name, 'subscribe()', thrown);
  }
}

/** A subscription that was ended rings no more, whatever its client does. */
function untilOver(name: string, events: StoreEvents, over: AbortSignal): DatabaseEvents {
  return {
    changed: () => {
      if (!over.aborted) events.changed();
    },
    lost: (error) => {
      if (!over.aborted) events.lost(lossOf(name, error));
    },
  };
}

function lossOf(name: string, error: unknown): ConfigError {
  return error === undefined ? new SourceError(`${name}: the subscription was lost`) : problemOf(name, 'the subscription', error);
}
