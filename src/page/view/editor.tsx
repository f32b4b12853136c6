import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

import { useCell } from '../cells/use-cell.js';
import { type Conflict, type Draft, whyNot } from '../edit/draft.js';
import { moment } from '../place/duration.js';
import { writablesOf } from '../page.js';
import { usePage } from './context.js';
import { PreviewView } from './preview.js';
import { Value } from './value.js';

const titles: Readonly<Record<Draft['what'], string>> = { set: 'Edit', delete: 'Delete', rollback: 'Roll back' };

/** What is about to be written, with what it will do. */
export function EditorView(): JSX.Element | null {
  const { editor } = usePage();
  const draft = useCell(editor.draft);
  const form = useRef<HTMLFormElement>(null);
  const isOpen = draft !== undefined;
  // Before the next key is pressed: who types on at once types into it.
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('[data-first]')?.focus(), [isOpen]);
  if (draft === undefined) return null;
  const obstacle = whyNot(draft);
  const submit = (event: Event): void => {
    event.preventDefault();
    void editor.write();
  };
  const title = draft.isNew ? 'New key' : `${titles[draft.what]} ${draft.key}`;
  return (
    <form ref={form} class="editor" aria-label={title} onSubmit={submit} onKeyDown={submitWithModifier}>
      <h2>{draft.isNew ? 'New key' : titles[draft.what]}</h2>
      <Subject draft={draft} />
      <Signature draft={draft} />
      <PreviewView draft={draft} />
      {draft.conflict !== undefined && <ConflictView conflict={draft.conflict} />}
      {draft.problem !== undefined && (
        <p class="error" role="alert">
          {draft.problem}
        </p>
      )}
      {draft.conflict === undefined && (
        <p class="buttons">
          <button type="submit" class={draft.what === 'delete' ? 'danger' : 'primary'} disabled={obstacle !== undefined}>
            {draft.writing ? 'Writing…' : titles[draft.what === 'set' ? 'set' : draft.what] === 'Edit' ? 'Write' : titles[draft.what]}
          </button>
          <button type="button" onClick={() => editor.cancel()}>
            Cancel
          </button>
          {obstacle !== undefined && <span class="quiet">{obstacle}</span>}
        </p>
      )}
    </form>
  );
}

/** Enter is a line of the value there; with Ctrl or ⌘ it writes. */
function submitWithModifier(event: KeyboardEvent): void {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.currentTarget instanceof HTMLFormElement) event.currentTarget.requestSubmit();
}

function Subject({ draft }: { readonly draft: Draft }): JSX.Element {
  const { editor, health, address } = usePage();
  const { namespace } = useCell(address.place);
  const layers = writablesOf(useCell(health.seen)?.status.namespaces[namespace]);
  return (
    <>
      {draft.isNew && (
        <label>
          Key
          <input class="mono" data-first autocomplete="off" spellcheck={false} value={draft.key} onInput={(event) => editor.change({ key: event.currentTarget.value })} />
        </label>
      )}
      {draft.what === 'set' && (
        <label>
          Value
          <textarea
            class="mono"
            data-first={!draft.isNew}
            rows={Math.min(8, Math.max(2, draft.value.split('\n').length))}
            spellcheck={false}
            placeholder={draft.secret ? 'The present value is secret: type a whole new one.' : ''}
            value={draft.value}
            onInput={(event) => editor.change({ value: event.currentTarget.value })}
          />
        </label>
      )}
      {draft.what === 'rollback' && <RollbackScope draft={draft} />}
      {draft.what !== 'rollback' && layers.length > 1 && (
        <label>
          Layer
          <select value={draft.layer} onChange={(event) => void editor.moveTo(event.currentTarget.value)}>
            {layers.map((layer) => (
              <option key={layer} value={layer}>
                {layer}
              </option>
            ))}
          </select>
        </label>
      )}
      {draft.what !== 'rollback' && layers.length === 1 && <p class="quiet">in the layer {draft.layer}</p>}
    </>
  );
}

function RollbackScope({ draft }: { readonly draft: Draft }): JSX.Element {
  const { editor } = usePage();
  return (
    <fieldset>
      <legend>
        To version {draft.version} of {draft.layer}
      </legend>
      <label class="choice">
        <input type="radio" name="scope" checked={!draft.wholeLayer} onChange={() => editor.change({ wholeLayer: false })} />
        only <span class="mono">{draft.key}</span>
      </label>
      <label class="choice">
        <input type="radio" name="scope" checked={draft.wholeLayer} onChange={() => editor.change({ wholeLayer: true })} />
        every key changed after it
      </label>
    </fieldset>
  );
}

function Signature({ draft }: { readonly draft: Draft }): JSX.Element {
  const { editor } = usePage();
  return (
    <div class="signature">
      <label>
        Author
        <input autocomplete="name" placeholder="the token's name" value={draft.author} onInput={(event) => editor.change({ author: event.currentTarget.value })} />
      </label>
      <label>
        Reason
        <input data-first={draft.what !== 'set'} autocomplete="off" required value={draft.reason} onInput={(event) => editor.change({ reason: event.currentTarget.value })} />
      </label>
    </div>
  );
}

function ConflictView({ conflict }: { readonly conflict: Conflict }): JSX.Element {
  const { editor } = usePage();
  return (
    <div class="conflict" role="alert">
      <p>
        <strong>Somebody wrote first.</strong> Nothing of yours was written. There is now <Value value={conflict.value} />
        {conflict.author !== undefined && (
          <>
            , by {conflict.author}
            {conflict.at !== undefined && ` at ${moment(new Date(conflict.at))}`}
            {conflict.reason !== undefined && conflict.reason !== '' && `: ${conflict.reason}`}
          </>
        )}
        .
      </p>
      <p class="buttons">
        <button type="button" onClick={() => editor.accept(conflict, false)}>
          Start from theirs
        </button>
        <button type="button" onClick={() => editor.accept(conflict, true)}>
          Keep mine, preview again
        </button>
        <button type="button" onClick={() => editor.cancel()}>
          Cancel
        </button>
      </p>
    </div>
  );
}
