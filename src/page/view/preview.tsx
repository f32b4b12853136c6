import type { JSX } from 'preact';

import { useCell } from '../cells/use-cell.js';
import type { Draft } from '../edit/draft.js';
import type { PreviewAnswer } from '../remote/answers.js';
import { usePage } from './context.js';
import { BeforeAfter } from './value.js';

const shown = 12;

function affected(others: number): string {
  if (others === 0) return 'Nobody but this page follows it now.';
  return `${others.toLocaleString('en')} ${others === 1 ? 'client' : 'clients'} besides this page will be told at once.`;
}

/** What a write would do, and whom it would reach. */
export function PreviewView({ draft }: { readonly draft: Draft }): JSX.Element | null {
  const { preview } = draft;
  if (preview.kind === 'none') return null;
  const answer = preview.kind === 'ready' ? preview.answer : preview.kind === 'waiting' ? preview.last : undefined;
  return (
    <section class="preview" aria-label="Preview" aria-live="polite" aria-busy={preview.kind === 'waiting'}>
      <h3>What will change</h3>
      {preview.kind === 'failed' && <p class="error">{preview.why}</p>}
      {answer === undefined ? preview.kind === 'waiting' && <p class="quiet">…</p> : <Effect answer={answer} />}
    </section>
  );
}

function Effect({ answer }: { readonly answer: PreviewAnswer }): JSX.Element {
  const { live } = usePage();
  const { changes, hidden, clients } = answer;
  // This page is one of those who follow.
  const others = Math.max(0, clients - (useCell(live.connection).kind === 'live' ? 1 : 0));
  const more = changes.length - shown;
  return (
    <>
      {changes.length === 0 && hidden.length === 0 && <p class="quiet">Nothing: it is so already.</p>}
      {changes.slice(0, shown).map(({ key, before, after }) => (
        <p key={key} class="one">
          <span class="key">{key}</span>
          <BeforeAfter before={before} after={after} />
        </p>
      ))}
      {more > 0 && <p class="quiet">and {more.toLocaleString('en')} more</p>}
      {hidden.map(({ key, by }) => (
        <p key={key} class="warning">
          <span class="key">{key}</span> stays hidden by <span class="layer-name">{by}</span>: nobody will see this value.
        </p>
      ))}
      {changes.length > 0 && (
        <p class="affected">{affected(others)}</p>
      )}
    </>
  );
}
