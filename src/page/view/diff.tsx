import type { JSX } from 'preact';

import { useCell } from '../cells/use-cell.js';
import type { Comparison } from '../diff/comparison.js';
import type { Tick } from '../live/ticker.js';
import { moment } from '../place/duration.js';
import { usePage } from './context.js';
import { close } from './keyboard.js';
import { Panel } from './panel.js';
import { BeforeAfter } from './value.js';

/** What differs between two revisions. */
export function DiffView(): JSX.Element {
  const { address, comparing, live } = usePage();
  const { from, to } = useCell(address.place);
  const comparison = useCell(comparing.comparison);
  const ticks = useCell(live.ticker.ticks);
  const base = useCell(live.ticker.base);
  return (
    <Panel title="Compare two revisions" label="Compare two revisions" onClose={() => close(address)}>
      <div class="revisions">
        <Revision name="From" value={from} none="choose…" base={base} ticks={ticks} onChange={(revision) => address.amend({ from: revision })} />
        <Revision name="To" value={to} none="now" base={base} ticks={ticks} onChange={(revision) => address.amend({ to: revision })} />
      </div>
      <Result comparison={comparison} />
    </Panel>
  );
}

interface RevisionProps {
  readonly name: string;
  readonly value: string | undefined;
  /** What it says when none is chosen. */
  readonly none: string;
  readonly base: string | undefined;
  readonly ticks: readonly Tick[];
  readonly onChange: (revision: string | undefined) => void;
}

function Revision({ name, value, none, base, ticks, onChange }: RevisionProps): JSX.Element {
  const isKnown = value === undefined || value === base || ticks.some(({ revision }) => revision === value);
  return (
    <label>
      {name}
      <select value={value ?? ''} onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}>
        <option value="">{none}</option>
        {!isKnown && <option value={value}>{value}</option>}
        {ticks.map(({ revision, at, count, changes }) => (
          <option key={revision} value={revision}>
            {moment(new Date(at))} · {count === 1 ? changes[0]?.key : `${count.toLocaleString('en')} keys`} · {revision}
          </option>
        ))}
        {base !== undefined && <option value={base}>before the oldest change that is kept · {base}</option>}
      </select>
    </label>
  );
}

function Result({ comparison }: { readonly comparison: Comparison }): JSX.Element {
  const { address } = usePage();
  if (comparison.kind === 'none') return <p class="quiet">Choose what to compare the present with, or two of the last publishes.</p>;
  if (comparison.kind === 'waiting') return <p class="quiet">…</p>;
  if (comparison.kind === 'failed') return <p class="error">{comparison.why}</p>;
  const { changes } = comparison;
  return (
    <section aria-label="Differences">
      <h2>{changes.length === 0 ? 'No difference' : `${changes.length.toLocaleString('en')} ${changes.length === 1 ? 'key differs' : 'keys differ'}`}</h2>
      <ol class="ticker">
        {changes.slice(0, 500).map(({ key, before, after }) => (
          <li key={key} class="one">
            <button type="button" class="link key" onClick={() => address.go({ key, panel: undefined })}>
              {key}
            </button>
            <BeforeAfter before={before} after={after} />
          </li>
        ))}
      </ol>
      {changes.length > 500 && <p class="quiet">and {(changes.length - 500).toLocaleString('en')} more</p>}
    </section>
  );
}
