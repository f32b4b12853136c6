import { type Listener, withAccess } from '../access/access.js';
import { oneLine, valueOrNot } from '../lines.js';
import type { ReadOptions } from '../options.js';
import type { Output } from '../output.js';
import type { Terminal } from '../terminal.js';

export async function watch({ output, stop }: Terminal, prefix: string, options: ReadOptions): Promise<void> {
  const ready = (): void => {
    if (output.isTerminal) output.problem(`watching ${prefix === '' ? 'everything' : prefix}; Ctrl-C ends it`, 'dim');
  };
  await withAccess(options, (access) => access.watch(prefix, { ready, ...(options.json === true ? jsonLines(output) : lines(output)) }, stop));
}

function lines(output: Output): Omit<Listener, 'ready'> {
  const time = (at: string): string => output.style('dim', oneLine(at));
  return {
    change({ at, changes }) {
      for (const { key, before, after, layer, lagMs } of changes) {
        const values = `${output.style('dim', valueOrNot(before))} → ${output.style('green', valueOrNot(after))}`;
        const lag = lagMs === null ? [] : [`${lagMs} ms`];
        output.line([time(at), output.style('bold', oneLine(key)), values, output.style('dim', [...(layer === null ? [] : [oneLine(layer)]), ...lag].join('  '))].join('  ').trimEnd());
      }
    },
    state({ at, layer, state }) {
      output.problem(`${at}  ${layer} is ${state}`, state === 'live' ? 'green' : 'yellow');
    },
  };
}

function jsonLines(output: Output): Omit<Listener, 'ready'> {
  const say = (value: object): void => output.line(JSON.stringify(value));
  return {
    change: ({ at, changes }) => changes.forEach((change) => say({ at, ...change })),
    state: ({ at, layer, state }) => say({ at, layer, state }),
  };
}
