import { type Output, outputTo } from './output.js';

/** What a command is given of the world. */
export interface Terminal {
  readonly output: Output;
  /** Aborts when the user wants it to end, or nobody reads what it says any more. */
  readonly stop: AbortSignal;
  /** From now on SIGHUP means this, and no longer the end. */
  readonly onHangUp: (listener: () => void) => void;
  /** From now on warnings of the process go there. */
  readonly onWarning: (listener: (warning: Error & { readonly code?: string }) => void) => void;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const stopping = new AbortController();
  // Kept for good, not once: npm passes on a Ctrl-C that the terminal has already sent to the whole process group, and
  // the second must not kill a command that is cleaning up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  for (const stream of [process.stdout, process.stderr]) stream.on('error', (error: Error) => stopOnBrokenPipe(error, stopping));
  const output = outputTo(process.stdout, process.stderr);
  const onWarning: Terminal['onWarning'] = (listener) => void process.removeAllListeners('warning').on('warning', listener);
  const onHangUp: Terminal['onHangUp'] = (listener) => void process.removeAllListeners('SIGHUP').on('SIGHUP', listener);
  return { output, stop: stopping.signal, onHangUp, onWarning };
}

// `calumma list | head -1`: the reader has gone, which is no failure of ours.
function stopOnBrokenPipe(error: Error & { code?: string }, stopping: AbortController): void {
  if (error.code !== 'EPIPE') throw error;
  stopping.abort();
}
