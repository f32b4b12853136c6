import type { ConfigError } from '../../core/errors.js';
import type { Context, FullReading, PatchReading, Reading, SourceHost } from '../../core/model.js';
import type { Position } from '../../formats/format.js';
import type { FileContent, Round, WatchedPaths } from '../watch/contract.js';
import { absentDocument, type DocumentStep, type FileDocument, type FileSpec } from './document.js';
import { asConfigError, newest, silent, versionOf, type Gathering, type Outcome } from './gathering.js';
import { arrange, type Arrangement } from './include.js';
import { shadowings, shadowNote, type Shadowing } from './shadow.js';
import { includeKeys, isDirective, viewAfter, viewOf, winner, type View } from './view.js';

interface Staged {
  readonly content: FileContent;
  readonly step: DocumentStep;
}

/**
 * Files in their order that make one layer. First everything, then what changed, at the cost of the change.
 *
 * All or nothing: content is pending until everything pending parses and every include has been looked at; until
 * then the set says what it said before.
 */
export class FileSet implements Gathering {
  /** Lowest first. */
  readonly #roots: readonly FileSpec[];
  readonly #context: Context;
  /** All files looked at, by path, as they were last committed. */
  readonly #documents = new Map<string, FileDocument>();
  readonly #pending = new Map<string, FileContent>();
  readonly #staged = new Map<string, Staged>();
  #views: readonly View[] = [];
  /** What is watched: the committed files and those a pending change has asked for. */
  #specs: ReadonlyMap<string, FileSpec>;
  #spoken = false;
  #noted: ReadonlySet<string> = new Set();

  /** @param before a set of the same files that was told until now: its notes still stand */
  constructor(roots: readonly FileSpec[], context: Context, before?: Gathering) {
    if (before instanceof FileSet) {
      this.#noted = before.#noted;
      this.#views = before.#views;
    }
    this.#roots = roots;
    this.#context = context;
    this.#specs = byPath(roots);
  }

  paths(): WatchedPaths {
    return { files: [...this.#specs.keys()], folders: [] };
  }

  take(round: Round): void {
    for (const [path, content] of round.files) if (this.#specs.has(path)) this.#pending.set(path, content);
  }

  *advance(host: SourceHost): Generator<void, Outcome, void> {
    if (this.#pending.size === 0) return silent;
    const failed = yield* this.#stage();
    const arrangement = arrange(this.#roots, (spec) => this.#after(spec, failed), this.#context);
    this.#watch(arrangement);
    // A broken file that is no longer included harms nobody.
    const errors = [...failed].filter(([path]) => this.#specs.has(path)).map(([, error]) => error);
    if (errors.length > 0) return { kind: 'refused', errors };
    if (arrangement.unread.length > 0) return silent;
    return { kind: 'reading', reading: this.#move(arrangement, host) };
  }

  full(): FullReading {
    return { kind: 'full', entries: this.#merged(), ...this.#about() };
  }

  /** Parses what is pending; gives the files that cannot be used. */
  *#stage(): Generator<void, Map<string, ConfigError>, void> {
    const failed = new Map<string, ConfigError>();
    for (const [path, content] of this.#pending) {
      const document = this.#documentAt(path);
      if (document === undefined || this.#staged.get(path)?.content === content) continue;
      this.#staged.delete(path);
      try {
        this.#staged.set(path, { content, step: yield* document.next(content) });
      } catch (error) {
        failed.set(path, asConfigError(error));
      }
    }
    return failed;
  }

  #documentAt(path: string): FileDocument | undefined {
    const document = this.#documents.get(path);
    if (document !== undefined) return document;
    const spec = this.#specs.get(path);
    return spec === undefined ? undefined : absentDocument(spec);
  }

  /** The file as it will be when everything pending is committed. */
  #after(spec: FileSpec, failed: ReadonlyMap<string, ConfigError>): View | undefined {
    const document = this.#documentAt(spec.path);
    const staged = this.#staged.get(spec.path);
    if (document !== undefined && staged !== undefined) return viewAfter(document, staged.step);
    const known = this.#documents.has(spec.path) || failed.has(spec.path);
    return known && document !== undefined ? viewOf(document) : undefined;
  }

  /** Until everything is known, what was committed stays watched as well. */
  #watch({ views, unread }: Arrangement): void {
    const wanted = byPath([...this.#roots, ...views.map((view) => view.spec), ...unread]);
    const kept = unread.length > 0 ? [...this.#specs].filter(([path]) => this.#documents.has(path)) : [];
    this.#specs = new Map([...kept, ...wanted]);
    for (const path of this.#pending.keys()) {
      if (this.#specs.has(path)) continue;
      this.#pending.delete(path);
      this.#staged.delete(path);
    }
  }

  /** Everything pending becomes what is. */
  #move({ views, notes }: Arrangement, host: SourceHost): Reading {
    const touched = this.#spoken ? this.#touched(views) : undefined;
    const shadows = this.#newShadows(views, touched);
    const patch = touched === undefined ? undefined : this.#patch(views, touched);
    const writtenAt = newest([...this.#staged.values()].map(({ step }) => step.mtimeMs));
    this.#commit(views);
    this.#note(notes, shadows, host);
    const about = { ...this.#about(), ...(writtenAt === undefined ? {} : { writtenAt }) };
    return patch === undefined ? { kind: 'full', entries: this.#merged(), ...about } : { kind: 'patch', ...patch, ...about };
  }

  /** Keys that may have moved: those of the changes, and all of files that have moved to another place. */
  #touched(views: readonly View[]): Set<string> {
    const touched = new Set<string>();
    for (const { step } of this.#staged.values()) {
      for (const key of step.set.keys()) touched.add(key);
      for (const key of step.remove) touched.add(key);
    }
    let same = 0;
    while (same < views.length && views[same]?.spec.path === this.#views[same]?.spec.path) same++;
    for (const view of [...this.#views.slice(same), ...views.slice(same)]) {
      for (const key of view.keys()) touched.add(key);
    }
    return touched;
  }

  #patch(views: readonly View[], touched: ReadonlySet<string>): Pick<PatchReading, 'set' | 'remove'> {
    const set = new Map<string, string>();
    const remove = new Set<string>();
    for (const key of touched) {
      const before = winner(this.#views, key);
      const after = winner(views, key);
      if (before === after) continue;
      if (after === undefined) remove.add(key);
      else set.set(key, after);
    }
    return { set, remove };
  }

  #commit(views: readonly View[]): void {
    for (const [path, { step }] of this.#staged) this.#documents.set(path, step.commit());
    for (const path of this.#documents.keys()) if (!this.#specs.has(path)) this.#documents.delete(path);
    this.#staged.clear();
    this.#pending.clear();
    this.#views = views.map(({ spec }) => viewOf(this.#documents.get(spec.path) ?? absentDocument(spec)));
    this.#spoken = true;
  }

  #newShadows(views: readonly View[], touched: ReadonlySet<string> | undefined): Shadowing[] {
    const before = new Set(shadowings(this.#views, touched).flatMap((old) => old.keys.map((key) => shadowId(old, key))));
    return shadowings(views, touched)
      .map((shadow) => ({ ...shadow, keys: shadow.keys.filter((key) => !before.has(shadowId(shadow, key))) }))
      .filter((shadow) => shadow.keys.length > 0);
  }

  /** A note is given when its reason appears, not again with each reading. */
  #note(notes: readonly ConfigError[], shadows: readonly Shadowing[], host: SourceHost): void {
    const before = this.#noted;
    this.#noted = new Set(notes.map((note) => note.message));
    for (const note of notes) if (!before.has(note.message)) host.warn(note);
    for (const shadow of shadows) host.warn(shadowNote(shadow, ({ spec }, key) => this.#placeIn(spec, key)));
  }

  #placeIn(spec: FileSpec, key: string): string {
    return placeOf(spec, this.#documents.get(spec.path)?.locate(key));
  }

  /** Lowest first. */
  #documentsInOrder(): FileDocument[] {
    return this.#views.flatMap(({ spec }) => this.#documents.get(spec.path) ?? []);
  }

  #merged(): ReadonlyMap<string, string> {
    const documents = this.#documentsInOrder().filter(({ entries }) => entries.size > 0);
    const [only] = documents;
    if (only !== undefined && documents.length === 1) return withoutDirectives(only);
    const merged = new Map<string, string>();
    for (const { spec, entries } of documents) {
      for (const [key, value] of entries) if (!isDirective(spec, key)) merged.set(key, value);
    }
    return merged;
  }

  #about(): Pick<FullReading, 'version' | 'locate'> {
    const documents = this.#documentsInOrder().reverse();
    return { ...versionOf(newest(documents.map(({ mtimeMs }) => mtimeMs))), locate: (key) => locateIn(documents, key) };
  }
}

function byPath(specs: readonly FileSpec[]): Map<string, FileSpec> {
  const map = new Map<string, FileSpec>();
  for (const spec of specs) if (!map.has(spec.path)) map.set(spec.path, spec);
  return map;
}

function shadowId({ lower, higher }: Shadowing, key: string): string {
  return `${lower.spec.path}\0${higher.spec.path}\0${key}`;
}

/** A map of its own where the document's moves on. */
function withoutDirectives({ spec, entries, moving }: FileDocument): ReadonlyMap<string, string> {
  const present = includeKeys.filter((key) => entries.has(key) && isDirective(spec, key));
  if (!moving && present.length === 0) return entries;
  const copy = new Map(entries);
  for (const key of present) copy.delete(key);
  return copy;
}

/** @param documents highest first */
function locateIn(documents: readonly FileDocument[], key: string): string | undefined {
  for (const document of documents) {
    const { spec, entries } = document;
    if (entries.has(key) && !isDirective(spec, key)) return placeOf(spec, document.locate(key));
  }
  return undefined;
}

function placeOf(spec: FileSpec, position: Position | undefined): string {
  return position === undefined ? `file:${spec.shown}` : `file:${spec.shown}:${position.line}`;
}
