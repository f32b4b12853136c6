import type { ZooKeeperClient } from '../client.js';
import { argumentError } from '../errors.js';
import { pathProblem } from '../paths.js';
import type { ScopeOptions } from './scope.js';
import type { TreeCache } from './tree-cache.js';

export interface TreeCacheOptions extends ScopeOptions {
  /** Creates the root, and what it lacks above it, when there is none. Default false: it is waited for. */
  readonly createRoot?: boolean;
  /** Whether data is kept. Without it changes still carry it, but lookups have the stat only. Default true. */
  readonly keepData?: boolean;
  /** Milliseconds between two comparisons of everything, moved by up to 10 % either way. Default 60,000. */
  readonly reconcileMs?: number;
  /** Bytes of data that are held at most: more is an error (`QUOTAEXCEEDED`), and what was there before stays. Default 64 MiB. */
  readonly maxBytes?: number;
  /** A closed cache of the same root: begins with what that has, and tells what is different by now. Default: empty. */
  readonly from?: TreeCache;
}

const known: readonly (keyof TreeCacheOptions)[] = ['createRoot', 'keepData', 'reconcileMs', 'maxBytes', 'from', 'maxDepth', 'accept', 'descend'];

/** @throws ZooKeeperError `BADARGUMENTS` */
export function checkTreeOptions(client: unknown, root: unknown, options: TreeCacheOptions): void {
  check(typeof (client as Partial<ZooKeeperClient> | null)?.multiRead === 'function', 'expected a ZooKeeperClient');
  const problem = pathProblem(root);
  check(problem === undefined, problem ?? '');
  check(typeof options === 'object' && (options as unknown) !== null, `expected an object with ${known.join(', ')}`);
  const stranger = Object.keys(options).find((key) => !(known as readonly string[]).includes(key));
  check(stranger === undefined, `expected ${known.join(', ')}, found ${JSON.stringify(stranger)}`);
  const { maxDepth = 0, reconcileMs = 1, maxBytes = 1, from } = options;
  check((Number.isInteger(maxDepth) && maxDepth >= 0) || maxDepth === Infinity, `expected maxDepth as a whole number from 0, found ${String(maxDepth)}`);
  check(reconcileMs > 0 && reconcileMs <= 1_000_000_000, `expected reconcileMs above 0, found ${String(reconcileMs)}`);
  check(maxBytes > 0, `expected maxBytes above 0, found ${String(maxBytes)}`);
  check(from === undefined || (from.state === 'closed' && from.root === root), 'expected from to be a closed TreeCache of the same root');
}

function check(right: boolean, problem: string): asserts right {
  if (!right) throw argumentError('TreeCache', problem);
}
