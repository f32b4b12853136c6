import { runCommandLine } from '../../src/cli/command-line.js';
import { outputTo } from '../../src/cli/output.js';
import type { Finished } from './command.js';

export interface Session {
  readonly stop?: AbortSignal;
  /** Called with all of stdout whenever something was written. */
  readonly onOutput?: (stdout: string) => void;
  /** Whether stdout and stderr are terminals. */
  readonly isTTY?: boolean;
}

/** Runs a command line in this process: what needs no process of its own takes milliseconds. */
export async function inProcess(args: readonly string[], { stop = new AbortController().signal, onOutput, isTTY = false }: Session = {}): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written) => ({
    isTTY,
    write(text: string) {
      written[name] += text;
      onOutput?.(written.stdout);
    },
  });
  const output = outputTo(sink('stdout'), sink('stderr'), {});
  const code = await runCommandLine(['node', 'calumma', ...args], { output, stop });
  return { code, ...written };
}
