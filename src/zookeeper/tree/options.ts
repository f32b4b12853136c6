import type { ZooKeeperClient } from '../client.js';
import { argumentError } from '../errors.js';
import { checkFlag, checkKeys, kindOf } from '../inputs.js';
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

/** Timers of Node end at 2^31-1 ms, and each wait is up to 10 % longer. */
export const longestReconcileMs = 1_900_000_000;

const known: readonly (keyof TreeCacheOptions)[] = ['createRoot', 'keepData', 'reconcileMs', 'maxBytes', 'from', 'maxDepth', 'accept', 'descend'];

/** @throws ZooKeeperError `BADARGUMENTS` */
export function checkTreeOptions(client: unknown, root: unknown, options: TreeCacheOptions, isCache: (from: unknown) => boolean): void {
  checkClient('TreeCache', client);
  const problem = pathProblem(root);
  check(problem === undefined, problem ?? '');
  checkKeys('TreeCache', 'options', options, known);
  const { reconcileMs = 1, from } = options;
  checkScope('TreeCache', options);
  checkFlag('TreeCache', 'createRoot', options.createRoot);
  checkFlag('TreeCache', 'keepData', options.keepData);
  check(typeof reconcileMs === 'number' && reconcileMs > 0 && reconcileMs <= longestReconcileMs, `expected reconcileMs above 0, up to ${longestReconcileMs}, found ${shown(reconcileMs)}`);
  check(from === undefined || (isCache(from) && from.state === 'closed' && from.root === root), 'expected from to be a closed TreeCache of the same root');
}

/** What a cache and a single reading of a tree have in common. */
export function checkScope(operation: string, { maxDepth = 0, maxBytes = 1, accept, descend }: ScopeOptions & { readonly maxBytes?: number | undefined }): void {
  const refuse = (problem: string): never => {
    throw argumentError(operation, problem);
  };
  if (!(Number.isInteger(maxDepth) && maxDepth >= 0) && maxDepth !== Infinity) refuse(`expected maxDepth as a whole number from 0, found ${shown(maxDepth)}`);
  if (typeof maxBytes !== 'number' || !(maxBytes > 0)) refuse(`expected maxBytes above 0, found ${shown(maxBytes)}`);
  for (const [name, value] of [['accept', accept], ['descend', descend]] as const) {
    if (value !== undefined && typeof value !== 'function') refuse(`expected ${name} as a function, found ${kindOf(value)}`);
  }
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : kindOf(value);
}

export function checkClient(operation: string, client: unknown): void {
  if (typeof (client as Partial<ZooKeeperClient> | null | undefined)?.multiRead !== 'function') throw argumentError(operation, `expected a ZooKeeperClient, found ${kindOf(client)}`);
}

function check(right: boolean, problem: string): asserts right {
  if (!right) throw argumentError('TreeCache', problem);
}
