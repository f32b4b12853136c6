import { lstat, readlink } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { join, parse, dirname, isAbsolute } from 'node:path';
import { failureOf, isMissing, systemError } from './failure.js';
import { identityOf } from './stamp.js';

/** A folder on the way and the name in it that decides where the way goes on. */
export interface Step {
  /** Free of symlinks. */
  readonly folder: string;
  /** Which folder it was: another one may have its name since. */
  readonly identity: string;
  /** `undefined`: every name in it matters. */
  readonly name: string | undefined;
}

export type Found =
  | { readonly kind: 'there'; readonly real: string; readonly stats: BigIntStats }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly error: NodeJS.ErrnoException };

/** Where a path leads at one moment, and everything that may change it. */
export interface Place {
  readonly steps: readonly Step[];
  /** The symlinks on the way with their targets; differs exactly when one of them was swapped. */
  readonly links: string;
  readonly found: Found;
}

// Linux: MAXSYMLINKS in include/linux/namei.h.
const mostLinks = 40;
const separators = process.platform === 'win32' ? /[\\/]+/ : /\/+/;
// inotify watches a folder alone, so all folders above can be watched and a rename of any of them is seen. macOS watches
// the whole tree below, where `/` or `/Users` would wake us for everything: there the poll finds such a rename.
const watchesAncestors = process.platform === 'linux';

/** Walks paths as the kernel does, asking the disk once per entry: one walker is one moment. */
export class Walker {
  readonly #entries = new Map<string, Promise<BigIntStats>>();

  /** @param path absolute; `..` is followed as the kernel does, after symlinks */
  async walk(path: string): Promise<Place> {
    const way = new Way(path);
    try {
      const found = await this.#follow(way, path);
      return { steps: way.steps, links: way.links, found };
    } catch (error) {
      const failure = failureOf(error);
      return { steps: way.steps, links: way.links, found: isMissing(failure) ? { kind: 'missing' } : { kind: 'failed', error: failure } };
    }
  }

  async #follow(way: Way, path: string): Promise<Found> {
    let stats = await this.#stat(way.at);
    for (let name = way.ahead.shift(); name !== undefined; name = way.ahead.shift()) {
      if (name === '..') {
        way.at = dirname(way.at);
        stats = await this.#stat(way.at);
        continue;
      }
      if (!stats.isDirectory()) return { kind: 'missing' };
      const step = { folder: way.at, identity: identityOf(stats), name };
      const entry = join(way.at, name);
      const next = await this.#stat(entry).catch((error: unknown) => {
        way.steps.push(step);
        throw error;
      });
      if (watchesAncestors || next.isSymbolicLink() || way.ahead.length === 0) way.steps.push(step);
      if (next.isSymbolicLink()) {
        way.turn(entry, await readlink(entry), path);
        stats = await this.#stat(way.at);
      } else {
        way.at = entry;
        stats = next;
      }
    }
    return { kind: 'there', real: way.at, stats };
  }

  #stat(path: string): Promise<BigIntStats> {
    const known = this.#entries.get(path);
    if (known !== undefined) return known;
    const asked = lstat(path, { bigint: true });
    this.#entries.set(path, asked);
    return asked;
  }
}

/** A walk under way. */
class Way {
  readonly steps: Step[] = [];
  links = '';
  at: string;
  ahead: string[];
  #turns = 0;

  constructor(path: string) {
    const { root } = parse(path);
    this.at = root;
    this.ahead = namesIn(path.slice(root.length));
  }

  turn(link: string, target: string, path: string): void {
    if (++this.#turns > mostLinks) throw systemError('ELOOP', 'too many symbolic links', path);
    this.links += `${link}\0${target}\0`;
    const root = isAbsolute(target) ? parse(target).root : '';
    if (root !== '') this.at = root;
    this.ahead = [...namesIn(target.slice(root.length)), ...this.ahead];
  }
}

function namesIn(path: string): string[] {
  return path.split(separators).filter((name) => name !== '' && name !== '.');
}
