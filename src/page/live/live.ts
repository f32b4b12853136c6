import type { EventSourceMessage } from 'eventsource-parser';

import { type Cell, cell } from '../cells/cell.js';
import type { Catalogue } from '../keys/catalogue.js';
import type { Table } from '../keys/table.js';
import type { ChangeEvent, ChangeSetAnswer, WholeAnswer } from '../remote/answers.js';
import { type Api, inWords, segment } from '../remote/api.js';
import { type Connection, follow } from '../remote/feed.js';
import { createTicker, tickOf, type Ticker } from './ticker.js';

export interface Live {
  readonly connection: Cell<Connection>;
  readonly ticker: Ticker;
  readonly revision: Cell<string | undefined>;
  /** What went wrong with the first set. */
  readonly problem: Cell<string | undefined>;
  /** Begins with a namespace anew; what was followed before is left. */
  start(namespace: string): void;
  /** Called after the catalogue has changed; tells whether a key may have. */
  onChange(listener: (isConcerned: (key: string) => boolean) => void): void;
  /** Called when a layer comes into another state. */
  onState(listener: () => void): void;
}

/** Keeps the catalogue what the sidecar has. */
export function createLive(api: Api, catalogue: Catalogue, table: Table): Live {
  const connection = cell<Connection>({ kind: 'connecting' });
  const revision = cell<string | undefined>(undefined);
  const problem = cell<string | undefined>(undefined);
  const ticker = createTicker();
  const changed = new Set<(isConcerned: (key: string) => boolean) => void>();
  const stated = new Set<() => void>();
  let running = new AbortController();

  const replace = (whole: WholeAnswer): void => {
    catalogue.replace(whole);
    table.reload();
    revision.set(whole.revision);
    tell(() => true);
  };
  const tell = (isConcerned: (key: string) => boolean): void => changed.forEach((listener) => listener(isConcerned));

  const change = (event: ChangeEvent): void => {
    const told = event.changes.map((each) => ({ ...each, before: catalogue.find(each.key)?.value, after: each.value }));
    ticker.add(tickOf({ ...event, changes: told }));
    const changes = event.changes.map(({ key, op, value, masked = false }) => ({ key, masked, value: op === 'delete' ? undefined : (value ?? '') }));
    catalogue.apply(changes, Date.parse(event.at), Date.now());
    revision.set(event.revision);
    table.refresh();
    const keys = new Set(changes.map(({ key }) => key));
    tell((key) => keys.has(key));
  };

  const hear = ({ event, data }: EventSourceMessage): void => {
    if (event === 'change') change(JSON.parse(data) as ChangeEvent);
    else if (event === 'snapshot') replace(JSON.parse(data) as WholeAnswer);
    else if (event === 'state') stated.forEach((listener) => listener());
  };

  const run = async (namespace: string, signal: AbortSignal): Promise<void> => {
    const whole = await firstSet(api, namespace, signal, connection);
    problem.set(undefined);
    replace(whole);
    void recall(api, namespace, signal, ticker, catalogue, table);
    await follow({ api, namespace, revision: whole.revision, signal, onEvent: hear, onConnection: (now) => connection.set(now) });
  };

  return {
    connection,
    ticker,
    revision,
    problem,
    start(namespace) {
      running.abort();
      running = new AbortController();
      const { signal } = running;
      ticker.clear();
      connection.set({ kind: 'connecting' });
      run(namespace, signal).catch((error: unknown) => {
        if (signal.aborted) return;
        problem.set(inWords(error));
        connection.set({ kind: 'refused', why: inWords(error) });
      });
    },
    onChange: (listener) => void changed.add(listener),
    onState: (listener) => void stated.add(listener),
  };
}

/** The page may be opened before the sidecar has anything, or while it restarts: then it waits. */
async function firstSet(api: Api, namespace: string, signal: AbortSignal, connection: Cell<Connection>): Promise<WholeAnswer> {
  for (;;) {
    try {
      return await api.json<WholeAnswer>(`v1/config/${segment(namespace)}`, { headers: { accept: 'application/json' }, signal });
    } catch (error) {
      if (signal.aborted || !(error instanceof TypeError || isUnready(error))) throw error;
      connection.set({ kind: 'lost', retryAt: Date.now() + 1_000, why: inWords(error) });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      signal.throwIfAborted();
    }
  }
}

const isUnready = (error: unknown): boolean => error instanceof Error && 'status' in error && error.status === 503;

/** What happened before the page was opened: it fills the ticker, the plots and the column of times. */
async function recall(api: Api, namespace: string, signal: AbortSignal, ticker: Ticker, catalogue: Catalogue, table: Table): Promise<void> {
  try {
    const answer = await api.json<{ readonly changes: readonly ChangeSetAnswer[]; readonly oldest?: string }>(`v1/changes/${segment(namespace)}?limit=200`, { signal });
    ticker.recall(answer.changes, answer.oldest);
    for (const { at, changes } of answer.changes) {
      for (const { key } of changes) catalogue.remember(key, Date.parse(at));
    }
    table.refresh();
  } catch {
    // The past is a help, not a need: the table and the feed work without.
  }
}
