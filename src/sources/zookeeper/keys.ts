import type { Stat } from '../../zookeeper/index.js';

/** Names of nodes below a root, and the keys that they make. */
export class Keys {
  readonly #root: string;
  readonly #prefix: string;
  readonly #separator: string;

  constructor(root: string, separator: string) {
    this.#root = root;
    this.#prefix = root === '/' ? '/' : `${root}/`;
    this.#separator = separator;
  }

  /** The key of a node below the root. */
  keyOf(path: string): string {
    const below = path.slice(this.#prefix.length);
    return this.#separator === '/' ? below : below.replaceAll('/', this.#separator);
  }

  /** Where a key is put that has no node yet. */
  pathFor(key: string): string {
    return this.#prefix + (this.#separator === '/' ? key : key.replaceAll(this.#separator, '/'));
  }

  /** All nodes that have this key: with `.` between names, `/a/b` and `/a.b` have the same. */
  *pathsOf(key: string, has: (path: string) => boolean, at = this.#root): Generator<string> {
    const prefix = at === '/' ? '/' : `${at}/`;
    for (let end = key.indexOf(this.#separator); end >= 0; end = key.indexOf(this.#separator, end + 1)) {
      const child = prefix + key.slice(0, end);
      // A name cannot have the separator of paths in it, nor be empty.
      if (end > 0 && has(child)) yield* this.pathsOf(key.slice(end + 1), has, child);
      if (this.#separator === '/') return;
    }
    if (key !== '' && has(prefix + key)) yield prefix + key;
  }
}

/**
 * Whether a node is a property, or only a folder: one without data that has, or once had, children. So a folder that was emptied
 * does not turn into a property without a text.
 */
export function isProperty({ dataLength, cversion }: Stat): boolean {
  return dataLength > 0 || cversion === 0;
}
