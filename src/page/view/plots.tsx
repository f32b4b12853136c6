import type { JSX } from 'preact';

import { useCell, useClock } from '../cells/use-cell.js';
import { binned, span } from '../live/series.js';
import { lag } from '../place/duration.js';
import { usePage } from './context.js';

/** Changes and their lag, over the last ten minutes. */
export function Plots(): JSX.Element {
  const { live } = usePage();
  const ticks = useCell(live.ticker.ticks);
  const now = useClock(5_000);
  const bins = binned(ticks.map(({ at, count, lagMs }) => ({ at, changes: count, lagMs })), now);
  const changes = bins.map((bin) => bin.changes);
  const lags = bins.map((bin) => bin.lagMs);
  const total = changes.reduce((sum, count) => sum + count, 0);
  const longest = Math.max(0, ...lags.map((ms) => ms ?? 0));
  const hasLag = lags.some((ms) => ms !== undefined);
  return (
    <section aria-labelledby="plots-title">
      <h2 id="plots-title">
        Last ten minutes <small>in steps of {span.binMs / 1_000} s</small>
      </h2>
      <div class="plots">
        <Plot name="Changes" values={changes} most={`${total.toLocaleString('en')} in all`} />
        <Plot name="Lag" values={lags} most={hasLag ? `${lag(longest)} at most` : 'not known'} />
      </div>
    </section>
  );
}

const height = 36;
const step = 4;

function Plot({ name, values, most }: { readonly name: string; readonly values: readonly (number | undefined)[]; readonly most: string }): JSX.Element {
  const highest = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const width = values.length * step;
  return (
    <figure>
      <figcaption>
        <span>{name}</span>
        <span class="quiet">{most}</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={`${name} in the last ten minutes: ${most}`}>
        <line class="axis" x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} />
        {values.map((value, at) => {
          // A bar of nothing would hide that there was something.
          const tall = value === undefined || value === 0 ? 0 : Math.max(2, (value / highest) * (height - 2));
          return tall === 0 ? undefined : <rect key={at} x={at * step} y={height - tall} width={step - 1} height={tall} />;
        })}
      </svg>
    </figure>
  );
}
