import { type Cell, cell } from '../cells/cell.js';
import { throttled } from '../cells/turns.js';
import type { ChangeAnswer } from '../remote/answers.js';
import { type Api, inWords, segment } from '../remote/api.js';

export type Comparison =
  | { readonly kind: 'none' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'ready'; readonly changes: readonly ChangeAnswer[] }
  | { readonly kind: 'failed'; readonly why: string };

export interface Comparing {
  readonly comparison: Cell<Comparison>;
  compare(namespace: string, from: string | undefined, to: string | undefined): void;
  /** The present has moved. */
  refresh(): void;
}

interface Question {
  readonly namespace: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** What differs between two revisions; the second is that of now unless one is given. */
export function createComparing(api: Api): Comparing {
  const comparison = cell<Comparison>({ kind: 'none' });
  let asking = new AbortController();
  let asked: Question | undefined;
  const ask = async ({ namespace, from, to }: Question): Promise<void> => {
    asking.abort();
    if (from === undefined) return comparison.set({ kind: 'none' });
    asking = new AbortController();
    const { signal } = asking;
    const next = await differences(api, `v1/diff/${segment(namespace)}?from=${segment(from)}${to === undefined ? '' : `&to=${segment(to)}`}`, signal);
    if (!signal.aborted) comparison.set(next);
  };
  return {
    comparison,
    compare(namespace, from, to) {
      if (namespace === asked?.namespace && from === asked.from && to === asked.to) return;
      asked = { namespace, from, to };
      if (from !== undefined) comparison.set({ kind: 'waiting' });
      void ask(asked);
    },
    refresh: throttled(300, () => {
      if (asked?.from !== undefined && asked.to === undefined) void ask(asked);
    }),
  };
}

async function differences(api: Api, path: string, signal: AbortSignal): Promise<Comparison> {
  try {
    const { changes } = await api.json<{ readonly changes: readonly ChangeAnswer[] }>(path, { signal });
    return { kind: 'ready', changes: changes.toSorted((a, b) => (a.key < b.key ? -1 : 1)) };
  } catch (error) {
    return { kind: 'failed', why: inWords(error) };
  }
}
