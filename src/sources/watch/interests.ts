import { basename } from 'node:path';
import type { Step } from './place.js';

interface Interest<T> {
  readonly identity: string;
  readonly all: Set<T>;
  readonly byName: Map<string, Set<T>>;
}

/** Who is concerned when a name in a folder is touched. */
export class Interests<T extends { readonly steps: readonly Step[] }> {
  readonly #byFolder = new Map<string, Interest<T>>();

  constructor(tracked: Iterable<T>) {
    for (const one of tracked) {
      for (const step of one.steps) this.#add(step, one);
    }
  }

  #add({ folder, identity, name }: Step, one: T): void {
    let interest = this.#byFolder.get(folder);
    if (interest === undefined) this.#byFolder.set(folder, (interest = { identity, all: new Set(), byName: new Map() }));
    if (name === undefined) {
      interest.all.add(one);
      return;
    }
    const named = interest.byName.get(spelling(name));
    if (named === undefined) interest.byName.set(spelling(name), new Set([one]));
    else named.add(one);
  }

  /** What has to be watched, with the identity it was seen with. */
  get folders(): Map<string, string> {
    return new Map([...this.#byFolder].map(([folder, { identity }]) => [folder, identity]));
  }

  *concernedBy(folder: string, name: string | undefined): Iterable<T> {
    const interest = this.#byFolder.get(folder);
    if (interest === undefined) return;
    yield* interest.all;
    // A folder that is itself moved or deleted reports its own name (inotify: IN_MOVE_SELF, IN_DELETE_SELF).
    if (name === undefined || name === basename(folder)) for (const named of interest.byName.values()) yield* named;
    else yield* interest.byName.get(spelling(name)) ?? [];
  }
}

/** File systems that fold case or accents may report another spelling than was asked for; one hint too many is harmless. */
function spelling(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
