import { type Explained, type Holder, withAccess } from '../access/access.js';
import { oneLine, valueOrNot } from '../lines.js';
import type { ReadOptions } from '../options.js';
import { columns, type Output, type Style } from '../output.js';
import type { Terminal } from '../terminal.js';
import { notSet } from './get.js';

export async function explain({ output }: Terminal, key: string, options: ReadOptions): Promise<void> {
  await withAccess(options, async (access) => {
    const explained = await access.explain(key);
    if (options.json === true) output.json(explained);
    else if (explained.winner !== null) print(output, explained);
    if (explained.winner === null) throw await notSet(access, key, [`${key} is set nowhere`, ...unreadLines(explained)].join('\n'));
  });
}

/** The winner first, then what it hides; below them how references were filled, and what is wrong. */
function print(output: Output, explained: Explained): void {
  const { key, value, winner, hidden, interpolation, errors } = explained;
  output.line(output.style('bold', `${oneLine(key)} = ${valueOrNot(value)}`));
  const holders = [...(winner === null ? [] : [winner]), ...hidden];
  columns(holders.map(cells)).forEach((line, at) => output.line(output.style(styleOf(holders[at], at), `  ${at === 0 ? '→' : ' '} ${line}`)));
  for (const step of interpolation) output.line(`    ${'  '.repeat(step.depth)}${oneLine(step.expression)} = ${step.value === undefined ? '(set nowhere)' : valueOrNot(step.value)}`);
  for (const line of unreadLines(explained)) output.line(output.style('yellow', line));
  for (const { message } of errors) output.line(output.style('red', `  ! ${oneLine(message)}`));
}

function cells({ layer, raw, origin, since, staleSince }: Holder): string[] {
  const times = [...(since === undefined ? [] : [`since ${since}`]), ...(staleSince === undefined ? [] : [`stale since ${staleSince}`])];
  return [layer, valueOrNot(raw), origin ?? '', times.join('  ')].map(oneLine);
}

function styleOf(holder: Holder | undefined, at: number): Style {
  if (holder?.staleSince !== undefined) return 'yellow';
  return at === 0 ? 'green' : 'dim';
}

function unreadLines({ unread }: Explained): string[] {
  return unread.map((layer) => `  ? ${oneLine(layer)} could not be read so far: it may have another value`);
}
