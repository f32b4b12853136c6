import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { reasonOf } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import type { FullReading, SourceHost } from '../../core/model.js';
import { atOrUnder } from '../../core/prefix.js';
import { properties } from '../../formats/properties.js';
import { isMissing } from '../watch/failure.js';
import type { Memento } from './memento.js';
import { textsIn } from './messages.js';
import type { SidecarSpec } from './options.js';

type Parse = (text: string) => ReadonlyMap<string, string>;

/** The formats of `outputs` that keep every key and value as it is. */
const readable: readonly (readonly [extension: string, parse: Parse])[] = [
  ['.json', textsIn],
  ['.properties', (text) => properties.parse(text)],
];

/**
 * What the sidecar has written to its `outputs` when it was last there; `undefined` where there is none, or the layer holds it already.
 * What cannot be used is told once.
 */
export async function snapshotIn(spec: SidecarSpec, memento: Memento, host: SourceHost): Promise<FullReading | undefined> {
  if (spec.snapshotDir === undefined) return undefined;
  // `current` is the link that each output is swapped by.
  for (const folder of [path.join(spec.snapshotDir, 'current'), spec.snapshotDir]) {
    for (const [extension, parse] of readable) {
      const file = path.join(folder, spec.config + extension);
      try {
        return await readingOf(file, parse, spec.prefix, host);
      } catch (error) {
        if (!isMissing(error as NodeJS.ErrnoException)) tellOnce(spec, memento, host, file, error);
      }
    }
  }
  return undefined;
}

async function readingOf(file: string, parse: Parse, prefix: string, host: SourceHost): Promise<FullReading | undefined> {
  const { mtimeMs, size } = await stat(file);
  const version = `snapshot ${mtimeMs} ${size}`;
  if (version === host.version) return undefined;
  const isPart = atOrUnder(prefix);
  const entries = new Map([...parse(await readFile(file, 'utf8'))].filter(([key]) => isPart(key)));
  return { kind: 'full', entries, version, writtenAt: mtimeMs, locate: () => `file:${file}` };
}

function tellOnce({ name }: SidecarSpec, memento: Memento, host: SourceHost, file: string, error: unknown): void {
  const found = reasonOf(error);
  if (memento.snapshotProblem === found) return;
  memento.snapshotProblem = found;
  host.warn(new ConfigError('CALUMMA_CACHE', `${name}: expected a snapshot of the sidecar, found one that cannot be used: ${found}`, { origin: `file:${file}` }));
}
