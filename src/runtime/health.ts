import type { ConfigError } from '../core/errors.js';
import type { LayerState } from '../core/model.js';
import type { Layer } from './layer.js';

export interface LayerHealth {
  readonly name: string;
  readonly state: LayerState;
  /** When the layer came into this state. */
  readonly since: Date;
  readonly lastSuccess: Date | undefined;
  readonly lastError: ConfigError | undefined;
  /** ms since the source last said something; `undefined` before it did. */
  readonly ageMs: number | undefined;
  /** ms from the last write to its publish, where the source knows when it was written. */
  readonly lagMs: number | undefined;
  readonly maxStalenessMs: number;
  /** The deadline is broken: out of touch with its source for longer than `maxStalenessMs`. */
  readonly overdue: boolean;
  /** The source also says that nothing is new, so that its silence means something. Others speak of news only. */
  readonly confirms: boolean;
  /** What is held comes from the disk cache: the source has not answered in this run. */
  readonly remembered: boolean;
  readonly required: boolean;
  readonly bytes: number;
  readonly keys: number;
  /** The source's own word for what is held. */
  readonly version: string | undefined;
  readonly nextTry: Date | undefined;
}

export interface Health {
  /** The worst that matters: `failed` if a required layer has nothing, `stale` if any layer is out of touch. */
  readonly state: LayerState;
  readonly layers: readonly LayerHealth[];
}

export function health(layers: readonly Layer[], now: number): Health {
  return { state: overall(layers), layers: layers.map((layer) => layerHealth(layer, now)) };
}

function layerHealth(layer: Layer, now: number): LayerHealth {
  const { lastSuccess } = layer;
  // The silence of a source that only speaks of news is a good sign while it is live.
  const shouldSpeak = layer.confirms || layer.state !== 'live';
  const overdue = shouldSpeak && now - (lastSuccess ?? layer.since) > layer.maxStalenessMs;
  return {
    name: layer.name,
    state: layer.state,
    since: new Date(layer.since),
    lastSuccess: date(lastSuccess),
    lastError: layer.lastError,
    ageMs: lastSuccess === undefined ? undefined : now - lastSuccess,
    maxStalenessMs: layer.maxStalenessMs,
    lagMs: layer.lagMs,
    overdue,
    confirms: layer.confirms,
    remembered: layer.remembered,
    required: layer.required,
    bytes: layer.bytes,
    keys: layer.entries.size,
    version: layer.version,
    nextTry: date(layer.nextTry),
  };
}

function overall(layers: readonly Layer[]): LayerState {
  if (layers.some((layer) => layer.required && layer.state === 'failed')) return 'failed';
  if (layers.some((layer) => layer.state === 'stale' || layer.state === 'failed')) return 'stale';
  return layers.some((layer) => layer.state === 'loading') ? 'loading' : 'live';
}

function date(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
