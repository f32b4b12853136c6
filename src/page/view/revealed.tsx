import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { useCell } from '../cells/use-cell.js';
import { inWords, segment } from '../remote/api.js';
import { usePage } from './context.js';

type Revealed = { readonly kind: 'hidden' } | { readonly kind: 'shown'; readonly value: string } | { readonly kind: 'failed'; readonly why: string };

/** A secret, shown only to a token that may see it, only when asked for, and gone with the panel. */
export function RevealedValue({ subject }: { readonly subject: string }): JSX.Element {
  const { api, address, session } = usePage();
  const { namespace } = useCell(address.place);
  const token = useCell(session.token);
  const [revealed, setRevealed] = useState<Revealed>({ kind: 'hidden' });
  useEffect(() => setRevealed({ kind: 'hidden' }), [subject, token]);
  const reveal = async (): Promise<void> => {
    try {
      const response = await api.open(`v1/config/${segment(namespace)}/${segment(subject)}`, { asSignedIn: true, reveal: true });
      const value = await response.text();
      const isMasked = Number(response.headers.get('x-config-masked') ?? 0) > 0;
      setRevealed(isMasked ? { kind: 'failed', why: 'This token may not see secrets.' } : { kind: 'shown', value });
    } catch (error) {
      setRevealed({ kind: 'failed', why: inWords(error) });
    }
  };
  return (
    <div class="secret">
      <span class="tag">secret</span>
      {revealed.kind === 'hidden' && token !== undefined && (
        <button type="button" onClick={() => void reveal()}>
          Show
        </button>
      )}
      {revealed.kind === 'failed' && <span class="quiet">{revealed.why}</span>}
      {revealed.kind === 'shown' && (
        <>
          <pre class="whole">{revealed.value}</pre>
          <button type="button" onClick={() => setRevealed({ kind: 'hidden' })}>
            Hide
          </button>
        </>
      )}
    </div>
  );
}
