import type { TreeNode } from '../../zookeeper/tree/index.js';
import type { Place } from './options.js';

/** Where something stands: the path as the servers know it, and the transaction that wrote it. */
export function originOf({ chroot }: Place, node: TreeNode | undefined, path: string): string {
  const whole = path === '/' && chroot !== '' ? chroot : chroot + path;
  return node === undefined ? `zk:${whole}` : `zk:${whole}@${node.stat.mzxid}`;
}
