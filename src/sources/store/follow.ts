import { msOf } from '../../core/amounts.js';
import type { FullReading, Reading, SourceHost } from '../../core/model.js';
import { standaloneHost } from '../../core/model.js';
import { jittered } from '../pause.js';
import { Bell } from './bell.js';

/** One connection to a store, and what was read through it so far. */
export interface StoreSession {
  /** Everything, as it is at one moment. */
  load(): Promise<FullReading>;
  /** What has changed since the last word, at the cost of the change; `undefined` when nothing has. */
  changes(): Promise<Reading | undefined>;
  /** As `changes`, but compares everything: finds what `changes` cannot see. */
  reconcile(): Promise<Reading | undefined>;
  /** Ends what is under way. Called once, also when the connection is broken; nothing of it is waited for, and it does not throw. */
  close(): void;
}

/** What a session tells by itself. */
export interface StoreEvents {
  /** There may be something new: `changes` is asked at once. */
  readonly changed: () => void;
  /** The connection is gone. */
  readonly lost: (error: unknown) => void;
}

/**
 * Connects. What it has opened when it throws, or when `signal` aborts meanwhile, it closes itself.
 *
 * @throws SourceError
 */
export type OpenStore = (events: StoreEvents, host: SourceHost, signal: AbortSignal) => Promise<StoreSession>;

export interface Rhythm {
  /** ms between two looks for changes, where nothing rings before. */
  readonly everyMs: number;
  /** ms between two comparisons of everything. */
  readonly reconcileMs: number;
}

/** Options that every store has. */
export interface RhythmOptions {
  /** ms, or a duration: how often to look for changes. Moved by up to 10 % either way. */
  readonly every?: number | string;
  /** ms, or a duration: how often to compare everything. Default 60_000. */
  readonly reconcile?: number | string;
}

export function rhythmOf(what: string, options: RhythmOptions, everyMs = 5_000): Rhythm {
  return {
    everyMs: options.every === undefined ? everyMs : msOf(options.every, `${what}({ every })`),
    reconcileMs: options.reconcile === undefined ? 60_000 : msOf(options.reconcile, `${what}({ reconcile })`),
  };
}

/**
 * The readings of a store: everything at first, then what changes, looked for when the store rings and every `everyMs`
 * underneath, because no notification survives a lost connection; everything is compared every `reconcileMs`.
 *
 *   open ─ load ─┬─ wait for the bell, everyMs at most ─┬─ changes   ─┬─ yield, or confirm
 *                └──────────────────────────────────────┴─ reconcile ─┘
 *
 * @throws what the session throws; the runtime opens another one
 */
export async function* followStore(open: OpenStore, rhythm: Rhythm, signal: AbortSignal, host: SourceHost = standaloneHost): AsyncGenerator<Reading> {
  const isAborted = (): boolean => signal.aborted; // a function: it changes while we wait
  if (isAborted()) return;
  const bell = new Bell();
  let session: StoreSession | undefined;
  const close = (): void => {
    session?.close();
    session = undefined;
  };
  try {
    const opened = await open({ changed: bell.ring, lost: bell.fail }, host, signal);
    session = opened;
    // A reader that leaves must not wait for a server that hangs.
    signal.addEventListener('abort', close, { once: true });
    if (isAborted()) return;
    yield await opened.load();
    let compared = performance.now();
    while (!isAborted()) {
      await bell.rings(jittered(rhythm.everyMs), signal);
      if (isAborted()) return;
      const all = performance.now() - compared >= jittered(rhythm.reconcileMs);
      const reading = await (all ? opened.reconcile() : opened.changes());
      if (all) compared = performance.now();
      if (reading === undefined) host.confirm();
      else yield reading;
    }
  } catch (error) {
    if (!isAborted()) throw error;
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}
