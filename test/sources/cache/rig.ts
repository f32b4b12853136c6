import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

import type { ConfigError } from '../../../src/core/errors.js';
import type { FullReading, RememberedReading } from '../../../src/core/model.js';
import { DiskMemory } from '../../../src/sources/cache/disk-memory.js';
import { type CachedOptions, cacheSettings } from '../../../src/sources/cache/options.js';

/** A real folder that is gone after the test. */
export function scratch(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'calumma-cache-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function reading(record: Readonly<Record<string, string>> | Iterable<readonly [string, string]>, about: Partial<FullReading> = {}): FullReading {
  const pairs = Symbol.iterator in record ? record : Object.entries(record);
  return { kind: 'full', entries: new Map(pairs), ...about };
}

/** A memory of the layer `store` whose problems are collected. */
export interface Remembering {
  readonly memory: DiskMemory;
  readonly path: string;
  readonly problems: ConfigError[];
  readonly tell: (problem: ConfigError) => void;
  keep(held: FullReading): void;
  /** Keeps, and waits until it is on disk. */
  save(held: FullReading): Promise<void>;
  recall(): RememberedReading | undefined;
}

export interface RigOptions extends CachedOptions {
  readonly layer?: string;
  readonly retryMs?: number;
}

export function remembering(path: string, options: RigOptions = {}): Remembering {
  const { layer = 'store', retryMs = 30_000, ...rest } = options;
  const memory = new DiskMemory(layer, path, { ...cacheSettings('cached', rest), retryMs });
  const problems: ConfigError[] = [];
  const tell = (problem: ConfigError): void => void problems.push(problem);
  return {
    memory,
    path,
    problems,
    tell,
    keep: (held) => memory.keep(held, tell),
    save(held) {
      memory.keep(held, tell);
      return memory.close();
    },
    recall: () => memory.recall(tell),
  };
}

/** What another process would recall now, and what it would be told. */
export function recalled(path: string, options: RigOptions = {}): { entries: Record<string, string> | undefined; told: string[]; reading: RememberedReading | undefined } {
  const fresh = remembering(path, options);
  const reading = fresh.recall();
  return { entries: reading && Object.fromEntries(reading.entries), told: fresh.problems.map(({ message }) => message), reading };
}

export function temporaryFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.tmp'));
}

/** The cache, or something else, as other processes run it, for all tests of a file: Node 20 takes no TypeScript. */
export function useBundle(input: Readonly<Record<string, string>> = { cache: 'src/sources/cache/index.ts' }): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'calumma-bundle-'));
  beforeAll(async () => {
    const cwd = resolve(import.meta.dirname, '../../..');
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as Record<'dependencies' | 'peerDependencies', object>;
    const packages = Object.keys({ ...dependencies, ...peerDependencies });
    const bundle = await rolldown({ cwd, input: { ...input }, platform: 'node', external: [/^node:/, ...packages] });
    await bundle.write({ dir: folder, entryFileNames: '[name].mjs' });
    await bundle.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  return () => folder;
}

/** A module in a process of its own. */
export interface Script {
  readonly child: ChildProcess;
  /** Lines printed so far. */
  readonly lines: string[];
  /** Waits for the next line, or the end. */
  line(): Promise<void>;
  /** Resolves with what ended it: a code or a signal. */
  readonly ended: Promise<number | string>;
}

let scripts = 0;

/** @param source may import `./cache.mjs` */
export function script(bundle: string, source: string, ...args: string[]): Script {
  const file = join(bundle, `script-${scripts++}.mjs`);
  writeFileSync(file, source);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const pieces = (rest + text).split('\n');
    rest = pieces.pop() ?? '';
    lines.push(...pieces);
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, lines, line: () => Promise.race([once(child.stdout, 'data'), ended]).then(() => undefined), ended };
}
