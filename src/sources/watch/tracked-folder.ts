import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileContent, FolderListing } from './contract.js';
import { contentOf, missing } from './failure.js';
import type { Place, Step } from './place.js';
import { mayBeFile } from './read.js';
import { neededQuiet, sameContent } from './settle.js';
import type { Moment, Times } from './settle.js';
import { TrackedFile } from './tracked-file.js';

/** What a look into a folder showed: names that may be files, or why there are none. */
type Contents =
  | { readonly kind: 'names'; readonly names: ReadonlySet<string>; readonly dataTarget: string }
  | Exclude<FileContent, { kind: 'content' }>;

/** Looking into a folder more often tells nothing that the next look will not. */
const pauseMs = 5;

/** One folder: the files in it, and what was told of it last. */
export class TrackedFolder {
  /** As it was given. */
  readonly path: string;
  readonly absolute: string;
  readonly members = new Map<string, TrackedFile>();
  steps: readonly Step[] = [];
  #names: ReadonlySet<string> = new Set();
  /** `there`, or why not with since when. */
  #state: 'there' | { readonly why: FileContent; readonly since: number } = 'there';
  #known = false;
  #delivered: FolderListing;
  #deliveredFailure: FileContent | undefined;
  #lookedAt = -Infinity;
  #generation: string | undefined;
  #settledGeneration: string | undefined;
  #swappedAt = -Infinity;

  constructor(path: string, absolute: string) {
    this.path = path;
    this.absolute = absolute;
  }

  /** ms for which looking again is of no use. */
  restsFor(now: Moment, _times: Times): number {
    return Math.max(0, this.#lookedAt + pauseMs - now.steady);
  }

  /**
   * Takes in what lies in the folder now.
   *
   * @param create a new member, with what is known of it
   * @returns members that were not there before
   */
  async look(place: Place, now: Moment, known: ReadonlyMap<string, FileContent>): Promise<TrackedFile[]> {
    this.#lookedAt = now.steady;
    const contents = await contentsOf(place);
    if (contents.kind !== 'names') {
      if (this.#state === 'there' || !sameContent(this.#state.why, contents)) this.#state = { why: contents, since: now.steady };
      return [];
    }
    this.#state = 'there';
    this.#names = contents.names;
    this.#noticeGeneration(`${place.links}\0${contents.dataTarget}`, now);
    return this.#newMembers(contents.names, known);
  }

  #newMembers(names: ReadonlySet<string>, known: ReadonlyMap<string, FileContent>): TrackedFile[] {
    const fresh: TrackedFile[] = [];
    for (const name of names) {
      if (this.members.has(name)) continue;
      const path = join(this.path, name);
      const member = new TrackedFile(path, join(this.absolute, name), this.#known ? missing : known.get(path), true);
      this.members.set(name, member);
      fresh.push(member);
    }
    return fresh;
  }

  /**
   * A swapped link, on the way to the folder or Kubernetes' `..data` in it, replaces everything in one act: what is gone
   * then was meant to go, and nobody has to wait for it to come back.
   */
  #noticeGeneration(generation: string, now: Moment): void {
    if (this.#generation !== undefined && this.#generation !== generation) this.#swappedAt = now.steady;
    this.#generation = generation;
    this.#settledGeneration ??= generation;
  }

  /** Decides whose disappearance needs no grace; to be asked before members are. */
  judgeRemovals(now: Moment, times: Times): void {
    const swapped = this.#state === 'there' && this.#generation !== this.#settledGeneration;
    const gone = this.#state !== 'there' && this.#state.why.kind === 'missing' && this.dueIn(now, times) === 0;
    for (const member of this.members.values()) member.goneForGood = swapped || gone;
  }

  /** ms until a missing or unreadable folder is believed; `Infinity` when it is there, or told already. */
  dueIn(now: Moment, times: Times): number {
    if (this.#state === 'there' || this.#wasTold(this.#state.why)) return Infinity;
    const before = this.#known ? missing : undefined;
    return Math.max(0, neededQuiet(before, this.#state.why, times) - (now.steady - this.#state.since));
  }

  #wasTold(why: FileContent): boolean {
    if (!this.#known) return false;
    if (why.kind === 'missing') return this.#delivered === undefined && this.#deliveredFailure === undefined;
    return sameContent(this.#deliveredFailure, why);
  }

  holdsOthers(now: Moment, times: Times): boolean {
    return now.steady - this.#swappedAt < times.settleMs;
  }

  /** There is something to tell, whatever its members say. */
  isReady(now: Moment, times: Times): boolean {
    if (!this.#known) return this.#lookedAt > -Infinity;
    if (this.#state !== 'there') return this.dueIn(now, times) === 0;
    return this.#delivered === undefined || this.#deliveredFailure !== undefined;
  }

  /** Puts what changed into a round, after its members were. */
  accept(now: Moment, times: Times, files: Map<string, FileContent>, folders: Map<string, FolderListing>): void {
    if (this.#state === 'there') {
      if (!this.#isInMotion(now, times)) this.#settledGeneration = this.#generation;
      this.#acceptListing(this.#listing(), folders);
    } else if (this.dueIn(now, times) === 0) {
      this.#acceptAbsence(this.#state.why, files, folders);
    }
    this.#forgetMembers();
  }

  #isInMotion(now: Moment, times: Times): boolean {
    return this.holdsOthers(now, times) || [...this.members.values()].some((member) => member.holdsOthers(now, times));
  }

  #acceptListing(listing: readonly string[], folders: Map<string, FolderListing>): void {
    const recovered = !this.#known || this.#deliveredFailure !== undefined;
    if (recovered || !sameNames(this.#delivered, listing)) folders.set(this.path, listing);
    this.#delivered = listing;
    this.#deliveredFailure = undefined;
    this.#known = true;
  }

  #acceptAbsence(why: FileContent, files: Map<string, FileContent>, folders: Map<string, FolderListing>): void {
    this.#known = true;
    if (why.kind !== 'missing') {
      this.#deliveredFailure = why;
      files.set(this.path, why);
      return;
    }
    this.#deliveredFailure = undefined;
    this.#delivered = undefined;
    folders.set(this.path, undefined);
  }

  #listing(): string[] {
    const names = [...this.members].filter(([, { delivered }]) => delivered !== undefined && delivered.kind !== 'missing');
    return names.map(([name]) => name).sort();
  }

  #forgetMembers(): void {
    for (const [name, member] of this.members) {
      const gone = member.delivered === undefined || member.delivered.kind === 'missing';
      if (gone && !member.isPending && (this.#state !== 'there' || !this.#names.has(name))) this.members.delete(name);
    }
  }
}

async function contentsOf({ found }: Place): Promise<Contents> {
  if (found.kind === 'missing') return { kind: 'missing' };
  if (found.kind === 'failed') return { kind: 'unreadable', error: found.error };
  if (!found.stats.isDirectory()) return { kind: 'missing' };
  try {
    const entries = await readdir(found.real, { withFileTypes: true });
    const data = entries.find((entry) => entry.name === '..data' && entry.isSymbolicLink());
    const dataTarget = data === undefined ? '' : await readlink(join(found.real, data.name));
    return { kind: 'names', names: new Set(entries.filter(mayBeFile).map((entry) => entry.name)), dataTarget };
  } catch (error) {
    const why = contentOf(error);
    return why.kind === 'content' ? { kind: 'missing' } : why;
  }
}

function sameNames(a: FolderListing, b: readonly string[]): boolean {
  return a?.length === b.length && a.every((name, index) => name === b[index]);
}

