import { ConfigError } from '../../core/errors.js';
import { failureOf, isMissing } from './failure.js';
import type { HintWatcher } from './hints.js';

interface Watch {
  readonly identity: string;
  readonly stop: () => void;
}

/** The event watches that are set, one per folder however many files are watched in it. */
export class WatchSet {
  readonly #hints: HintWatcher;
  readonly #onHint: (path: string, name: string | undefined) => void;
  readonly #onDegraded: (error: Error) => void;
  readonly #watches = new Map<string, Watch>();
  #degraded = false;
  #lost = false;

  constructor(
    hints: HintWatcher,
    onHint: (path: string, name: string | undefined) => void,
    onDegraded: (error: Error) => void,
  ) {
    this.#hints = hints;
    this.#onHint = onHint;
    this.#onDegraded = onDegraded;
  }

  /** Some watch cannot be set. */
  get degraded(): boolean {
    return this.#degraded;
  }

  /** Some watch has died and is not set again yet. */
  get incomplete(): boolean {
    return this.#lost;
  }

  /**
   * Sets what is needed and drops the rest. Another folder under the same name is another watch: the old one would go on
   * listening to the folder that was moved away.
   *
   * @param needed paths with the identity they had when looked at
   * @returns whether watches are new, so that something may have happened between the look and now
   */
  update(needed: ReadonlyMap<string, string>): boolean {
    this.#lost = false;
    for (const [path, watch] of this.#watches) {
      if (needed.get(path) !== watch.identity) this.#drop(path, watch);
    }
    const outcomes = [...needed].filter(([path]) => !this.#watches.has(path)).map(([path, identity]) => this.#add(path, identity));
    this.#judge(outcomes.find((outcome) => outcome instanceof Error));
    return outcomes.includes('look again');
  }

  #add(path: string, identity: string): 'look again' | 'cannot be watched' | Error {
    try {
      const stop = this.#hints.watch(path, (name) => this.#onHint(path, name), () => this.#lose(path));
      this.#watches.set(path, { identity, stop });
      return 'look again';
    } catch (error) {
      const failure = failureOf(error);
      if (isMissing(failure)) return 'look again';
      // A folder one may walk through and not list (mode 711) cannot be watched by anybody; the poll covers it.
      return failure.code === 'EACCES' || failure.code === 'EPERM' ? 'cannot be watched' : failure;
    }
  }

  #judge(failure: NodeJS.ErrnoException | undefined): void {
    const before = this.#degraded;
    this.#degraded = failure !== undefined;
    if (failure === undefined || before) return;
    const problem = `files cannot be watched (${failure.code ?? failure.message}), so they are polled until they can`;
    this.#onDegraded(new ConfigError('CALUMMA_WATCH', problem + remedy(failure.code), { cause: failure }));
  }

  #lose(path: string): void {
    this.#watches.delete(path);
    this.#lost = true;
    this.#onHint(path, undefined);
  }

  #drop(path: string, watch: Watch): void {
    this.#watches.delete(path);
    watch.stop();
  }

  close(): void {
    for (const [path, watch] of this.#watches) this.#drop(path, watch);
  }
}

// inotify(7): ENOSPC is the limit on watches of one user, EMFILE the one on instances (or on open files).
function remedy(code: string | undefined): string {
  if (code === 'ENOSPC') return '; raise fs.inotify.max_user_watches';
  if (code === 'EMFILE') return '; raise fs.inotify.max_user_instances or the limit on open files';
  return '';
}
