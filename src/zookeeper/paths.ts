import { argumentError } from './errors.js';
import { kindOf } from './inputs.js';

// What a server refuses, by its own check (PathUtils.validatePath): control characters, surrogates and private use, specials.
const refused = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

/** Why no node can have this path; undefined if one can. */
export function pathProblem(path: unknown): string | undefined {
  if (typeof path !== 'string') return `expected a path, found ${kindOf(path)}`;
  if (!path.startsWith('/')) return `expected a path that begins with a slash, found ${JSON.stringify(path)}`;
  if (path === '/') return undefined;
  const problem = shapeProblem(path);
  return problem === undefined ? undefined : `${problem}, found ${JSON.stringify(path)}`;
}

function shapeProblem(path: string): string | undefined {
  if (path.endsWith('/')) return 'expected no slash at the end of the path';
  if (path.includes('//')) return 'expected a name between slashes';
  if (/\/\.\.?(?:\/|$)/.test(path)) return 'expected no "." or ".." as a name in the path';
  const letter = refused.exec(path)?.[0];
  return letter === undefined ? undefined : `ZooKeeper allows no character U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} in a path`;
}

/** @throws ZooKeeperError `BADARGUMENTS` */
export function checkPath(operation: string, path: string): void {
  const problem = pathProblem(path);
  if (problem !== undefined) throw argumentError(operation, problem, typeof path === 'string' ? path : undefined);
}

/** `/a/b` → `/a`, `/a` → `/`; the root has none. */
export function parentOf(path: string): string | undefined {
  if (path === '/') return undefined;
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** The path itself, then all above it up to the root. */
export function* lineageOf(path: string): Generator<string> {
  for (let at: string | undefined = path; at !== undefined; at = parentOf(at)) yield at;
}

/** The part of the tree that a client sees as all of it. */
export class Chroot {
  /** `''` for none. */
  readonly root: string;

  constructor(root: string) {
    this.root = root === '/' ? '' : root;
  }

  /** What the caller wrote → where it is. */
  outward(path: string): string {
    return path === '/' ? this.root || '/' : this.root + path;
  }

  /** Where something is → how the caller would write it; undefined if it lies outside. */
  inward(path: string): string | undefined {
    if (path === this.root) return '/';
    return path.startsWith(`${this.root}/`) ? path.slice(this.root.length) : undefined;
  }
}
