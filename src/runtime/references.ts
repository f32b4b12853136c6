const none: ReadonlySet<string> = new Set();

/** Which values mention which keys with `${…}`, both ways, so that a change moves just what mentions it. */
export class References {
  readonly #mentions = new Map<string, ReadonlySet<string>>();
  readonly #owners = new Map<string, Set<string>>();

  get isEmpty(): boolean {
    return this.#mentions.size === 0;
  }

  /** The keys whose values mention `key`, directly or through others. */
  ownersOf(key: string): ReadonlySet<string> {
    return this.#owners.get(key) ?? none;
  }

  /** All keys that some value mentions. */
  mentioned(): Iterable<string> {
    return this.#owners.keys();
  }

  mentionsOf(owner: string): ReadonlySet<string> {
    return this.#mentions.get(owner) ?? none;
  }

  set(owner: string, mentions: ReadonlySet<string>): void {
    for (const key of this.mentionsOf(owner)) if (!mentions.has(key)) this.#drop(owner, key);
    for (const key of mentions) {
      const owners = this.#owners.get(key);
      if (owners === undefined) this.#owners.set(key, new Set([owner]));
      else owners.add(owner);
    }
    if (mentions.size === 0) this.#mentions.delete(owner);
    else this.#mentions.set(owner, mentions);
  }

  #drop(owner: string, key: string): void {
    const owners = this.#owners.get(key);
    owners?.delete(owner);
    if (owners?.size === 0) this.#owners.delete(key);
  }
}
