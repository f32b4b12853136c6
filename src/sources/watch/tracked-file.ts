import type { BigIntStats } from 'node:fs';
import type { FileContent } from './contract.js';
import { missing, notAFile, unreadable } from './failure.js';
import type { Found, Place, Step } from './place.js';
import { readStamped } from './read.js';
import { neededQuiet, quietFor, sameContent, thisMoment } from './settle.js';
import type { Moment, Times } from './settle.js';
import { mtimeOf, stampOf } from './stamp.js';
import type { Stamp } from './stamp.js';

/** File times move in the kernel's ticks, 10 ms at the most: two writes within one may carry the same stamp. */
const tickMs = 10;
/** The longest pause after readings that met another file than the look before them. */
const longestRestMs = 1_000;
/** A path that nothing is known of yet is not waited for longer than this, even while somebody keeps writing to it. */
const firstPatienceMs = 1_000;

/** A state that was seen and is not believed yet. */
interface Pending {
  /** Steady ms since when it has stood like this. */
  readonly since: number;
  /** Set when there is a file to read. */
  readonly file?: { readonly real: string; readonly stamp: Stamp; readonly mtimeMs: number };
  /** What it is; `undefined` while it has not been read. */
  readonly state: FileContent | undefined;
}

/** One path: what was told of it last, and what seems to come next. */
export class TrackedFile {
  /** As it was given. */
  readonly path: string;
  readonly absolute: string;
  /** What the consumer knows; `undefined`: nothing yet. */
  delivered: FileContent | undefined;
  /** What its meaning hangs on. */
  steps: readonly Step[] = [];
  /** Its disappearance was meant, so it needs no grace. */
  goneForGood = false;
  readonly #member: boolean;
  #stamp: Stamp | undefined;
  #pending: Pending | undefined;
  #waitingSince: number | undefined;
  #misses = 0;
  #restsUntil = -Infinity;
  #links: string | undefined;
  #swappedAt = -Infinity;

  /** @param member one file of a watched folder: what is there and no file is no member */
  constructor(path: string, absolute: string, delivered: FileContent | undefined, member = false) {
    this.path = path;
    this.absolute = absolute;
    this.delivered = delivered;
    this.#member = member;
  }

  /** Takes in where the path leads now. */
  notice(place: Place, now: Moment): void {
    if (this.#links !== undefined && this.#links !== place.links) this.#swappedAt = now.steady;
    this.#links = place.links;
    this.#noticeFound(place.found, now);
    if (this.#pending === undefined) this.#waitingSince = undefined;
    else this.#waitingSince ??= now.steady;
  }

  #noticeFound(found: Found, now: Moment): void {
    if (found.kind === 'missing') return this.#noticeState(missing, now);
    if (found.kind === 'failed') return this.#noticeState(unreadable(found.error), now);
    if (found.stats.isFile()) return this.#noticeFile(found.real, found.stats, now);
    this.#noticeState(this.#member ? missing : unreadable(notAFile(found.stats.isDirectory(), this.absolute)), now);
  }

  #noticeState(state: FileContent, now: Moment): void {
    if (sameContent(this.delivered, state)) this.#pending = undefined;
    else if (this.#pending?.file !== undefined || !sameContent(this.#pending?.state, state)) {
      this.#pending = { since: now.steady, state };
    }
  }

  #noticeFile(real: string, stats: BigIntStats, now: Moment): void {
    const stamp = stampOf(stats);
    if (this.delivered?.kind === 'content' && this.#stamp === stamp) this.#pending = undefined;
    else if (this.#pending?.file?.stamp !== stamp) {
      this.#pending = { since: now.steady, file: { real, stamp, mtimeMs: mtimeOf(stats) }, state: undefined };
    }
  }

  /** ms for which looking again is of no use: a file that was written a moment ago is left alone until it is due. */
  restsFor(now: Moment, times: Times): number {
    const unsettled = this.#pending !== undefined && this.#pending.state === undefined ? this.dueIn(now, times) : 0;
    return Math.max(0, unsettled, this.#restsUntil - now.steady);
  }

  /** It waits for something that takes no longer than the settling time, so that others that changed with it wait too. */
  holdsOthers(now: Moment, times: Times): boolean {
    const swapped = now.steady - this.#swappedAt < times.settleMs;
    return swapped || (this.#pending !== undefined && this.#pending.state === undefined);
  }

  /** ms until its pending state can be read or believed; `Infinity` when there is none. */
  dueIn(now: Moment, times: Times): number {
    const pending = this.#pending;
    if (pending === undefined) return Infinity;
    const due = Math.max(0, this.#needed(pending, times) - quietOf(pending, now));
    if (this.delivered !== undefined || isEmpty(pending.state)) return due;
    const patience = firstPatienceMs - (now.steady - (this.#waitingSince ?? now.steady));
    return Math.min(due, Math.max(0, patience));
  }

  #needed(pending: Pending, times: Times): number {
    if (pending.state === undefined) return times.settleMs;
    if (pending.state.kind === 'missing' && this.goneForGood) return 0;
    return neededQuiet(this.delivered, pending.state, times);
  }

  /** There is a file to read, and nobody writes to it. What could not be opened is tried again with each look. */
  wantsReading(now: Moment, times: Times): boolean {
    const pending = this.#pending;
    if (pending?.file === undefined || pending.state?.kind === 'content') return false;
    return pending.state !== undefined || this.dueIn(now, times) === 0;
  }

  /** @returns `false` when the file changed under our hands and must be looked at again */
  async read(): Promise<boolean> {
    const pending = this.#pending;
    if (pending?.file === undefined) return true;
    const readAt = thisMoment();
    const { content, stamp } = await readStamped(pending.file.real);
    const moved = content.kind === 'missing' || (content.kind === 'content' && stamp !== pending.file.stamp);
    if (moved && (isEmpty(content) || !this.#lostPatience(readAt))) return this.#miss(readAt);
    this.#misses = 0;
    if (sameContent(this.delivered, content)) this.#settle(stamp, readAt.wall - pending.file.mtimeMs);
    else if (!sameContent(pending.state, content)) {
      this.#pending = { since: content.kind === 'content' ? pending.since : readAt.steady, file: pending.file, state: content };
    }
    return true;
  }

  /** Some files never stand still, or are listed and cannot be opened (`/proc`): those must not keep us busy. */
  #miss(now: Moment): false {
    this.#pending = undefined;
    this.#restsUntil = now.steady + Math.min(longestRestMs, 2 ** this.#misses++);
    return false;
  }

  #lostPatience(now: Moment): boolean {
    return this.delivered === undefined && now.steady - (this.#waitingSince ?? now.steady) >= firstPatienceMs;
  }

  #settle(stamp: Stamp | undefined, ageMs: number): void {
    this.#stamp = ageMs < tickMs ? undefined : stamp;
    this.#pending = undefined;
    this.#waitingSince = undefined;
  }

  /** Known, due, and different from what was told last. */
  isReady(now: Moment, times: Times): boolean {
    return this.#pending?.state !== undefined && this.dueIn(now, times) === 0;
  }

  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** Believes the pending state. */
  accept(now: Moment): FileContent {
    const pending = this.#pending;
    if (pending?.state === undefined) throw new TypeError('nothing is pending');
    this.delivered = pending.state;
    this.#settle(pending.file?.stamp, pending.file === undefined ? Infinity : now.wall - pending.file.mtimeMs);
    return pending.state;
  }
}

/** An empty file is always waited for: it stays so and settles, or it is being written. */
function isEmpty(content: FileContent | undefined): boolean {
  return content?.kind === 'content' && content.bytes.length === 0;
}

function quietOf(pending: Pending, now: Moment): number {
  const read = pending.state === undefined || pending.state.kind === 'content';
  if (pending.file === undefined || !read) return now.steady - pending.since;
  return quietFor(pending.file.mtimeMs, pending.since, now);
}
