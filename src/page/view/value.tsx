import type { JSX } from 'preact';

import { excerpt, highlight } from '../keys/excerpt.js';

/** A text with the words of the search marked. */
export function Marked({ text, words }: { readonly text: string; readonly words: readonly string[] }): JSX.Element {
  if (words.length === 0) return <>{text}</>;
  return <>{highlight(text, words).map((piece, at) => (piece.hit ? <mark key={at}>{piece.text}</mark> : piece.text))}</>;
}

/** A value on one line. Nothing and an empty text are two things. */
export function Value({ value }: { readonly value: string | null | undefined }): JSX.Element {
  if (value === undefined || value === null) return <span class="absent">not set</span>;
  if (value === '') return <span class="absent">empty</span>;
  return <span class="value">{excerpt(value, [], 160)}</span>;
}

/** What it was, and what it is. */
export function BeforeAfter({ before, after }: { readonly before?: string | null | undefined; readonly after?: string | null | undefined }): JSX.Element {
  return (
    <span class="change">
      <del>
        <Value value={before} />
      </del>
      <span class="arrow" role="img" aria-label="becomes">
        →
      </span>
      <ins>
        <Value value={after} />
      </ins>
    </span>
  );
}
