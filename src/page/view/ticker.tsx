import type { JSX } from 'preact';

import { useCell } from '../cells/use-cell.js';
import type { Tick } from '../live/ticker.js';
import { clock, lag, moment } from '../place/duration.js';
import { usePage } from './context.js';
import { BeforeAfter } from './value.js';

const shown = 60;

/** Changes as they happen, newest first. */
export function TickerView(): JSX.Element {
  const { live } = usePage();
  const ticks = useCell(live.ticker.ticks);
  return (
    <section aria-labelledby="ticker-title" class="grows">
      <h2 id="ticker-title">Changes</h2>
      {ticks.length === 0 && <p class="quiet">None since the sidecar started.</p>}
      <ol class="ticker">
        {ticks.slice(0, shown).map((tick) => (
          <Item key={tick.revision} tick={tick} />
        ))}
      </ol>
    </section>
  );
}

function Item({ tick }: { readonly tick: Tick }): JSX.Element {
  const { address } = usePage();
  const at = new Date(tick.at);
  const more = tick.count - tick.changes.length;
  const layers = [...new Set(tick.changes.flatMap(({ layer }) => layer ?? []))].join(', ');
  return (
    <li>
      <p class="line">
        <time dateTime={at.toISOString()} title={moment(at)}>
          {clock(at)}
        </time>
        <span class="from">{layers}</span>
        {tick.lagMs !== undefined && <span class="quiet">lag {lag(tick.lagMs)}</span>}
      </p>
      {tick.changes.map(({ key, before, after }) => (
        <p key={key} class="one">
          <button type="button" class="link key" onClick={() => address.go({ key, panel: undefined })}>
            {key}
          </button>
          <BeforeAfter before={before} after={after} />
        </p>
      ))}
      {more > 0 && <p class="quiet">and {more.toLocaleString('en')} more</p>}
    </li>
  );
}
