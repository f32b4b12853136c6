import { type Cell, cell } from '../cells/cell.js';
import { throttled } from '../cells/turns.js';
import type { ChangeSetAnswer, ExplanationAnswer, HistoryAnswer } from '../remote/answers.js';
import { type Api, inWords, segment } from '../remote/api.js';

/** What is known of the open key. */
export interface Details {
  readonly key: string;
  readonly explanation: ExplanationAnswer | undefined;
  readonly changes: readonly ChangeSetAnswer[];
  /** By layer; of those that keep one. */
  readonly histories: readonly StoreHistory[];
  readonly problem: string | undefined;
}

export interface StoreHistory {
  readonly layer: string;
  readonly entries: readonly HistoryAnswer[];
  readonly problem: string | undefined;
}

export interface Opened {
  readonly details: Cell<Details | undefined>;
  open(namespace: string, key: string | undefined, writables: readonly string[]): void;
  /** Asks again, without emptying what is shown. */
  refresh(): void;
}

export function createOpened(api: Api): Opened {
  const details = cell<Details | undefined>(undefined);
  let asking = new AbortController();
  let subject: { readonly namespace: string; readonly key: string; readonly writables: readonly string[] } | undefined;

  const load = async (): Promise<void> => {
    if (subject === undefined) return;
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const next = await ask(api, subject, signal);
    if (!signal.aborted) details.set(next);
  };
  return {
    details,
    open(namespace, key, writables) {
      asking.abort();
      subject = key === undefined ? undefined : { namespace, key, writables };
      details.set(key === undefined ? undefined : { key, explanation: undefined, changes: [], histories: [], problem: undefined });
      void load();
    },
    refresh: throttled(150, () => void load()),
  };
}

interface Subject {
  readonly namespace: string;
  readonly key: string;
  readonly writables: readonly string[];
}

async function ask(api: Api, { namespace, key, writables }: Subject, signal: AbortSignal): Promise<Details> {
  const [ns, name] = [segment(namespace), segment(key)];
  const [explanation, changes, histories] = await Promise.all([
    api.json<ExplanationAnswer>(`v1/explain/${ns}/${name}`, { signal }).catch((error: unknown) => inWords(error)),
    recent(api, { ns, name }, signal),
    Promise.all(writables.map((layer) => history(api, { ns, name, layer }, signal))),
  ]);
  return typeof explanation === 'string'
    ? { key, explanation: undefined, changes, histories, problem: explanation }
    : { key, explanation, changes, histories, problem: undefined };
}

/** From the ring; a help and no need, so its failure is none. */
async function recent(api: Api, { ns, name }: { readonly ns: string; readonly name: string }, signal: AbortSignal): Promise<readonly ChangeSetAnswer[]> {
  try {
    const answer = await api.json<{ readonly changes: readonly ChangeSetAnswer[] }>(`v1/changes/${ns}?limit=20&key=${name}`, { signal });
    return answer.changes;
  } catch {
    return [];
  }
}

async function history(api: Api, { ns, name, layer }: { readonly ns: string; readonly name: string; readonly layer: string }, signal: AbortSignal): Promise<StoreHistory> {
  try {
    const path = `v1/history/${ns}?layer=${segment(layer)}&key=${name}&limit=20`;
    const answer = await api.json<{ readonly entries: readonly HistoryAnswer[] }>(path, { signal });
    return { layer, entries: answer.entries, problem: undefined };
  } catch (error) {
    return { layer, entries: [], problem: inWords(error) };
  }
}
