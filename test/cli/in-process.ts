import { runCommandLine } from '../../src/cli/command-line.js';
import { outputTo } from '../../src/cli/output.js';
import type { Finished } from './command.js';

export interface Session {
  readonly stop?: AbortSignal;
  /** Called with all that was written whenever something is. */
  readonly onOutput?: (stdout: string, stderr: string) => void;
  /** Whether stdout and stderr are terminals. */
  readonly isTTY?: boolean;
  /** Whether such a terminal wants colours. */
  readonly colours?: boolean;
}

/** Runs a command line in this process: what needs no process of its own takes milliseconds. */
export async function inProcess(args: readonly string[], { stop = new AbortController().signal, onOutput, isTTY = false, colours = false }: Session = {}): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written) => ({
    isTTY,
    write(text: string) {
      written[name] += text;
      onOutput?.(written.stdout, written.stderr);
    },
  });
  const output = outputTo(sink('stdout'), sink('stderr'), colours ? {} : { NO_COLOR: '1' });
  const code = await runCommandLine(['node', 'calumma', ...args], { output, stop, onHangUp: () => undefined, onWarning: () => undefined });
  return { code, ...written };
}
