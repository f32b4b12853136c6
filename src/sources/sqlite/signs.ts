import { firstRow } from './driver.js';
import { isBusy, sqliteError } from './errors.js';
import { placeOf, statFile } from './file.js';
import type { Opened } from './open.js';

/** What a look at a database tells: `replaced` is another database under the same path. */
export type Sign = 'same' | 'changed' | 'replaced';

/** The file as it lies there. */
interface Stamp {
  readonly place: string;
  readonly content: string;
}

/**
 * Tells whether a database has changed, for the price of two system calls: PRAGMA data_version is another number after each
 * commit of somebody else (https://www.sqlite.org/pragma.html#pragma_data_version), but knows nothing of a file that was put in
 * the place of ours or copied over it.
 */
export class Signs {
  /** The file has changed in a way that only reading everything on a new connection can tell of. */
  isDoubtful = false;
  readonly #opened: Opened;
  readonly #isWal: boolean;
  readonly #askVersion: () => unknown;
  readonly #askOwnChanges: () => unknown;
  #version: string;
  #stamp: Stamp | undefined;
  #busySince: number | undefined;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#isWal = firstRow(opened.driver, 'PRAGMA journal_mode')?.[0] === 'wal';
    this.#askVersion = opened.driver.asking('PRAGMA data_version');
    // Made through a connection that is shared with us: data_version leaves them out.
    this.#askOwnChanges = opened.isShared ? opened.driver.asking('SELECT total_changes()') : () => '';
    this.#stamp = this.#stampNow();
    this.#version = this.#versionNow();
  }

  /** @throws SourceError when the file is gone, or has been locked for as long as the timeout */
  look(): Sign {
    const stamp = this.#stampNow();
    if (stamp?.place !== this.#stamp?.place) return 'replaced';
    try {
      const sign = this.#compare(stamp);
      this.#busySince = undefined;
      return sign;
    } catch (error) {
      return this.#waitFor(error);
    }
  }

  #compare(stamp: Stamp | undefined): Sign {
    if (this.#hasMoved()) return 'changed';
    if (stamp?.content === this.#stamp?.content) return 'same';
    // A commit between the two looks.
    if (this.#hasMoved()) return 'changed';
    this.#stamp = stamp;
    // A checkpoint looks like this; without WAL nothing does but a copy on top of it.
    if (!this.#isWal) return 'replaced';
    this.isDoubtful = true;
    return 'same';
  }

  #hasMoved(): boolean {
    const version = this.#versionNow();
    if (version === this.#version) return false;
    this.#version = version;
    this.#stamp = this.#stampNow();
    return true;
  }

  #versionNow(): string {
    return `${String(this.#askVersion())}:${String(this.#askOwnChanges())}`;
  }

  #stampNow(): Stamp | undefined {
    const { path, scene } = this.#opened;
    if (path === undefined) return undefined;
    const stats = statFile(path, scene);
    return { place: placeOf(stats), content: `${stats.size}:${stats.mtimeMs}` };
  }

  #waitFor(error: unknown): Sign {
    const { scene } = this.#opened;
    if (!isBusy(error)) throw sqliteError(error, scene);
    this.#busySince ??= performance.now();
    if (performance.now() - this.#busySince > scene.timeoutMs) throw sqliteError(error, scene);
    return 'same';
  }
}
