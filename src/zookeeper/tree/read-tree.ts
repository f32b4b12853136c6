import type { CallSignal, ZooKeeperClient } from '../client.js';
import { isCode } from '../errors.js';
import { checkKeys } from '../inputs.js';
import { checkPath } from '../paths.js';
import { apply } from './apply.js';
import { Crawl } from './crawl.js';
import type { TreeNode } from './node.js';
import { checkClient, checkScope } from './options.js';
import { BatchReader, WatchingReader, type Reader } from './reader.js';
import { Scope, type ScopeOptions } from './scope.js';
import { Tree } from './tree.js';

export interface ReadTreeOptions extends ScopeOptions, Pick<CallSignal, 'signal'> {
  /** Of data; more is `QUOTAEXCEEDED`. Default 64 MiB. */
  readonly maxBytes?: number;
}

/**
 * Reads a node and all below it once, without watches: what there is by path, parents before children. Empty if there is no
 * such node; nodes that we may not read are left out.
 *
 * @throws ZooKeeperError
 * @example const limit = (await readTree(client, '/config')).get('/config/limit')?.text;
 */
export async function readTree(client: ZooKeeperClient, root: string, options: ReadTreeOptions = {}): Promise<Map<string, TreeNode>> {
  checkReadTree(client, root, options);
  const { signal, maxBytes = 64 * 1024 * 1024, ...scope } = options;
  const tree = new Tree(root, true);
  const read = async (reader: Reader): Promise<void> => {
    const crawl = new Crawl({ tree, scope: new Scope(tree, scope), reader, maxBytes, answered: () => undefined });
    await crawl.everything(root);
    const slices = apply(tree, crawl.staged);
    while (slices.next().done !== true);
  };
  const calls = { signal };
  try {
    await read(new BatchReader(client, calls));
  } catch (error) {
    if (!isCode(error, 'UNIMPLEMENTED')) throw error;
    await read(new WatchingReader(client, root, undefined, calls));
  }
  return new Map([...tree.nodes()].map((node) => [node.path, node]));
}

function checkReadTree(client: unknown, root: string, options: ReadTreeOptions): void {
  checkClient('readTree', client);
  checkPath('readTree', root);
  checkKeys('readTree', 'options', options, ['signal', 'maxBytes', 'maxDepth', 'accept', 'descend']);
  checkScope('readTree', options);
}
