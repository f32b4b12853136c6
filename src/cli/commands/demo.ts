import { Command } from 'commander';

import { Failure } from '../exit.js';
import type { Terminal } from '../terminal.js';

export function demoCommand({ output, stop }: Terminal): Command {
  return new Command('demo')
    .description('run a small gateway whose limits follow files, a database and a page; edit them and watch')
    .option('--once', 'make the edit, show that the gateway followed, and end')
    .action(async ({ once }: { once?: true }) => {
      if (once !== true) return (await import('../demo/run.js')).runDemo(output, stop);
      const { runOnce } = await import('../demo/once.js');
      try {
        await runOnce(output, stop);
      } catch (error) {
        throw stop.aborted ? new Failure('interrupted', { cause: error }) : error;
      }
    });
}
