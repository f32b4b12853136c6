import type { CrawlParts } from './crawl.js';
import { childOf } from './tree.js';

/**
 * Compares the whole tree with the server, some nodes at a time, and tells which ones differ. It changes nothing, so that
 * changes that are told meanwhile need not wait for it.
 *
 * @param goesOn asked before each request
 * @returns whether all was compared
 */
export async function verify(
  { tree, scope, reader }: Pick<CrawlParts, 'tree' | 'scope' | 'reader'>,
  goesOn: () => boolean,
  differs: (path: string, part: 'node' | 'list') => void,
): Promise<boolean> {
  const queue = [tree.root];
  while (queue.length > 0) {
    if (!goesOn()) return false;
    const paths = queue.splice(0, reader.nodesPerRead);
    const parents: string[] = [];
    await reader.read(paths, (path, found) => {
      const isHeld = tree.isReadable(path);
      if (found.kind === 'node' ? tree.sameness(path, found.stat) !== 'all' : found.kind === 'absent' && tree.has(path)) differs(path, 'node');
      if (found.kind !== 'node' || !isHeld || !scope.opens(path)) return;
      if (found.stat.numChildren > 0 || tree.count(path) > 0) parents.push(path);
    });
    if (parents.length === 0) continue;
    if (!goesOn()) return false;
    await reader.list(parents, (path, names) => {
      const seen = names.filter((name) => scope.takes(childOf(path, name)));
      if (seen.length !== tree.count(path) || seen.some((name) => !tree.has(childOf(path, name)))) differs(path, 'list');
      for (const name of seen) if (tree.has(childOf(path, name))) queue.push(childOf(path, name));
    });
  }
  return goesOn();
}
