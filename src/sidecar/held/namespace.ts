import { randomBytes } from 'node:crypto';
import type { ChangeSet, Config, ConfigError, StateChange, Unsubscribe } from '../../index.js';
import { Bodies } from './bodies.js';
import { differences } from './differences.js';
import { type Kept, Ring } from './ring.js';
import { Secrets } from './secrets.js';
import { type Stand, standOf } from './stand.js';
import { View } from './view.js';

/** One key that moved. `undefined` is "not set". */
export interface Moved {
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** The same as it may be shown to those who may not see secrets. */
  readonly shownBefore: string | undefined;
  readonly shownAfter: string | undefined;
  readonly layer: string;
  readonly origin: string | undefined;
}

/** One publish of a namespace. */
export interface Commit extends Kept {
  /** The revision it came after. */
  readonly previous: string;
  /** ms since the epoch. */
  readonly at: number;
  /** From the write to the publish, where the source knows when it was written. */
  readonly lagMs: number | undefined;
  readonly changes: readonly Moved[];
  /** Another config has taken the place of the one before: what has not moved may be shown otherwise. */
  readonly isSwap: boolean;
}

/** Who follows a namespace. */
export interface Follower {
  /** Called after each publish; everything that is asked then shows the state after it. */
  committed?(commit: Commit, namespace: Namespace): void;
  stateChanged?(change: StateChange, namespace: Namespace): void;
  failed?(error: ConfigError, namespace: Namespace): void;
}

export interface NamespaceLimits {
  /** Commits that are kept. */
  readonly ring: number;
  /** Bytes that they may take together. */
  readonly ringBytes: number;
}

// Finding the line a value stands at may cost a walk through its file, so it is not done for masses of keys.
const mostOrigins = 10;
const mostViews = 256;
// Some of it changes with time alone: a source that says nothing any more is overdue one day.
const standMs = 1_000;

/** A config under its name: its revisions, its last commits, and what was worked out of it. */
export class Namespace {
  readonly name: string;
  readonly limits: NamespaceLimits;
  #config: Config;
  #boot = bootId();
  #secrets: Secrets;
  #stand: Stand | undefined;
  #stoodAt = 0;
  #revision: string;
  readonly #ring: Ring<Commit>;
  readonly bodies: Bodies;
  readonly #views = new Map<string, View>();
  readonly #followers = new Set<Follower>();
  #listening: readonly Unsubscribe[];

  constructor(name: string, config: Config, limits: NamespaceLimits) {
    this.name = name;
    this.limits = limits;
    this.#config = config;
    this.#secrets = new Secrets(config);
    this.#listening = this.#listen(config);
    this.#revision = this.#revisionOf(config.version);
    this.bodies = new Bodies(3 * limits.ringBytes);
    this.#ring = new Ring(this.#revision, limits.ring, limits.ringBytes);
  }

  get config(): Config {
    return this.#config;
  }

  /** `<boot>-<version>`: new with each publish, never the same twice. */
  get revision(): string {
    return this.#revision;
  }

  get ring(): Pick<Ring<Commit>, 'all' | 'after' | 'base'> {
    return this.#ring;
  }

  get secrets(): Pick<Secrets, 'show' | 'hides' | 'size'> {
    return this.#secrets;
  }

  get stand(): Stand {
    const now = Date.now();
    if (this.#stand === undefined || now - this.#stoodAt > standMs) [this.#stand, this.#stoodAt] = [standOf(this.#config), now];
    return this.#stand;
  }

  /** All of it, or what lies at or below a prefix, as those with or without the right to see secrets get it. */
  view(prefix: string, reveal: boolean): View {
    const name = `${reveal ? 'r' : 'm'}${prefix}`;
    const known = this.#views.get(name);
    // Taken out and put in again: the first in the map is the one that was not asked for longest.
    this.#views.delete(name);
    const view = known ?? new View(this, prefix, reveal);
    this.#views.set(name, view);
    for (const oldest of this.#views.keys()) {
      if (this.#views.size <= mostViews) break;
      this.#views.delete(oldest);
    }
    return view;
  }

  /** @returns a function that ends it */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Puts another config in the place of this one: what differs is a commit like any other. */
  swap(config: Config): void {
    const before = this.#config;
    if (config === before) return;
    for (const end of this.#listening) end();
    const changes = differences(before, config);
    const set = { version: config.version, changes, at: new Date(), causes: [] };
    const secrets = new Secrets(config);
    const shownBefore = this.#shownBefore(set).map((shown, at) => (shown === undefined ? undefined : secrets.showFormer(config, changes[at]?.key ?? '', shown)));
    // What was no secret so far stands readable in what is kept.
    if (secrets.hidesMoreThan(this.#secrets)) this.#ring.clear();
    this.#views.clear();
    [this.#config, this.#secrets, this.#boot] = [config, secrets, bootId()];
    this.#listening = this.#listen(config);
    this.#commit(set, shownBefore, true);
  }

  close(): void {
    for (const end of this.#listening) end();
    this.#followers.clear();
  }

  #listen(config: Config): readonly Unsubscribe[] {
    return [
      config.on('change', (set) => this.#published(set)),
      config.on('state', (change) => this.#stateChanged(change)),
      config.on('error', (error) => this.#failed(error)),
    ];
  }

  #published(set: ChangeSet): void {
    const shownBefore = this.#shownBefore(set);
    this.#secrets.follow(this.#config, set);
    this.#commit(set, shownBefore);
  }

  #shownBefore({ changes }: ChangeSet): (string | undefined)[] {
    return changes.map(({ key, before }) => (before === undefined ? undefined : this.#secrets.show(key, before)));
  }

  #commit(set: ChangeSet, shownBefore: readonly (string | undefined)[], isSwap = false): void {
    const withOrigins = set.changes.length <= mostOrigins;
    const changes = set.changes.map((change, at): Moved => {
      const { key, before, after, layer } = change;
      const shownAfter = after === undefined ? undefined : this.#secrets.show(key, after);
      return { key, before, after, shownBefore: shownBefore[at], shownAfter, layer, origin: withOrigins ? change.origin : undefined };
    });
    const at = set.at.getTime();
    const previous = this.#revision;
    this.#revision = this.#revisionOf(set.version);
    this.#stand = undefined;
    const commit: Commit = { revision: this.#revision, previous, at, lagMs: lagOf(set), changes, isSwap, bytes: bytesOf(changes) };
    this.#ring.push(commit);
    this.bodies.clear();
    for (const view of this.#views.values()) view.follow(commit);
    for (const follower of [...this.#followers]) follower.committed?.(commit, this);
  }

  #stateChanged(change: StateChange): void {
    this.#stand = undefined;
    for (const follower of [...this.#followers]) follower.stateChanged?.(change, this);
  }

  #failed(error: ConfigError): void {
    for (const follower of [...this.#followers]) follower.failed?.(error, this);
  }

  #revisionOf(version: number): string {
    return `${this.#boot}-${version}`;
  }
}

function lagOf({ at, causes }: ChangeSet): number | undefined {
  const times = causes.flatMap(({ writtenAt }) => (writtenAt === undefined ? [] : [writtenAt.getTime()]));
  return times.length === 0 ? undefined : Math.max(0, at.getTime() - Math.min(...times));
}

function bytesOf(changes: readonly Moved[]): number {
  let bytes = 100;
  for (const { key, before, after } of changes) bytes += 100 + key.length + (before?.length ?? 0) + (after?.length ?? 0);
  return bytes;
}

/** Eight letters of base 36 that no other start has. */
function bootId(): string {
  return Array.from(randomBytes(8), (byte) => (byte % 36).toString(36)).join('');
}
