import type { Source } from '../core/model.js';

/**
 * A source, and the back door to what it reads. Each case gets a rig of its own, with nothing in it.
 *
 * What a rig leaves out, its source cannot do: the cases that need it say so and do not run.
 */
export interface Rig {
  readonly source: Source;
  /** Writes a key, past the source. Leave it out where nothing can be written, such as the command line. */
  put?(key: string, value: string): unknown;
  /** Removes a key, past the source. */
  remove?(key: string): unknown;
  /** Writes several keys at once, where the store has transactions: readers must see all of them in one reading. */
  putAll?(entries: ReadonlyMap<string, string>): unknown;
  /** Makes the thing unreachable: kills the server, cuts the line. */
  breakDown?(): unknown;
  /** Takes the breakdown back. */
  repair?(): unknown;
  /** Writes something that cannot be used: text that does not parse, a key that is NULL. `put` afterwards makes it good again. */
  malform?(): unknown;
  /** Whether the thing can hold such an entry at all. Default: any. */
  canHold?(key: string, value: string): boolean;
  /** What the origin of a key looks like. Default: the key stands in it. */
  originOf?(key: string): RegExp;
  /** What is there from the start and cannot be taken away, such as the variables of the process. Default: nothing. */
  readonly initial?: Readonly<Record<string, string>>;
  /** How the history spells an author, where something signs beside it. Default: as given. */
  authorOf?(author: string): string;
  /** The readings have versions of their own, not those of the store that is written: it stands behind something. Default false. */
  readonly ownVersions?: boolean;
  /** ms to wait for what should happen. Default 10_000. */
  readonly patienceMs?: number;
  close(): unknown;
}

/** One promise that every source keeps. */
export interface ConformanceCase {
  /** A sentence. */
  readonly name: string;
  /** Why the case does not apply to this rig; `undefined` when it does. */
  readonly whyNot: (rig: Rig) => string | undefined;
  /** @throws AssertionError when the promise is broken */
  readonly run: (rig: Rig) => Promise<void>;
}

/** The methods of a rig that may be left out. */
type Ability = 'put' | 'remove' | 'putAll' | 'breakDown' | 'repair' | 'malform';

/** A rig that has these. */
export type Able<A extends Ability> = Rig & Required<Pick<Rig, A>>;

/** A case that needs some abilities of its rig. */
export function conformance<A extends Ability = never>(name: string, needs: readonly A[], run: (rig: Able<A>) => Promise<void>): ConformanceCase {
  return {
    name,
    whyNot(rig) {
      const missing = needs.filter((ability) => rig[ability] === undefined);
      return missing.length === 0 ? undefined : `the rig has no ${missing.join(', no ')}`;
    },
    run: (rig) => run(rig as Able<A>),
  };
}
