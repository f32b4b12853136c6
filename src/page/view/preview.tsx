import type { JSX } from 'preact';

import type { Draft, Effect } from '../edit/draft.js';
import type { Followers } from '../edit/followers.js';
import { BeforeAfter } from './value.js';

const shown = 12;

function affected(followers: readonly Followers[]): string {
  const count = followers.reduce((sum, each) => sum + each.count, 0);
  if (count === 0) return 'No connected program follows it now.';
  const names = followers.slice(0, 5).map((each) => (each.count === 1 ? each.name : `${each.count} × ${each.name}`));
  return `${count.toLocaleString('en')} connected ${count === 1 ? 'program' : 'programs'} will be told at once: ${names.join(', ')}${followers.length > 5 ? ', …' : ''}`;
}

/** What a write would do, and whom it would reach. */
export function PreviewView({ draft }: { readonly draft: Draft }): JSX.Element | null {
  const { preview } = draft;
  if (preview.kind === 'none') return null;
  const effect = preview.kind === 'ready' ? preview.effect : preview.kind === 'waiting' ? preview.last : undefined;
  return (
    <section class="preview" aria-label="Preview" aria-live="polite" aria-busy={preview.kind === 'waiting'}>
      <h3>What will change</h3>
      {preview.kind === 'failed' && <p class="error">{preview.why}</p>}
      {effect === undefined ? preview.kind === 'waiting' && <p class="quiet">…</p> : <EffectView effect={effect} />}
    </section>
  );
}

function EffectView({ effect }: { readonly effect: Effect }): JSX.Element {
  const { changes, hidden, followers } = effect;
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
        <p class="affected">{affected(followers)}</p>
      )}
    </>
  );
}
