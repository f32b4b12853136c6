import type { JSX } from 'preact';

import { useCell } from '../cells/use-cell.js';
import type { StoreHistory } from '../details/details.js';
import type { HistoryAnswer } from '../remote/answers.js';
import { moment } from '../place/duration.js';
import { usePage } from './context.js';
import { BeforeAfter } from './value.js';

/** Who wrote the key in a store, and why; each version can be gone back to. */
export function HistoryView({ history, subject }: { readonly history: StoreHistory; readonly subject: string }): JSX.Element | null {
  const { layer, entries, problem } = history;
  const title = `history-${layer}`;
  return (
    <section aria-labelledby={title}>
      <h2 id={title}>
        History in {layer} <small>who and why</small>
      </h2>
      {problem !== undefined && <p class="quiet">{problem}</p>}
      {problem === undefined && entries.length === 0 && <p class="quiet">Never written there.</p>}
      <ol class="ticker">
        {entries.map((entry, at) => (
          <Item key={entry.version} {...{ entry, layer, subject }} isLatest={at === 0} />
        ))}
      </ol>
    </section>
  );
}

function Item({ entry, layer, subject, isLatest }: { readonly entry: HistoryAnswer; readonly layer: string; readonly subject: string; readonly isLatest: boolean }): JSX.Element {
  const page = usePage();
  const token = useCell(page.session.token);
  const goBack = (): void => {
    if (token === undefined) page.dialog.set('sign-in');
    else page.editor.rollBack(subject, layer, entry.version);
  };
  return (
    <li>
      <p class="line">
        <time dateTime={entry.at}>{moment(new Date(entry.at))}</time>
        <span class="author">{entry.author}</span>
        <span class="quiet">version {entry.version}</span>
        {!isLatest && (
          <button type="button" class="small" aria-label={`Roll back to version ${entry.version}`} onClick={goBack}>
            Roll back to this
          </button>
        )}
      </p>
      {entry.reason !== '' && <p class="reason">{entry.reason}</p>}
      <p class="one">
        <BeforeAfter before={entry.before} after={entry.after} />
      </p>
    </li>
  );
}
