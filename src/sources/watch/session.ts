import { isAbsolute } from 'node:path';
import type { FileContent, FolderListing, ObserverOptions, Round, WatchedPaths } from './contract.js';
import { systemHints } from './hints.js';
import { Interests } from './interests.js';
import { mountPoints } from './mounts.js';
import { Walker } from './place.js';
import type { Place, Step } from './place.js';
import { thisMoment } from './settle.js';
import type { Moment, Times } from './settle.js';
import { identityOf } from './stamp.js';
import { TrackedFile } from './tracked-file.js';
import { TrackedFolder } from './tracked-folder.js';
import { WatchSet } from './watch-set.js';

type Tracked = TrackedFile | TrackedFolder;

const degradedPollMs = 1_000;
/** Looks taken before what is ready goes out although hints keep coming. */
const mostLooks = 10;
/** Paths looked at, or read, at a time: few open files, and the event loop gets its turn. */
const batchSize = 32;
/** What changed together comes together, but what is ready waits for stragglers no longer than this many settling times. */
const stragglerSettles = 5;

/** One run of `rounds()`: the loop of looking, settling and telling. */
export class Session {
  readonly #times: Times;
  readonly #pollMs: number;
  readonly #watches: WatchSet | undefined;
  readonly #base: string;
  #known: ReadonlyMap<string, FileContent>;
  #files = new Map<string, TrackedFile>();
  #folders = new Map<string, TrackedFolder>();
  #interests = new Interests<Tracked>([]);
  #mounts: ReadonlySet<string> = new Set();
  readonly #dirty = new Set<Tracked>();
  #owesRound = true;
  /** What has to be watched is no longer what is watched. */
  #moved = false;
  #polledAt = -Infinity;
  #heldSince: number | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(paths: WatchedPaths, options: ObserverOptions, known: ReadonlyMap<string, FileContent>, base: string) {
    this.#times = { settleMs: options.settleMs ?? 20, removalGraceMs: options.removalGraceMs ?? 2_000 };
    this.#pollMs = options.pollMs ?? 5_000;
    this.#known = known;
    this.#base = base;
    const { hints = systemHints, events = true, onDegraded = ignore } = options;
    this.#watches = events ? new WatchSet(hints, (path, name) => this.#hint(path, name), onDegraded) : undefined;
    this.setPaths(paths);
  }

  setPaths(paths: WatchedPaths): void {
    this.#files = kept(paths.files, this.#files, (path) => {
      this.#owesRound = true;
      return new TrackedFile(path, this.#absolute(path), this.#known.get(path));
    });
    this.#folders = kept(paths.folders, this.#folders, (path) => {
      this.#owesRound = true;
      return new TrackedFolder(path, this.#absolute(path));
    });
    this.#polledAt = -Infinity;
    this.#moved = true;
    this.#wake?.();
  }

  // Not path.resolve: that would cut `link/..` short, which the kernel does not.
  #absolute(path: string): string {
    return isAbsolute(path) ? path : `${this.#base}/${path}`;
  }

  /** The next round; `undefined` once closed. What is due is judged by one moment throughout, or it could fall between two. */
  async next(): Promise<Round | undefined> {
    while (this.#isOpen()) {
      const now = await this.#examine();
      const round = this.#isOpen() ? this.#collect(now) : undefined;
      if (round !== undefined) return round;
      await this.#sleep(now);
    }
    return undefined;
  }

  #isOpen(): boolean {
    return !this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.#watches?.close();
    this.#wake?.();
  }

  #hint(path: string, name: string | undefined): void {
    for (const one of this.#interests.concernedBy(path, name)) this.#dirty.add(one);
    if (this.#dirty.size > 0) this.#wake?.();
  }

  // ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks until nothing is left to look at, so that a round shows one moment. */
  async #examine(): Promise<Moment> {
    let now = thisMoment();
    for (const one of this.#all()) if (one.dueIn(now, this.#times) === 0) this.#dirty.add(one);
    for (let looks = 0; looks < mostLooks && this.#isOpen(); looks++) {
      if (now.steady - this.#polledAt >= this.#pollPause()) await this.#beginPoll(now);
      const looked = this.#take(now);
      if (looked.length === 0 && !this.#moved) break;
      await this.#lookAt(looked);
      await this.#readSettled();
      now = thisMoment();
    }
    return now;
  }

  async #beginPoll(now: Moment): Promise<void> {
    this.#polledAt = now.steady;
    // Watches that could not be set may be possible by now.
    this.#moved = true;
    this.#mounts = await mountPoints();
    this.#dirty.clear();
    for (const one of this.#all()) this.#dirty.add(one);
  }

  /** What was hinted at or is due; a file that is being written is left alone until it is due. */
  #take(now: Moment): Tracked[] {
    return this.#all().filter((one) => this.#dirty.has(one) && one.restsFor(now, this.#times) === 0);
  }

  async #lookAt(looked: readonly Tracked[]): Promise<void> {
    const walker = new Walker();
    const now = thisMoment();
    const fresh: TrackedFile[] = [];
    for (const one of looked) this.#dirty.delete(one);
    await inBatches(looked, async (one) => {
      const place = await walker.walk(one.absolute);
      const steps = one instanceof TrackedFolder ? stepsOfFolder(place) : this.#stepsOfFile(place);
      this.#moved ||= !sameSteps(one.steps, steps);
      one.steps = steps;
      if (one instanceof TrackedFile) one.notice(place, now);
      else fresh.push(...(await one.look(place, now, this.#known)));
    });
    for (const member of fresh) this.#dirty.add(member);
    if (this.#moved || this.#watches?.incomplete === true) this.#setWatches();
  }

  #stepsOfFile({ steps, found }: Place): readonly Step[] {
    if (found.kind !== 'there') return steps;
    // A write under another name of the file, or from outside a mount, says nothing to the folder.
    const elsewhere = found.stats.nlink > 1n || this.#mounts.has(found.real);
    return elsewhere ? [...steps, { folder: found.real, identity: identityOf(found.stats), name: undefined }] : steps;
  }

  #setWatches(): void {
    this.#moved = false;
    if (this.#watches === undefined || this.#closed) return;
    this.#interests = new Interests(this.#all());
    // Between the look and the watch something may have happened that nobody heard.
    if (this.#watches.update(this.#interests.folders)) for (const one of this.#all()) this.#dirty.add(one);
  }

  async #readSettled(): Promise<void> {
    const now = thisMoment();
    const readable = this.#allFiles().filter((file) => file.wantsReading(now, this.#times));
    await inBatches(readable, async (file) => {
      if (!(await file.read())) this.#dirty.add(file);
    });
  }

  // ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #collect(now: Moment): Round | undefined {
    for (const folder of this.#folders.values()) folder.judgeRemovals(now, this.#times);
    const files = this.#allFiles();
    const ready = files.filter((file) => file.isReady(now, this.#times));
    const news = this.#owesRound || ready.length > 0 || [...this.#folders.values()].some((folder) => folder.isReady(now, this.#times));
    if (news && this.#isHeld(files, now)) return undefined;
    this.#heldSince = undefined;
    const round = this.#tell(ready, now);
    const due = this.#owesRound || round.files.size > 0 || round.folders.size > 0;
    this.#owesRound = false;
    return due ? round : undefined;
  }

  /** Whether what is ready waits for the rest of what changed with it, or for paths that nothing was said of yet. */
  #isHeld(files: readonly TrackedFile[], now: Moment): boolean {
    if (files.some((file) => file.delivered === undefined && !file.isReady(now, this.#times))) return true;
    const holds = [...files, ...this.#folders.values()].some((one) => one.holdsOthers(now, this.#times));
    if (!holds) return false;
    this.#heldSince ??= now.steady;
    return now.steady - this.#heldSince < stragglerSettles * this.#times.settleMs;
  }

  #tell(ready: readonly TrackedFile[], now: Moment): Round {
    const files = new Map<string, FileContent>();
    const folders = new Map<string, FolderListing>();
    for (const file of ready) {
      const unheardOf = file.delivered === undefined && !this.#files.has(file.path);
      const content = file.accept(now);
      // A link that leads nowhere, in a folder that is seen for the first time, is no file that went away.
      if (!(unheardOf && content.kind === 'missing')) files.set(file.path, content);
    }
    for (const folder of this.#folders.values()) folder.accept(now, this.#times, files, folders);
    if (this.#owesRound) this.#known = new Map();
    return { files, folders };
  }

  // ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #pollPause(): number {
    return this.#watches?.degraded === true ? Math.min(this.#pollMs, degradedPollMs) : this.#pollMs;
  }

  #sleep(now: Moment): Promise<void> {
    const pause = Math.ceil(this.#nextDueIn(now));
    if (this.#closed || pause <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), pause).unref();
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #nextDueIn(now: Moment): number {
    let due = this.#polledAt + this.#pollPause() - now.steady;
    for (const one of this.#all()) {
      if (this.#dirty.has(one)) due = Math.min(due, one.restsFor(now, this.#times));
      // What is ready and held has nothing to wait for but the others.
      if (!one.isReady(now, this.#times)) due = Math.min(due, one.dueIn(now, this.#times));
    }
    // While held, the settling time of a swapped link runs out without anything becoming due.
    return this.#heldSince === undefined ? due : Math.min(due, this.#times.settleMs / 2);
  }

  #allFiles(): TrackedFile[] {
    return [...this.#folders.values()].flatMap((folder) => [...folder.members.values()]).concat([...this.#files.values()]);
  }

  #all(): Tracked[] {
    return [...this.#folders.values(), ...this.#allFiles()];
  }
}

function stepsOfFolder({ steps, found }: Place): readonly Step[] {
  if (found.kind !== 'there') return steps;
  return [...steps, { folder: found.real, identity: identityOf(found.stats), name: undefined }];
}

function sameSteps(a: readonly Step[], b: readonly Step[]): boolean {
  return a.length === b.length && a.every((step, index) => sameStep(step, b[index]));
}

function sameStep(a: Step, b: Step | undefined): boolean {
  return a.folder === b?.folder && a.identity === b.identity && a.name === b.name;
}

function kept<T>(paths: readonly string[], before: ReadonlyMap<string, T>, create: (path: string) => T): Map<string, T> {
  return new Map(paths.map((path) => [path, before.get(path) ?? create(path)]));
}

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += batchSize) {
    await Promise.all(items.slice(start, start + batchSize).map(work));
  }
}

function ignore(): void {
  // nobody asked
}
