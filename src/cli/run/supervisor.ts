import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

import { ExitWith, Failure, Misuse } from '../exit.js';

/** Passed on to the program. */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** After these the program is expected to end, and is not started again. */
const ending: readonly string[] = ['SIGINT', 'SIGTERM', 'SIGQUIT'];
/** What a shell says of a program that is not there, and of one that may not be run. */
const notFound = 127;
const notRunnable = 126;

/** `HUP`, `hup` and `SIGHUP` are one. @throws Misuse */
export function signalOf(name: string): NodeJS.Signals {
  const full = `SIG${name.toUpperCase().replace(/^SIG/, '')}`;
  if (Object.hasOwn(constants.signals, full)) return full as NodeJS.Signals;
  throw new Misuse(`--signal: expected the name of a signal such as HUP, found ${JSON.stringify(name)}`);
}

/** One program that runs, and can be replaced by itself with another environment. */
export class Supervisor {
  /** The exit code of the program when it has ended by itself, or by a signal that was passed on. */
  readonly ended: Promise<number>;
  readonly #command: readonly string[];
  readonly #graceMs: number;
  #settle: { readonly resolve: (code: number) => void; readonly reject: (error: Error) => void } | undefined;
  #child: ChildProcess | undefined;
  #killer: NodeJS.Timeout | undefined;
  /** What the next run gets, while the present one is being ended for it. */
  #next: NodeJS.ProcessEnv | undefined;
  #isEnding = false;

  constructor(command: readonly string[], { graceMs }: { readonly graceMs: number }) {
    this.#command = command;
    this.#graceMs = graceMs;
    this.ended = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    for (const name of forwarded) process.on(name, () => this.#passOn(name));
  }

  start(environment: NodeJS.ProcessEnv): void {
    const [file = '', ...args] = this.#command;
    let child: ChildProcess;
    try {
      child = spawn(file, args, { stdio: 'inherit', env: environment });
    } catch (error) {
      // Of some problems Node tells by throwing.
      this.#settle?.reject(notStarted(file, error as Error));
      return;
    }
    this.#child = child;
    child.once('error', (error: Error & { code?: string }) => {
      if (child.pid === undefined) this.#settle?.reject(notStarted(file, error));
    });
    child.once('exit', (code, signal) => this.#exited(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  }

  /** Ends the program and starts it anew with another environment. */
  replace(environment: NodeJS.ProcessEnv): void {
    if (this.#isEnding) return;
    const isUnderWay = this.#next !== undefined;
    this.#next = environment;
    if (isUnderWay) return;
    this.#child?.kill('SIGTERM');
    this.#killer = setTimeout(() => this.#child?.kill('SIGKILL'), this.#graceMs);
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  #passOn(name: NodeJS.Signals): void {
    if (ending.includes(name)) this.#isEnding = true;
    // A terminal has sent its Ctrl-C to the program too.
    if (process.stdin.isTTY && (name === 'SIGINT' || name === 'SIGQUIT')) return;
    this.signal(name);
  }

  #exited(code: number): void {
    clearTimeout(this.#killer);
    const environment = this.#next;
    this.#next = undefined;
    if (environment === undefined || this.#isEnding) this.#settle?.resolve(code);
    else this.start(environment);
  }
}

function notStarted(file: string, error: Error & { readonly code?: string }): Error {
  if (error.code === 'E2BIG') return new Failure(`${file}: there is more configuration than an environment can hold: --prefix takes a part of it`, { cause: error });
  if (error.code !== 'ENOENT' && error.code !== 'EACCES') return new Failure(`${file}: ${error.message}`, { cause: error });
  process.stderr.write(`calumma: ${file}: ${error.code === 'ENOENT' ? 'no such program' : 'may not be run'}\n`);
  return new ExitWith(error.code === 'ENOENT' ? notFound : notRunnable);
}
