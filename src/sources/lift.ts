import { ConfigError } from '../core/errors.js';
import type { Reading, Source } from '../core/model.js';
import { isStray } from '../core/promise.js';
import { isReading } from '../core/reading.js';
import { aborted } from './abort.js';
import { entriesOf, type EntriesInput } from '../core/entries.js';
import { Mailbox } from './mailbox.js';
import { jittered, pause } from './pause.js';
import { checkFunction, checkMs, checkOptions, checkText } from '../core/check.js';

/** What a lifted function gives: a reading, or everything it knows as an object, a Map or pairs. */
export type Loaded = Reading | EntriesInput;

/**
 * Reads once.
 *
 * @param previous the reading it gave last: to give it back unchanged means "nothing new"
 */
export type Load = (signal: AbortSignal, previous?: Reading) => Loaded | Promise<Loaded>;

/**
 * A source that is read when its layer starts, and again only on `refresh()` or after a failure.
 *
 * @throws ConfigError `CALUMMA_OPTION`
 * @example const build = once('build', async () => JSON.parse(await readFile('build.json', 'utf8')));
 */
export function once(name: string, load: Load): Source {
  checkText('once(name)', name);
  checkFunction('once(load)', load);
  return {
    name,
    async *readings(signal) {
      const reading = await loadNow(name, load, signal);
      if (reading === undefined) return;
      yield reading;
      await aborted(signal);
    },
  };
}

export interface PolledOptions {
  /** Pause between reads in ms, moved by up to 10 % either way so that many hosts do not ask at once. Default 5_000. */
  readonly everyMs?: number;
}

/**
 * A source that is read again and again (Archaius' polled source). What `load` throws ends the feed; the runtime
 * keeps the last good reading and tries again.
 *
 * @throws ConfigError `CALUMMA_OPTION`
 * @example const flags = polled('flags', async (signal) => (await fetch(address, { signal })).json(), { everyMs: 2_000 });
 */
export function polled(name: string, load: Load, options: PolledOptions = {}): Source {
  checkText('polled(name)', name);
  checkFunction('polled(load)', load);
  checkOptions('polled', options, ['everyMs']);
  const { everyMs = 5_000 } = options;
  checkMs('polled({ everyMs })', everyMs);
  return {
    name,
    async *readings(signal, host) {
      let previous: Reading | undefined;
      while (!signal.aborted) {
        const reading = await loadNow(name, load, signal, previous);
        if (reading === undefined) return;
        if (reading === previous) host?.confirm();
        else yield reading;
        previous = reading;
        await pause(jittered(everyMs), signal);
      }
    },
  };
}

/** Says what is new. The first call has to say everything. */
export type Emit = (loaded: Loaded) => void;
/** Says that the feed is lost: the reader gets the error thrown and subscribes again. */
export type Fail = (error: unknown) => void;
export type Unsubscribe = () => unknown;
export type Subscribe = (
  emit: Emit,
  fail: Fail,
  signal: AbortSignal,
) => Unsubscribe | undefined | Promise<Unsubscribe | undefined>;

/**
 * A source that speaks by itself (Archaius' watched source). Each reader subscribes on its own. What arrives faster
 * than it is read is merged.
 *
 * @throws ConfigError `CALUMMA_OPTION`; the readings throw what `subscribe` throws and what `fail` is given
 * @example
 * const bus = pushed('bus', (emit, fail) => {
 *   const subscription = client.subscribe('config', { next: emit, error: fail });
 *   return () => subscription.unsubscribe();
 * });
 */
export function pushed(name: string, subscribe: Subscribe): Source {
  checkText('pushed(name)', name);
  checkFunction('pushed(subscribe)', subscribe);
  return {
    name,
    async *readings(signal) {
      if (signal.aborted) return;
      const mailbox = new Mailbox();
      const unsubscribe = await subscribe(
        // Called from a client's own events, where a throw would end the process.
        (loaded) => mailbox.take(() => readingOf(name, loaded)),
        (error) => mailbox.fail(error),
        signal,
      );
      try {
        yield* mailbox.readings(signal);
      } finally {
        await unsubscribe?.();
      }
    },
  };
}

/** `undefined` once `signal` has aborted: that a load breaks off then is no error. */
async function loadNow(name: string, load: Load, signal: AbortSignal, previous?: Reading): Promise<Reading | undefined> {
  const isAborted = () => signal.aborted;
  if (isAborted()) return undefined;
  try {
    return readingOf(name, await load(signal, previous));
  } catch (error) {
    if (isAborted()) return undefined;
    throw error;
  }
}

/** @throws ConfigError `CALUMMA_READING` when it is neither a reading nor entries */
function readingOf(name: string, loaded: unknown): Reading {
  if (isStray(loaded)) throw new ConfigError('CALUMMA_READING', `${name}: expected a reading, or an object, found a promise`);
  if (isReading(loaded)) return loaded;
  return { kind: 'full', entries: entriesOf(name, loaded, 'CALUMMA_READING') };
}
