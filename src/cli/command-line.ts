import { CommanderError } from 'commander';

import { exitCodes, ExitWith, Failure, Misuse } from './exit.js';
import { programOf } from './program.js';
import type { Terminal } from './terminal.js';

/**
 * Runs one command line.
 *
 * @param argv as `process.argv`: the first two do not count
 * @returns the exit code
 */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  const warned = new Set<string>();
  // What a config reports comes as a process warning, which Node prints for developers: with the process id and a hint at
  // --trace-warnings.
  terminal.onWarning(({ message }) => {
    warned.add(message);
    terminal.output.problem(`calumma: ${message}`);
  });
  try {
    await programOf(terminal).parseAsync(argv);
    return exitCodes.ok;
  } catch (error) {
    // Commander has said its own errors already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (error instanceof ExitWith) return error.exitCode;
    // A warning comes a tick after its cause, and is to stand before what follows from it.
    await new Promise((soon) => setImmediate(soon));
    // A store that cannot be read often cannot be written either, for the same reason: it is said once.
    if (!(error instanceof Error && warned.has(error.message))) terminal.output.problem(messageOf(error));
    return error instanceof Misuse ? exitCodes.usage : exitCodes.failed;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Failure || isConfigError(error)) return `calumma: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// By its code, not its class: for that the library would have to be loaded.
function isConfigError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('CALUMMA_');
}
