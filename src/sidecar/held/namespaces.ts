import type { Config } from '../../index.js';
import { type Follower, Namespace, type NamespaceLimits } from './namespace.js';
import { notFound } from '../http/problem.js';

/** The namespaces that are served. */
export class Namespaces {
  readonly #limits: NamespaceLimits;
  readonly #named = new Map<string, Namespace>();
  readonly #gone = new Set<(namespace: Namespace) => void>();
  readonly #followers = new Set<Follower>();

  constructor(configs: Readonly<Record<string, Config>>, limits: NamespaceLimits) {
    this.#limits = limits;
    this.reload(configs);
  }

  get all(): readonly Namespace[] {
    return [...this.#named.values()];
  }

  find(name: string): Namespace | undefined {
    return this.#named.get(name);
  }

  /** @throws Problem 404 */
  get(name: string): Namespace {
    const namespace = this.#named.get(name);
    if (namespace === undefined) throw notFound(`expected one of the namespaces ${[...this.#named.keys()].join(', ')}, found ${JSON.stringify(name)}`);
    return namespace;
  }

  /** Those that a query names by `ns=`, or `default`. @throws Problem 404 */
  ofQuery(query: URLSearchParams): readonly Namespace[] {
    const names = [...new Set(query.getAll('ns').flatMap((list) => list.split(',')))];
    return (names.length === 0 ? ['default'] : names).map((name) => this.get(name));
  }

  /** Puts other configs behind the names; followers of a name that stays learn what differs. */
  reload(configs: Readonly<Record<string, Config>>): void {
    for (const [name, config] of Object.entries(configs)) {
      const known = this.#named.get(name);
      if (known === undefined) this.#named.set(name, this.#followed(new Namespace(name, config, this.#limits)));
      else known.swap(config);
    }
    for (const [name, namespace] of this.#named) {
      if (Object.hasOwn(configs, name)) continue;
      this.#named.delete(name);
      for (const tell of this.#gone) tell(namespace);
      namespace.close();
    }
  }

  /** Calls `tell` for each namespace that a reload takes away. */
  onGone(tell: (namespace: Namespace) => void): void {
    this.#gone.add(tell);
  }

  /** Follows every namespace, also those that come with a reload. */
  follow(follower: Follower): void {
    this.#followers.add(follower);
    for (const namespace of this.#named.values()) namespace.follow(follower);
  }

  #followed(namespace: Namespace): Namespace {
    for (const follower of this.#followers) namespace.follow(follower);
    return namespace;
  }

  close(): void {
    for (const namespace of this.#named.values()) namespace.close();
  }
}
