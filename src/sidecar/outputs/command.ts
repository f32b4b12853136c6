import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

import type { SignalSpec } from '../../index.js';

export interface CommandOptions {
  readonly cwd: string;
  readonly timeoutMs: number;
  /** Set for the command, beside the environment of the sidecar. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the command when it aborts. */
  readonly signal: AbortSignal;
  /** Texts that must not be seen in what the command has said. */
  readonly secrets: readonly string[];
}

/** So much of what it said is told when a command fails, and so much is looked at for secrets: one that is cut in two is none that is known. */
const mostTold = 2_000;
const mostHeard = 65_536;
/** ms that what it said may be on its way when it has ended. A daemon that it started may hold its output open for good. */
const lastWordsMs = 200;

/**
 * Runs a program, without a shell.
 *
 * @throws Error that says how it ended and what it said last, unless its exit code is 0 in time
 */
export async function run([program = '', ...args]: readonly string[], options: CommandOptions): Promise<void> {
  const { cwd, timeoutMs, env, signal, secrets } = options;
  signal.throwIfAborted();
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  // A group of its own, so that what it has started ends with it.
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = (): void => killGroup(child);
  within.addEventListener('abort', kill, { once: true });
  const said = listenTo(child);
  try {
    const how = await ended(child);
    if (how === 'code 0') return;
    const why = within.aborted && !signal.aborted ? `was ended after ${timeoutMs} ms` : `ended with ${how}`;
    throw new Error(`${program} ${why}${quoted(withoutSecrets(said(), secrets))}`);
  } finally {
    within.removeEventListener('abort', kill);
  }
}

/** @throws Error when there is no such process */
export async function sendSignal({ signal, pid, pidFile }: SignalSpec): Promise<void> {
  const id = pid ?? (await idIn(pidFile ?? ''));
  process.kill(id, signal);
}

async function idIn(file: string): Promise<number> {
  const text = (await readFile(file, 'utf8')).trim();
  // 0 and -1 would be whole groups of processes.
  if (/^[1-9]\d{0,9}$/.test(text) && text !== '1') return Number(text);
  throw new Error(`expected the id of a process in ${file}, found something else`);
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const end = (): void => resolve(signal ?? `code ${code ?? ''}`);
      child.once('close', end);
      setTimeout(end, lastWordsMs).unref();
    });
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

function listenTo(child: ChildProcess): () => string {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-mostHeard)));
    // What the command leaves running is not waited for.
    (stream as { unref?: () => void } | null)?.unref?.();
  }
  return () => said;
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length > 2).reduce((left, secret) => left.replaceAll(secret, '***'), text);
}

function quoted(said: string): string {
  const text = said.trim().slice(-mostTold);
  return text === '' ? '' : `: ${text}`;
}
