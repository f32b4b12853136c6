import path from 'node:path';

import { SourceError, type ConfigError } from '../../core/errors.js';
import type { FullReading, PatchReading, Reading } from '../../core/model.js';
import type { TextEncoding } from '../../formats/format.js';
import type { FileContent, FolderListing, Round, WatchedPaths } from '../watch/contract.js';
import { decode, maxFileBytes } from './content.js';
import { reasonOf } from './document.js';
import { asConfigError, newest, silent, versionOf, type Gathering, type Outcome } from './gathering.js';

export interface Folder {
  readonly path: string;
  readonly shown: string;
  readonly encoding: TextEncoding;
  /** Whether anything stands at the path, now. */
  isTaken(): boolean;
}

/** A key's file in its next version; no value: it is gone. */
interface Staged {
  readonly value: string | undefined;
  readonly mtimeMs: number | undefined;
}

const noFolder: NodeJS.ErrnoException = Object.assign(new Error('ENOTDIR: a file stands in place of the folder'), { code: 'ENOTDIR' });

/** The files of a folder, each a key. All or nothing, as a set of files is. */
export class FolderSet implements Gathering {
  readonly #folder: Folder;
  readonly #entries = new Map<string, string>();
  readonly #pending = new Map<string, FileContent>();
  /** Why the folder itself cannot be read. */
  #unreadable: NodeJS.ErrnoException | undefined;
  #news = false;
  #spoken = false;
  #mtimeMs: number | undefined;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  paths(): WatchedPaths {
    return { files: [], folders: [this.#folder.path] };
  }

  take({ files, folders }: Round): void {
    if (folders.has(this.#folder.path)) this.#takeListing(folders.get(this.#folder.path));
    for (const [file, content] of files) {
      if (file === this.#folder.path) this.#unreadable = content.kind === 'unreadable' ? content.error : undefined;
      else if (isKey(path.basename(file))) this.#pending.set(path.basename(file), content);
    }
    this.#news ||= files.size > 0 || folders.size > 0;
  }

  /** What is not listed is gone, whatever was told of it before. */
  #takeListing(listing: FolderListing): void {
    // A slip such as directory('/run/secrets/db'): what stands there is no folder without files.
    this.#unreadable = listing === undefined && this.#folder.isTaken() ? noFolder : undefined;
    if (this.#unreadable !== undefined) return;
    const names = new Set(listing);
    for (const key of [...this.#entries.keys(), ...this.#pending.keys()]) {
      if (!names.has(key)) this.#pending.set(key, { kind: 'missing' });
    }
  }

  *advance(): Generator<void, Outcome, void> {
    if (!this.#news && this.#spoken) return silent;
    const staged = new Map<string, Staged>();
    const errors: ConfigError[] = this.#unreadable === undefined ? [] : [this.#refusal('', this.#unreadable)];
    for (const [key, content] of this.#pending) {
      try {
        staged.set(key, this.#stage(key, content));
      } catch (error) {
        errors.push(asConfigError(error));
      }
    }
    this.#news = false;
    if (errors.length > 0) return { kind: 'refused', errors };
    return { kind: 'reading', reading: this.#move(staged) };
  }

  full(): FullReading {
    return { kind: 'full', entries: new Map(this.#entries), ...this.#about() };
  }

  #stage(key: string, content: FileContent): Staged {
    if (content.kind === 'missing') return { value: undefined, mtimeMs: undefined };
    if (content.kind === 'unreadable') throw this.#refusal(key, content.error);
    const { bytes, mtimeMs } = content;
    const origin = this.#originOf(key);
    if (bytes.length > maxFileBytes) {
      throw new SourceError(`expected at most ${maxFileBytes} bytes, found ${bytes.length}`, { origin });
    }
    return { value: valueOf(bytes, this.#folder.encoding, origin), mtimeMs };
  }

  #move(staged: ReadonlyMap<string, Staged>): Reading {
    const set = new Map<string, string>();
    const remove = new Set<string>();
    for (const [key, { value }] of staged) {
      if (value === this.#entries.get(key)) continue;
      if (value === undefined) remove.add(key);
      else set.set(key, value);
    }
    const writtenAt = newest([...staged.values()].map(({ mtimeMs }) => mtimeMs));
    this.#mtimeMs = newest([this.#mtimeMs, writtenAt]);
    this.#commit({ set, remove });
    const about = { ...this.#about(), ...(writtenAt === undefined ? {} : { writtenAt }) };
    if (this.#spoken) return { kind: 'patch', set, remove, ...about };
    this.#spoken = true;
    return { ...this.full(), ...about };
  }

  #commit({ set, remove }: Pick<PatchReading, 'set' | 'remove'>): void {
    for (const key of remove) this.#entries.delete(key);
    for (const [key, value] of set) this.#entries.set(key, value);
    this.#pending.clear();
  }

  #about(): Pick<FullReading, 'version' | 'locate'> {
    const locate = (key: string) => (this.#entries.has(key) ? this.#originOf(key) : undefined);
    return { ...versionOf(this.#mtimeMs), locate };
  }

  #originOf(key: string): string {
    return `directory:${key === '' ? this.#folder.shown : path.join(this.#folder.shown, key)}`;
  }

  #refusal(key: string, cause: NodeJS.ErrnoException): SourceError {
    const expected = key === '' ? 'a readable folder' : 'a readable file';
    return new SourceError(`expected ${expected}, found ${reasonOf(cause)}`, { origin: this.#originOf(key), cause });
  }
}

function isKey(name: string): boolean {
  return !name.startsWith('.');
}

/** @throws FormatError when the bytes are no text: a value with a NUL in it is a file nobody meant to be read as text */
function valueOf(bytes: Buffer, encoding: TextEncoding, origin: string): string {
  if (bytes.includes(0)) throw new SourceError('expected text, found binary data (a NUL character)', { origin });
  try {
    return decode('text', bytes, encoding).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new SourceError("expected UTF-8 (encoding: 'latin1' reads other files), found other bytes", { origin, cause });
  }
}
