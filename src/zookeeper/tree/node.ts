import { isAscii } from 'node:buffer';

import type { Stat } from '../records.js';

/** What a cache keeps of a node's data: its bytes as the characters U+0000 to U+00FF. */
export type Content = string;

export function contentOf(data: Buffer): Content {
  return data.toString('latin1');
}

/** A node as it was at one moment. It never changes. */
export class TreeNode {
  readonly path: string;
  readonly stat: Stat;
  readonly #content: Content | undefined;

  constructor(path: string, stat: Stat, content: Content | undefined) {
    this.path = path;
    this.stat = stat;
    this.#content = content;
  }

  /** A copy of the bytes; `undefined` from a cache with `keepData: false`. */
  get data(): Buffer | undefined {
    return this.#content === undefined ? undefined : Buffer.from(this.#content, 'latin1');
  }

  /**
   * The data as UTF-8, with U+FFFD for what is none; `undefined` from a cache with `keepData: false`. Text of ASCII, as most is,
   * is not copied.
   */
  get text(): string | undefined {
    if (this.#content === undefined) return undefined;
    const bytes = Buffer.from(this.#content, 'latin1');
    return isAscii(bytes) ? this.#content : bytes.toString();
  }

  /** Whether these are its bytes; false if they are not kept. */
  holds(content: Content): boolean {
    return this.#content === content;
  }
}
