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
  readonly maxStalenessMs: number;
  /** Out of touch with its source for longer than `maxStalenessMs`. */
  readonly overdue: boolean;
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
  const outOfTouch = layer.state !== 'live' && now - (lastSuccess ?? layer.since) > layer.maxStalenessMs;
  return {
    name: layer.name,
    state: layer.state,
    since: new Date(layer.since),
    lastSuccess: date(lastSuccess),
    lastError: layer.lastError,
    ageMs: lastSuccess === undefined ? undefined : now - lastSuccess,
    maxStalenessMs: layer.maxStalenessMs,
    overdue: outOfTouch,
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
