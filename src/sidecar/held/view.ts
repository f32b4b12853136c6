import { atOrUnder } from '../../index.js';
import { hashOf, minus, plus, type SetHash, tagOf } from './hash.js';
import type { Commit, Namespace } from './namespace.js';

export type ViewFormat = 'json' | 'typed' | 'properties' | 'env' | 'yaml';

/** One key of a commit as a view shows it. */
export interface Shown {
  readonly key: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
  /** `is` is not what the value is. */
  readonly isMasked: boolean;
  readonly layer: string;
}

/**
 * A part of a namespace as one kind of reader gets it: its entity tag, kept up to date from publish to publish, and its bodies, which are
 * worked out when they are first asked for after a publish.
 */
export class View {
  readonly prefix: string;
  readonly reveal: boolean;
  readonly namespace: Namespace;
  readonly #isPart: (key: string) => boolean;
  #hash: SetHash | undefined;
  #tag: string | undefined;

  constructor(namespace: Namespace, prefix: string, reveal: boolean) {
    this.namespace = namespace;
    this.prefix = prefix;
    this.reveal = reveal;
    this.#isPart = atOrUnder(prefix);
  }

  /** The entity tag: a hash of the content, so that it is the same after a restart and on another host. */
  get tag(): string {
    return (this.#tag ??= tagOf((this.#hash ??= hashOf(this.entries()))));
  }

  entries(): (readonly [string, string])[] {
    const entries = this.namespace.config.entries(this.prefix);
    const { secrets } = this.namespace;
    if (this.reveal || secrets.size === 0) return entries;
    return entries.map(([key, value]) => [key, secrets.show(key, value)]);
  }

  /** The keys whose values are not shown as they are. */
  masked(): string[] {
    const { config, secrets } = this.namespace;
    return this.reveal || secrets.size === 0 ? [] : config.keys(this.prefix).filter((key) => secrets.hides(key));
  }

  /** What `make` makes of the entries, once for each publish. */
  body(format: ViewFormat, make: (entries: readonly (readonly [string, string])[]) => Buffer): Buffer {
    return this.namespace.bodies.get(`${format} ${this.reveal} ${this.prefix}`, () => {
      const entries = this.entries();
      // Worked out anew, since not all that is listed is told in changes: the environment answers keys under another name, and
      // a key of that name in a lower layer is listed from then on without having moved.
      this.#hash = hashOf(entries);
      this.#tag = undefined;
      return make(entries);
    });
  }

  /** What of a commit shows in here; `undefined` is "not set". */
  part({ changes }: Commit): Shown[] {
    const part: Shown[] = [];
    for (const { key, before, after, shownBefore, shownAfter, layer } of changes) {
      // A secret that has changed is news too, though it looks the same as before.
      if (this.#isPart(key)) part.push({ key, layer, ...(this.reveal ? { was: before, is: after, isMasked: false } : { was: shownBefore, is: shownAfter, isMasked: shownAfter !== after }) });
    }
    return part;
  }

  follow(commit: Commit): void {
    if (this.#hash === undefined) return;
    for (const { key, was, is } of this.part(commit)) {
      if (was !== undefined) this.#hash = minus(this.#hash, key, was);
      if (is !== undefined) this.#hash = plus(this.#hash, key, is);
    }
    this.#tag = undefined;
  }
}
