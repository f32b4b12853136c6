import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const outDir = 'dist-test';
const main = path.join(root, outDir, 'cli/main.js');

/**
 * Builds the command as it is shipped, next to `dist/`, so that a build that somebody else runs is not disturbed. Types
 * are not checked here: `npm run types` does.
 */
export function build(): void {
  execFileSync(process.execPath, ['build.js', outDir], { cwd: root, stdio: 'pipe' });
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `calumma` that is running. */
export interface Running {
  readonly process: ChildProcess;
  /** Waits until stdout matches. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly finished: Promise<Finished>;
  /** What it has said so far. */
  stdout(): string;
  stderr(): string;
}

export interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export function start(args: readonly string[], { cwd = root, env = {} }: Surroundings = {}): Running {
  const child = spawn(process.execPath, [main, ...args], { cwd, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  let ended = false;
  void finished.then(() => (ended = true));
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(stdout);
      if (match !== null) return match;
      // the exit code alone would not do: a process that was killed has none
      if (ended) throw new Error(`ended without ${String(pattern)}:\n${stdout}\n${stderr}`);
      await Promise.race([once(child.stdout, 'data'), finished]);
    }
  };
  return { process: child, until, finished, stdout: () => stdout, stderr: () => stderr };
}

export function calumma(args: readonly string[], surroundings?: Surroundings): Promise<Finished> {
  return start(args, surroundings).finished;
}

/** Only what finding a folder needs: a variable of the machine must not decide a test. */
function environment(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const { PATH, TMPDIR } = process.env;
  return { PATH, TMPDIR, ...env };
}
