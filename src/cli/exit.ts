/** What the exit code of `calumma` says. */
export const exitCodes = {
  ok: 0,
  /** The command was understood and did not succeed: a key that is set nowhere, a file that cannot be read. */
  failed: 1,
  /** The command was not understood: an unknown verb or option, a missing argument. */
  usage: 2,
} as const;

/** A command did what it could and has bad news: said on stderr without a stack, exit code 1. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
}

/** What was typed makes no sense, in a way that only the command itself can tell: exit code 2. */
export class Misuse extends Failure {
  override readonly name = 'Misuse';
}

/** The exit code is somebody else's: of the program that `run` ran. */
export class ExitWith extends Error {
  override readonly name = 'ExitWith';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}
