import { mayInterpolate } from '../core/interpolate.js';
import type { Reading } from '../core/model.js';
import type { Slices } from '../core/slices.js';
import { bytesAfter, type Delta, type Layer } from './layer.js';

/** A reading, worked out against its layer as far as that is possible without looking at other layers. */
export interface Work {
  readonly reading: Reading;
  readonly delta: Delta;
  /** What the layer would hold; worked out when it is needed, if it is not known. */
  readonly bytes?: number;
  /** The keys of the delta that concern others, whoever asks for them: values with `${`, and what is removed. Default: look at all. */
  readonly notable?: readonly string[];
}

// Below that it is all done before anybody would notice.
const smallReading = 2_000;
const entriesInASlice = 500;

/** Whether a reading is so large, or its layer would have to be copied for it, that it should be worked out in slices. */
export function needsSlices(layer: Layer, reading: Reading): boolean {
  const size = reading.kind === 'full' ? reading.entries.size : reading.set.size + (layer.mustCopy ? layer.entries.size : 0);
  return layer.isRemote && size > smallReading;
}

/** The work of a reading, all at once. */
export function workOf(layer: Layer, reading: Reading): Work {
  return { reading, delta: layer.deltaOf(reading) };
}

/**
 * The same in slices, so that a reading of 100,000 keys does not hold the event loop. Only for a layer that nobody else moves
 * meanwhile.
 *
 * @throws ConfigError CALUMMA_READING
 */
export function* workInSlices(layer: Layer, reading: Reading): Slices<Work> {
  layer.check(reading);
  const delta = new Map<string, string | undefined>();
  const notable: string[] = [];
  let bytes = layer.bytes;
  const add = (part: Delta): void => {
    bytes += bytesAfter(layer, part) - layer.bytes;
    part.forEach((value, key) => {
      delta.set(key, value);
      if (value === undefined || mayInterpolate(value)) notable.push(key);
    });
  };
  for (const set of chunks(reading.kind === 'full' ? reading.entries : reading.set)) {
    add(layer.deltaOf({ kind: 'patch', set, remove: new Set() }));
    yield;
  }
  if (reading.kind === 'patch') {
    add(layer.deltaOf({ kind: 'patch', set: new Map(), remove: new Set([...reading.remove].filter((key) => !reading.set.has(key))) }));
    yield* layer.copyInSlices(entriesInASlice);
  } else {
    for (const part of chunks(layer.entries)) {
      const gone = [...part.keys()].filter((key) => !reading.entries.has(key));
      add(layer.deltaOf({ kind: 'patch', set: new Map(), remove: new Set(gone) }));
      yield;
    }
  }
  return { reading, delta, bytes, notable };
}

function* chunks(entries: ReadonlyMap<string, string>): Generator<ReadonlyMap<string, string>> {
  let chunk = new Map<string, string>();
  for (const [key, value] of entries) {
    chunk.set(key, value);
    if (chunk.size < entriesInASlice) continue;
    yield chunk;
    chunk = new Map();
  }
  yield chunk;
}
