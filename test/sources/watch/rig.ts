import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FileContent, FileObserver, FolderListing, ObserverOptions, Round, WatchedPaths } from '../../../src/sources/watch/contract.js';
import type { HintWatcher } from '../../../src/sources/watch/hints.js';
import { systemHints } from '../../../src/sources/watch/hints.js';
import { observe } from '../../../src/sources/watch/observer.js';

/** A real folder that is gone after the test. */
export function scratch(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'calumma-watch-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** What a round says of a path, in one word. */
export function show(content: FileContent | undefined): string {
  if (content === undefined) return '(untold)';
  if (content.kind === 'content') return content.bytes.toString('utf8');
  return content.kind === 'missing' ? '(missing)' : `(${content.error.code ?? 'no code'})`;
}

/** No poll helps unless a test asks for it: what arrives came by an event. */
const byEventsOnly: ObserverOptions = { pollMs: 60_000, removalGraceMs: 200 };
const patienceMs = 8_000;

export interface Watching {
  readonly observer: FileObserver;
  readonly rounds: readonly Round[];
  /** Everything told of a path, oldest first. */
  told(path: string): string[];
  now(path: string): string;
  listing(folder: string): FolderListing | 'untold';
  /** Waits until the condition holds after some round. */
  until(what: string, condition: () => boolean): Promise<void>;
  /** Waits until the path holds this. */
  sees(path: string, text: string): Promise<void>;
  /** The rounds from here on. */
  mark(): () => readonly Round[];
  abort(): Promise<void>;
}

/** Starts to observe and waits for the first round. */
export async function watching(
  paths: Partial<WatchedPaths>,
  options: ObserverOptions = {},
  known?: ReadonlyMap<string, FileContent>,
): Promise<Watching> {
  const observer = observe({ files: [], folders: [], ...paths }, { ...byEventsOnly, ...options }, known);
  const rounds: Round[] = [];
  const waiting = new Set<() => void>();
  const stop = new AbortController();
  const running = (async () => {
    for await (const round of observer.rounds(stop.signal)) {
      rounds.push(round);
      for (const wake of [...waiting]) wake();
    }
  })();
  const abort = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  onTestFinished(abort);

  const told = (path: string): string[] => rounds.filter(({ files }) => files.has(path)).map(({ files }) => show(files.get(path)));
  const now = (path: string): string => told(path).at(-1) ?? '(untold)';
  const listing = (folder: string): FolderListing | 'untold' => {
    const round = rounds.findLast(({ folders }) => folders.has(folder));
    return round === undefined ? 'untold' : round.folders.get(folder);
  };
  const until = (what: string, condition: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(check);
        reject(new Error(`waited ${patienceMs} ms in vain until ${what}; rounds: ${rounds.map(describe).join(' | ')}`));
      }, patienceMs);
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  await until('the first round comes', () => rounds.length > 0);
  return {
    observer,
    rounds,
    told,
    now,
    listing,
    until,
    sees: (path, text) => until(`${path} is ${JSON.stringify(text)}`, () => now(path) === text),
    mark: () => {
      const from = rounds.length;
      return () => rounds.slice(from);
    },
    abort,
  };
}

function describe({ files, folders }: Round): string {
  const contents = [...files].map(([path, content]) => `${path}=${show(content).slice(0, 40)}`);
  const listings = [...folders].map(([path, names]) => `${path}/=[${names?.join(' ') ?? 'none'}]`);
  return [...contents, ...listings].join(', ');
}

/** Runs a script in another process, so that its writes and pauses happen while this one looks on. */
export async function elsewhere(script: string, ...args: string[]): Promise<void> {
  const prelude = `const fs = require('node:fs'); const [, ...args] = process.argv;
    const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);`;
  const child = spawn(process.execPath, ['-e', prelude + script, ...args], { stdio: 'inherit' });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the writer ended with ${String(code)}`);
}

export interface CountingHints extends HintWatcher {
  readonly open: ReadonlyMap<string, number>;
  /** Set: watches cannot be set, with this error. */
  failure: NodeJS.ErrnoException | undefined;
  /** `true`: events are lost. */
  deaf: boolean;
}

/** The system's hints, counted, and out of order when a test wants it. */
export function countingHints(): CountingHints {
  const open = new Map<string, number>();
  const hints: CountingHints = {
    open,
    failure: undefined,
    deaf: false,
    watch(path, onHint, onLost) {
      if (hints.failure !== undefined) throw hints.failure;
      const stop = systemHints.watch(path, (name) => (hints.deaf ? undefined : onHint(name)), onLost);
      open.set(path, (open.get(path) ?? 0) + 1);
      return () => {
        const left = (open.get(path) ?? 0) - 1;
        if (left === 0) open.delete(path);
        else open.set(path, left);
        stop();
      };
    },
  };
  return hints;
}

/** Runs as somebody whom permissions bind: root reads everything. */
export async function unprivileged(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
