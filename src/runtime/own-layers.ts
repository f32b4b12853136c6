import type { Context, Source } from '../core/model.js';
import { Layer } from './layer.js';

/** The in-memory layer on top. Written by the config itself, so it has nothing to follow. */
export function overrideLayer(now: number): Layer {
  const layer = new Layer({ name: 'overrides', source: silent('overrides') }, now);
  layer.locate = (key) => `override:${key}`;
  layer.state = 'live';
  return layer;
}

/** Answers `@environment` and its like. Not listed among the keys: it is about the config, not in it. */
export function contextLayer(context: Context, now: number): Layer {
  const layer = new Layer({ name: 'context', source: silent('context'), listed: false }, now);
  const entries = new Map<string, string>();
  for (const [dimension, value] of Object.entries(context)) if (value !== undefined) entries.set(`@${dimension}`, value);
  layer.commit({ kind: 'full', entries }, entries, 0, now);
  layer.locate = (key) => `context:${key}`;
  layer.state = 'live';
  return layer;
}

function silent(name: string): Source {
  return {
    name,
    // eslint-disable-next-line @typescript-eslint/require-await -- ends at once: there is nothing to say
    async *readings() {
      yield* [];
    },
  };
}
