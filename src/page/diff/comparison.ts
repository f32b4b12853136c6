import { type Cell, cell } from '../cells/cell.js';
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
}

/** What differs between two revisions. */
export function createComparing(api: Api): Comparing {
  const comparison = cell<Comparison>({ kind: 'none' });
  let asking = new AbortController();
  let asked = '';
  return {
    comparison,
    compare(namespace, from, to) {
      const question = [namespace, from, to].join(' ');
      if (question === asked) return;
      asked = question;
      asking.abort();
      if (from === undefined || to === undefined) return comparison.set({ kind: 'none' });
      asking = new AbortController();
      const { signal } = asking;
      comparison.set({ kind: 'waiting' });
      api.json<{ readonly changes: readonly ChangeAnswer[] }>(`v1/diff/${segment(namespace)}?from=${segment(from)}&to=${segment(to)}`, { signal }).then(
        ({ changes }) => comparison.set({ kind: 'ready', changes }),
        (error: unknown) => {
          if (!signal.aborted) comparison.set({ kind: 'failed', why: inWords(error) });
        },
      );
    },
  };
}
