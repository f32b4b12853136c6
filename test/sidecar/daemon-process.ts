import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { onTestFinished, vi } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
// A folder of its own: other tests build the command while this one runs.
const outDir = 'dist-test-daemon';

export function build(): void {
  execFileSync(process.execPath, ['build.js', outDir], { cwd: root, stdio: 'pipe' });
}

/** A folder with these files; it is where the daemon runs. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-daemon-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A `calumma sidecar` that was started. */
export interface Daemon {
  readonly process: ChildProcess;
  readonly log: () => string;
  /** Waits until the log has what is asked for, from the n-th character on. */
  said(pattern: RegExp, from?: number): Promise<RegExpExecArray>;
  readonly ended: Promise<Ended>;
}

export interface Served extends Daemon {
  readonly url: string;
  readonly socket: string | undefined;
  json<T = never>(target: string): Promise<T>;
}

export function launch(folder: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Daemon {
  const { PATH = '', TMPDIR = tmpdir() } = process.env;
  const child = spawn(process.execPath, [path.join(root, outDir, 'cli/main.js'), 'sidecar', ...args], { cwd: folder, env: { PATH, TMPDIR, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = once(child, 'close').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    process: child,
    log: () => log,
    ended,
    async said(pattern, from = 0) {
      await eventually(() => pattern.test(log.slice(from)), () => `${String(pattern)} in:\n${log.slice(from)}`);
      return pattern.exec(log.slice(from))!;
    },
  };
}

/** Starts one at a free port, and waits until it serves. */
export async function serve(folder: string, args: readonly string[] = ['--port', '0'], env: Readonly<Record<string, string>> = {}): Promise<Served> {
  const daemon = launch(folder, args, env);
  const [, url = '', socket] = await daemon.said(/^calumma sidecar at (http\S+)(?: and (\S+))?$/m);
  return {
    ...daemon,
    url,
    socket,
    json: async (target) => {
      const answer = await fetch(`${url}${target}`);
      if (!answer.ok) throw new Error(`${target}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as never;
    },
  };
}

export function overSocket(socketPath: string, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: target, headers: { host: 'localhost' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece)).on('end', () => resolve(text));
    });
    asked.on('error', reject).end();
  });
}

export async function eventually(check: () => boolean | Promise<boolean>, say: () => string = () => String(check)): Promise<void> {
  await vi.waitUntil(check, { timeout: 12_000, interval: 10 }).catch((error: unknown) => {
    throw new Error(`it did not come to it: ${say()}`, { cause: error });
  });
}
