import type { JSX } from 'preact';

import { useCell, useClock } from '../cells/use-cell.js';
import type { LayerAnswer } from '../remote/answers.js';
import { age, ago, lag } from '../place/duration.js';
import { usePage } from './context.js';

/** How each layer stands: state, and its age against its deadline. */
export function Layers(): JSX.Element {
  const { health, address } = usePage();
  const { namespace } = useCell(address.place);
  const seen = useCell(health.seen);
  const now = useClock(1_000);
  const layers = seen?.status.namespaces[namespace]?.layers;
  return (
    <section aria-labelledby="layers-title">
      <h2 id="layers-title">
        Layers <small>highest priority first</small>
      </h2>
      {layers === undefined || seen === undefined ? (
        <p class="quiet">…</p>
      ) : (
        <ol class="layers">
          {layers.map((layer) => (
            <Layer key={layer.name} layer={layer} passedMs={now - seen.at} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Layer({ layer, passedMs }: { readonly layer: LayerAnswer; readonly passedMs: number }): JSX.Element {
  const ageMs = layer.ageMs === undefined ? undefined : layer.ageMs + Math.max(0, passedMs);
  const isBad = layer.state === 'failed' || layer.overdue;
  return (
    <li class={`layer ${layer.state}${isBad ? ' bad' : ''}`}>
      <div class="line">
        <span class="name">{layer.name}</span>
        <span class="state">{layer.remembered ? 'from the disk cache' : layer.overdue ? `${layer.state}, overdue` : layer.state}</span>
        <span class="amount">{layer.keys.toLocaleString('en')} {layer.keys === 1 ? 'key' : 'keys'}</span>
      </div>
      <Freshness layer={layer} ageMs={ageMs} />
      {layer.lastError !== undefined && layer.state !== 'live' && <p class="error">{layer.lastError.message}</p>}
    </li>
  );
}

/** A source that only speaks of news is silent for hours while all is well: its age is told, and is not held against it. */
function Freshness({ layer, ageMs }: { readonly layer: LayerAnswer; readonly ageMs: number | undefined }): JSX.Element {
  const deadline = layer.maxStalenessMs;
  const lagText = layer.lagMs === undefined ? '' : ` · lag ${lag(layer.lagMs)}`;
  if (ageMs === undefined) return <p class="freshness quiet">nothing heard yet</p>;
  if (layer.state === 'live' && !layer.confirms) {
    return (
      <p class="freshness quiet">
        last news {ago(ageMs)}{lagText}
      </p>
    );
  }
  const share = Math.min(1, ageMs / deadline);
  return (
    <p class="freshness">
      <span class="bar" role="meter" aria-label={`Age of ${layer.name}`} aria-valuemin={0} aria-valuemax={deadline} aria-valuenow={Math.min(deadline, Math.round(ageMs))} aria-valuetext={`${lag(ageMs)} of ${lag(deadline)}`}>
        <span class={`fill${share >= 1 ? ' over' : share > 0.7 ? ' near' : ''}`} style={{ width: `${share * 100}%` }} />
      </span>
      <span class="quiet">
        {Math.floor(ageMs / 1_000)} s of {age(deadline)}
        {lagText}
      </span>
    </p>
  );
}
