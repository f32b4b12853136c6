import { type HistoryLine, withAccess } from '../access/access.js';
import { Misuse } from '../exit.js';
import { oneLine, valueOrNot } from '../lines.js';
import { countOf, type ReadOptions } from '../options.js';
import { columns, type Output } from '../output.js';
import type { Terminal } from '../terminal.js';

interface HistoryOptions extends ReadOptions {
  readonly layer?: string;
  readonly limit: string;
}

export async function history({ output }: Terminal, key: string | undefined, options: HistoryOptions): Promise<void> {
  const limit = countOf(options.limit);
  if (limit === undefined) throw new Misuse(`--limit: expected a count such as 20, found ${JSON.stringify(options.limit)}`);
  await withAccess(options, async (access) => {
    const lines = await access.history({ key, limit, layer: options.layer });
    if (options.json === true) output.json(lines);
    else if (lines.length > 0) print(output, lines);
    else output.problem(`${key === undefined ? '' : `${oneLine(key)}: `}nothing was written so far`, 'dim');
  });
}

function print(output: Output, lines: readonly HistoryLine[]): void {
  const rows = lines.map(({ version, at, author, key, before, after, reason }) => [oneLine(version), output.style('dim', oneLine(at)), oneLine(author), output.style('bold', oneLine(key)), `${valueOrNot(before)} → ${valueOrNot(after)}`, output.style('dim', oneLine(reason))]);
  for (const line of columns(rows)) output.line(line);
}
