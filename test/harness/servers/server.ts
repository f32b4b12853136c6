import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ServerFolder } from './folder.js';
import { killAllIn, signalAllIn, stopAllIn } from './processes.js';
import type { Account } from './programs.js';

/** A real server of our own on the loopback interface. It ends with this process. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Kills it (SIGKILL) with all its processes. Resolves when they are gone; the data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data, after killing it if need be. Resolves when it answers. */
  restart(): Promise<void>;
  /** Makes it hang (SIGSTOP): connections stay open, and are still taken by the system, but nobody answers. */
  pause(): void;
  /** Lets it go on. */
  resume(): void;
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>;
}

export interface ServerPlan {
  readonly folder: ServerFolder;
  readonly port: number;
  readonly file: string;
  readonly args: readonly string[];
  readonly account?: Account | undefined;
  /** Rejects as long as the server cannot be used. */
  readonly answers: () => Promise<unknown>;
}

const patienceMs = 60_000;

/** One server process and what it forks: the part that all servers have in common. */
export class ServerProcess {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #plan: ServerPlan;
  #child: ChildProcess | undefined;

  constructor(plan: ServerPlan) {
    this.#plan = plan;
    this.port = plan.port;
  }

  async restart(): Promise<void> {
    await this.kill();
    this.#child = this.#spawn();
    await this.#untilItAnswers(this.#child);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    const collected = child === undefined || hasEnded(child) ? undefined : once(child, 'exit');
    child?.ref();
    await killAllIn(this.#plan.folder.path);
    await collected;
  }

  pause(): void {
    stopAllIn(this.#plan.folder.path);
  }

  resume(): void {
    signalAllIn(this.#plan.folder.path, 'SIGCONT');
  }

  async stop(): Promise<void> {
    this.#child = undefined;
    await this.#plan.folder.close();
  }

  #spawn(): ChildProcess {
    const { folder, file, args, account } = this.#plan;
    const log = openSync(join(folder.path, 'log'), 'a');
    // Detached: Ctrl-C is for the test process, and the server ends because that one does.
    const child = spawn(file, args, { cwd: folder.path, stdio: ['ignore', log, log], detached: true, ...account });
    closeSync(log);
    child.unref();
    return child;
  }

  async #untilItAnswers(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      try {
        await this.#plan.answers();
        return;
      } catch (error) {
        if (hasEnded(child) || performance.now() > deadline) throw this.#notStarted(child, error);
      }
      await sleep(10);
    }
  }

  #notStarted(child: ChildProcess, cause: unknown): Error {
    const what = hasEnded(child) ? `it ended with ${String(child.exitCode ?? child.signalCode)}` : `no answer in ${patienceMs} ms`;
    const log = readFileSync(join(this.#plan.folder.path, 'log'), 'utf8').split('\n').slice(-20).join('\n');
    return new Error(`${this.#plan.file} does not start: ${what}\n${log}`, { cause });
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
