import { channel } from 'node:diagnostics_channel';
import { causeOf, reasonOf } from '../core/check.js';
import { ConfigError, InterpolationError, MissingKeyError } from '../core/errors.js';
import type { Change, ChangeSet, PatchReading, Reading, Snapshot } from '../core/model.js';
import { isUnder } from '../core/prefix.js';
import { isStray } from '../core/promise.js';
import type { Audience } from './audience.js';
import type { Cascade, Move, Plan, Problems } from './cascade.js';
import { entriesBelow } from './below.js';
import type { BoundTree } from './bind.js';
import { changesOf, plannedChanges } from './changes.js';
import { bytesAfter, type Delta, type Layer } from './layer.js';
import type { Report } from './listeners.js';
import { Round } from './round.js';
import { LiveSnapshot, SnapshotShelf } from './snapshot.js';
import { type Work, workOf } from './work.js';

/** Refuses a publish by throwing. Sees everything as it would be. */
export type Guard = (candidate: Snapshot, changes: readonly Change[]) => unknown;

export interface PublisherSetup {
  readonly cascade: Cascade;
  readonly audience: Audience;
  readonly maxBytes: number;
  readonly guards: readonly Guard[];
  readonly report: Report;
  readonly now: () => number;
}

/** A reading that nothing refused, and what it moves. */
interface Checked {
  readonly delta: Delta;
  readonly plan: Plan;
  readonly bytes: number;
}

const publishChannel = channel('calumma:publish');

/**
 * Takes readings into layers, one at a time, all or nothing: plan, check, commit, move properties, tell listeners.
 * What a listener sets off while it runs is published afterwards, never inside.
 */
export class Publisher {
  version = 0;
  readonly #setup: PublisherSetup;
  readonly #shelf = new SnapshotShelf();
  readonly #waiting: (() => void)[] = [];
  #bound: WeakRef<BoundTree<object>>[] = [];
  readonly #whenMoved = new Set<() => void>();
  #busy = false;
  /** Keys that mention what is set nowhere so far, although a layer that has not spoken yet may set it. */
  readonly #owed = new Set<string>();

  constructor(setup: PublisherSetup) {
    this.#setup = setup;
  }

  /** A publish is under way: we are inside a listener or a guard. */
  get isBusy(): boolean {
    return this.#busy;
  }

  snapshot(): Snapshot {
    return this.#shelf.take(this.version, this.#setup.cascade);
  }

  /**
   * Publishes a reading of a layer, now or after what is being published.
   *
   * @param work asked for when its turn has come; may refuse the reading by throwing
   * @param done gets the error that refused it, or `undefined`
   */
  accept(layer: Layer, work: () => Work, done: (refused: ConfigError | undefined) => void): void {
    this.#inTurn(() => done(this.#take(layer, work)));
  }

  /**
   * What a reading would move, planned and checked as it would be when it is taken. Moves nothing.
   *
   * @throws ConfigError what would refuse it: CALUMMA_READING, CALUMMA_TOO_LARGE, CALUMMA_GUARD
   */
  preview(layer: Layer, reading: PatchReading): readonly Move[] {
    return this.#checked(layer, workOf(layer, reading), true).plan.moves;
  }

  /** Calls `act` once, when something has moved. */
  onceMoved(act: () => void): void {
    this.#whenMoved.add(act);
  }

  /** Reports what was kept back while layers were still to have their first say. */
  reportOwed(): void {
    const { cascade } = this.#setup;
    if (this.#owed.size === 0 || cascade.isLoading) return;
    const owed = [...this.#owed];
    this.#owed.clear();
    const problems = owed.map((key): [string, readonly ConfigError[]] => {
      const raw = cascade.raw(key);
      return [key, raw === undefined ? [] : (cascade.interpolation(key, raw)?.problems ?? [])];
    });
    this.#reportProblems(new Map(problems));
  }

  /** Runs a round of property moves that no reading caused. */
  round(move: (round: Round) => void): void {
    this.#inTurn(() => {
      const round = new Round(this.#setup.now());
      move(round);
      round.settle();
      round.tell(this.#setup.report);
    });
  }

  /** Lets a tree that was bound as a whole move with every publish below its prefix, as long as somebody holds it. */
  bind<T extends object>(tree: BoundTree<T>): BoundTree<T> {
    this.#bound.push(new WeakRef(tree));
    return tree;
  }

  /** Takes a layer out: what it hid appears again. */
  retire(layer: Layer): void {
    this.#inTurn(() => {
      const reading: Reading = { kind: 'full', entries: new Map() };
      const delta: Delta = new Map([...layer.entries.keys()].map((key) => [key, undefined]));
      const plan = this.#setup.cascade.plan(layer, delta, this.#tellsOfAll());
      this.#keepForSnapshots(plan); // while the layer is still there to say what it lists
      this.#setup.cascade.remove(layer);
      layer.letGo();
      this.#commit(layer, reading, { delta, plan, bytes: 0 }, this.#setup.now());
      this.reportOwed();
    });
  }

  /** Runs `step` in the order of publishes. */
  #inTurn(step: () => void): void {
    this.#waiting.push(step);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
    } finally {
      this.#busy = false;
    }
  }

  #take(layer: Layer, next: () => Work): ConfigError | undefined {
    const now = this.#setup.now();
    let work: Work;
    let checked: Checked;
    try {
      work = next();
      checked = this.#checked(layer, work, this.#tellsOfAll());
    } catch (error) {
      return error instanceof ConfigError ? error : new ConfigError('CALUMMA_READING', `${layer.name}: the reading cannot be taken: ${reasonOf(error)}`, { cause: causeOf(error) });
    }
    this.#commit(layer, work.reading, checked, now);
    return undefined;
  }

  /** @throws ConfigError what refuses it: CALUMMA_TOO_LARGE, CALUMMA_GUARD */
  #checked(layer: Layer, work: Work, every: boolean): Checked {
    const { delta, notable } = work;
    const bytes = delta.size === 0 ? layer.bytes : this.#weigh(layer, work);
    const plan = this.#setup.cascade.plan(layer, delta, every, notable);
    this.#askGuards(plan, layer, delta);
    return { delta, plan, bytes };
  }

  #commit(layer: Layer, reading: Reading, next: Checked, now: number): void {
    const { delta, plan, bytes } = next;
    const locateBefore = layer.locate;
    this.#keepForSnapshots(plan);
    if (delta.size === 0) layer.note(reading, now);
    else layer.commit(reading, delta, bytes, now);
    const settled = this.#setup.cascade.commit(plan);
    if (settled.length === 0 && !plan.unseen) {
      if (plan.moves.length > 0) this.#shelf.renew(); // listed differently, though no value has moved
      return this.#reportProblems(plan.problems);
    }
    this.version++;
    for (const act of this.#whenMoved) act();
    this.#whenMoved.clear();
    const round = new Round(now);
    for (const { slot } of settled) slot?.move(round);
    round.settle();
    this.#moveBound(settled);
    this.#reportProblems(plan.problems);
    round.tell(this.#setup.report);
    this.#tellAudience(settled, layer, locateBefore, reading, now);
  }

  /** Whether somebody wants to know of every key that moves, not just of those that were asked for. */
  #tellsOfAll(): boolean {
    const { guards, audience } = this.#setup;
    const watched = guards.length > 0 || audience.hearsChanges || publishChannel.hasSubscribers || this.#bound.length > 0;
    return watched || this.#shelf.alive().length > 0;
  }

  #moveBound(settled: readonly Move[]): void {
    if (this.#bound.length === 0) return;
    const { cascade, report } = this.#setup;
    this.#bound = this.#bound.filter((ref) => ref.deref() !== undefined);
    for (const ref of this.#bound) {
      const tree = ref.deref();
      if (tree === undefined || !settled.some(({ key }) => isUnder(key, tree.prefix))) continue;
      tree.refresh(entriesBelow(cascade, tree.prefix), report);
    }
  }

  #tellAudience(settled: readonly Move[], layer: Layer, locateBefore: Layer['locate'], reading: Reading, now: number): void {
    const { audience, report } = this.#setup;
    if (!audience.hearsChanges && !publishChannel.hasSubscribers) return;
    const changes = changesOf(settled, layer, locateBefore);
    const cause = {
      layer: layer.name,
      ...(reading.writtenAt === undefined ? {} : { writtenAt: new Date(reading.writtenAt) }),
      ...(reading.version === undefined ? {} : { version: reading.version }),
    };
    const set: ChangeSet = { version: this.version, changes, at: new Date(now), causes: [cause] };
    audience.tellChange(set, report);
    if (publishChannel.hasSubscribers) publishChannel.publish(set);
  }

  /** A key may be missing only because the layer that has it was not read yet: that is no news. */
  #reportProblems(problems: Problems): void {
    if (problems.size === 0) return;
    if (this.#setup.cascade.isLoading) {
      for (const key of problems.keys()) this.#owed.add(key);
      return;
    }
    const said = new Set<string>();
    for (const problem of [...problems.values()].flat()) {
      const identity = identityOf(problem);
      if (!said.has(identity)) this.#setup.report(this.#placed(problem));
      said.add(identity);
    }
  }

  #placed(problem: ConfigError): ConfigError {
    if (!(problem instanceof MissingKeyError || problem instanceof InterpolationError)) return problem;
    const origin = this.#setup.cascade.holder(problem.key)?.originOf(problem.key);
    return origin === undefined ? problem : problem.in(origin);
  }

  /** @throws ConfigError CALUMMA_TOO_LARGE */
  #weigh(layer: Layer, work: Work): number {
    const bytes = work.bytes ?? bytesAfter(layer, work.delta);
    if (bytes <= layer.bytes) return bytes;
    if (bytes > layer.maxBytes) throw tooLarge(layer.name, bytes, layer.maxBytes, 'this layer');
    let total = bytes - layer.bytes;
    for (const one of this.#setup.cascade.layers) total += one.bytes;
    if (total > this.#setup.maxBytes) throw tooLarge(layer.name, total, this.#setup.maxBytes, 'all layers together');
    return bytes;
  }

  /** @throws ConfigError CALUMMA_GUARD */
  #askGuards(plan: Plan, layer: Layer, delta: Delta): void {
    const { guards, cascade } = this.#setup;
    if (guards.length === 0) return;
    const changes = plannedChanges(plan.moves, layer);
    if (changes.length === 0) return;
    const candidate = new LiveSnapshot(this.version + 1, cascade);
    for (const { key, value } of plan.moves) candidate.keep(key, value, cascade.wouldList(key, layer, delta));
    this.#shelf.add(candidate);
    for (const guard of guards) askGuard(guard, candidate, changes, layer.name);
  }

  #keepForSnapshots(plan: Plan): void {
    if (this.#shelf.isEmpty) return;
    const { cascade } = this.#setup;
    for (const snapshot of this.#shelf.alive()) {
      for (const { key, before } of plan.moves) snapshot.keep(key, before, cascade.lists(key));
    }
  }
}

/** What two values mention is wrong once, and a circle is one circle from wherever it is entered. */
function identityOf(problem: ConfigError): string {
  const circle = problem instanceof InterpolationError ? problem.circle : undefined;
  return circle === undefined ? problem.message : JSON.stringify([...circle].sort());
}

function askGuard(guard: Guard, candidate: Snapshot, changes: readonly Change[], layer: string): void {
  let answer: unknown;
  try {
    answer = guard(candidate, changes);
  } catch (error) {
    throw new ConfigError('CALUMMA_GUARD', `${layer}: a guard refused the reading: ${reasonOf(error)}`, { cause: causeOf(error) });
  }
  if (!isStray(answer)) return;
  throw new ConfigError('CALUMMA_GUARD', `${layer}: expected a guard that decides at once, found one that is asynchronous; the reading is refused`);
}

function tooLarge(layer: string, found: number, limit: number, what: string): ConfigError {
  return new ConfigError('CALUMMA_TOO_LARGE', `${layer}: expected at most ${limit} bytes in ${what}, found ${found}; the last good reading stays`);
}
