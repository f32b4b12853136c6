import type { Config, LayerHealth } from '../../index.js';

/**
 * Where the values of a namespace come from, worst first:
 * `defaults`: a layer has never answered, and what it may have is answered by those below it;
 * `snapshot`: a layer serves what the disk cache remembers; `stale`: one is out of touch with its source; `live`: none of it.
 */
export type Provenance = 'live' | 'stale' | 'snapshot' | 'defaults';

/** How a namespace stands at one moment. */
export interface Stand {
  readonly source: Provenance;
  /** When all of it was surely true, in ms since the epoch; `undefined`: now. */
  readonly asOf: number | undefined;
  /** No layer has ever had anything. */
  readonly isVoid: boolean;
  /** Every layer holds a reading. */
  readonly isComplete: boolean;
}

export function standOf(config: Config): Stand {
  const { layers } = config.health();
  const held = layers.filter(holds);
  const behind = held.filter((layer) => layer.remembered || layer.overdue || layer.state !== 'live');
  const times = behind.flatMap(({ lastSuccess }) => (lastSuccess === undefined ? [] : [lastSuccess.getTime()]));
  const isComplete = held.length === layers.length;
  return {
    source: isComplete ? (behind.some((layer) => layer.remembered) ? 'snapshot' : behind.length > 0 ? 'stale' : 'live') : 'defaults',
    asOf: times.length === 0 ? undefined : Math.min(...times),
    isVoid: layers.length > 0 && held.length === 0,
    isComplete,
  };
}

function holds(layer: LayerHealth): boolean {
  return layer.remembered || layer.lastSuccess !== undefined;
}
