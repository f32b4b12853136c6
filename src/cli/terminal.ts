import { type Output, outputTo } from './output.js';

/** What a command is given of the world. */
export interface Terminal {
  readonly output: Output;
  /** Aborts when the user wants it to end, or nobody reads what it says any more. */
  readonly stop: AbortSignal;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const stopping = new AbortController();
  // Kept for good, not once: npm passes on a Ctrl-C that the terminal has already sent to the whole process group, and
  // the second must not kill a command that is cleaning up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  for (const stream of [process.stdout, process.stderr]) stream.on('error', (error: Error) => stopOnBrokenPipe(error, stopping));
  const output = outputTo(process.stdout, process.stderr);
  sayWarningsOn(output);
  return { output, stop: stopping.signal };
}

// What a config reports comes as a process warning, which Node prints for developers: with the process id and a hint at
// --trace-warnings.
function sayWarningsOn(output: Output): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ message }) => output.problem(`calumma: ${message}`));
}

// `calumma list | head -1`: the reader has gone, which is no failure of ours.
function stopOnBrokenPipe(error: Error & { code?: string }, stopping: AbortController): void {
  if (error.code !== 'EPIPE') throw error;
  stopping.abort();
}
