import type { FullReading, PatchReading } from '../../core/model.js';
import { walk } from '../turns.js';
import type { SqlConnection } from './contract.js';
import type { Table } from './describe.js';
import { Gathering } from './gather.js';
import { Patch } from './patch.js';
import type { Statement } from './statements.js';
import { isBefore, isCounter, isNone, isSameVersion, overlapMs, sinceOf, versionText, type Version } from './version.js';

/** How far a table has come: equal positions mean that nothing was changed. */
interface Position {
  readonly version: Version;
  /** How many keys there are; `undefined` where the version alone tells of removals too. */
  readonly count: number | undefined;
}

/** Keys asked for in one statement. */
const keysAtOnce = 500;

/** Reads a table, and then what was changed since: it remembers what it has said. Each call runs in a snapshot. */
export class TableReader {
  readonly #connection: SqlConnection;
  readonly #table: Table;
  readonly #maxBytes: number;
  readonly #locate: (key: string) => string;
  #known = new Map<string, string>();
  #last: Position = { version: undefined, count: undefined };
  /** When the last position was first seen, by the monotonic clock. */
  #lastSeen = 0;

  constructor(connection: SqlConnection, table: Table, maxBytes: number) {
    const { what, query, table: name } = table.plan;
    const place = `${what}:${query === undefined ? name : 'query'}:`;
    this.#connection = connection;
    this.#table = table;
    this.#maxBytes = maxBytes;
    this.#locate = (key) => place + key;
  }

  /** Everything. */
  async load(): Promise<FullReading> {
    const position = await this.#position();
    const { known, writtenAt } = await this.#readAll();
    this.#known = known;
    this.#moveTo(position);
    // Not filled along with the other one: both would grow, and hash all their keys anew, in the same moment.
    const entries = new Map<string, string>();
    await walk(known, ([key, value]) => entries.set(key, value));
    return { kind: 'full', entries, ...this.#about(position, writtenAt) };
  }

  /** What was changed since the last call, and what these keys have become. */
  async changes(keys: readonly string[]): Promise<PatchReading | undefined> {
    if (this.#table.columns.version === undefined) return keys.length === 0 ? this.reconcile() : this.#changesOf(keys);
    const position = await this.#position();
    // Another table under the same name, or an older one put back: its versions say nothing about ours.
    if (isBefore(position.version, this.#last.version)) return this.reconcile();
    if (keys.length === 0 && this.#isSettled(position)) return undefined;
    const patch = this.#newPatch();
    await this.#readSince(patch);
    await this.#lookAt(patch, await this.#touched(patch, keys));
    if (!this.#table.hasHistory) await this.#compareKeys(patch, position);
    return this.#say(patch, position);
  }

  /** Compares everything. */
  async reconcile(): Promise<PatchReading | undefined> {
    const position = await this.#position();
    const patch = this.#newPatch();
    const { known, writtenAt } = await this.#readAll((key, value) => {
      if (this.#known.get(key) !== value) patch.set.set(key, value);
    });
    await patch.removeAllBut(known);
    patch.gathering.writtenAt = patch.set.size > 0 ? writtenAt : undefined;
    return this.#say(patch, position);
  }

  async #changesOf(keys: readonly string[]): Promise<PatchReading | undefined> {
    const patch = this.#newPatch();
    await this.#lookAt(patch, new Set(keys));
    return this.#say(patch, this.#last);
  }

  #newPatch(): Patch {
    return new Patch(this.#known, this.#table.plan, this.#maxBytes);
  }

  async #readAll(tell?: (key: string, value: string) => void): Promise<{ known: Map<string, string>; writtenAt: number | undefined }> {
    const gathering = new Gathering(this.#table.plan, this.#maxBytes);
    const known = new Map<string, string>();
    await gathering.rows(this.#connection, this.#table.statements.rows(this.#table.columns), (key, value) => {
      if (value === undefined) return;
      if (known.has(key)) throw gathering.duplicate(key);
      known.set(key, value);
      tell?.(key, value);
    });
    return { known, writtenAt: gathering.writtenAt };
  }

  async #position(): Promise<Position> {
    const { columns, statements, hasRevision } = this.#table;
    if (hasRevision) return { version: (await this.#first(statements.revisionOf(columns)))[0] as Version, count: undefined };
    if (columns.version === undefined) return { version: undefined, count: undefined };
    const [version, count] = await this.#first(statements.position(columns));
    return { version: version as Version, count: Number(count) };
  }

  #isSettled(position: Position): boolean {
    // Rows that all lack a version can only be compared.
    if (isNone(position.version)) return false;
    if (!isSameVersion(position.version, this.#last.version) || position.count !== this.#last.count) return false;
    return isCounter(position.version) || performance.now() - this.#lastSeen > overlapMs;
  }

  async #readSince(patch: Patch): Promise<void> {
    const { columns, statements } = this.#table;
    const { version: last } = this.#last;
    const all = isNone(last) || columns.version === undefined;
    const { how, version } = sinceOf(last);
    const statement = all ? statements.rows(columns) : statements.rowsSince(columns, columns.version, how, version);
    await patch.gathering.rows(this.#connection, statement, patch.found);
  }

  /** Keys whose rows may have changed, or may be gone: these, and those that the history tells of. */
  async #touched(patch: Patch, keys: readonly string[]): Promise<Set<string>> {
    const touched = new Set(keys);
    const { version } = this.#last;
    if (!this.#table.hasHistory || isNone(version)) return touched;
    await patch.gathering.keys(this.#connection, this.#table.statements.changedSince(version), (key) => touched.add(key));
    return touched;
  }

  /** Asks for each of these keys that no row was found of yet. */
  async #lookAt(patch: Patch, keys: ReadonlySet<string>): Promise<void> {
    const { columns, statements } = this.#table;
    const asked = [...keys].filter((key) => !patch.seen.has(key));
    for (let from = 0; from < asked.length; from += keysAtOnce) {
      const some = asked.slice(from, from + keysAtOnce);
      const wanted = new Set(some);
      await patch.gathering.rows(this.#connection, statements.rowsOf(columns, some), (key, value) => {
        if (wanted.has(key)) patch.found(key, value); // a collation without case answers for 'A' with 'a' too
      });
      for (const key of some) if (!patch.seen.has(key)) patch.gone(key);
    }
  }

  /** Without a history, removals show in the number of keys only: when it is not what it should be, all keys are read. */
  async #compareKeys(patch: Patch, { count }: Position): Promise<void> {
    const { columns, statements } = this.#table;
    const expected = count ?? Number((await this.#first(statements.position(columns)))[1]);
    if (patch.sizeAfter === expected) return;
    const present = new Set<string>();
    await patch.gathering.keys(this.#connection, statements.keys(columns), (key) => {
      if (present.has(key)) throw patch.gathering.duplicate(key);
      present.add(key);
    });
    await patch.removeAllBut(present);
    await this.#lookAt(patch, await patch.unknownAmong(present));
  }

  async #first({ sql, params }: Statement): Promise<readonly unknown[]> {
    let first: readonly unknown[] | undefined;
    for await (const batch of this.#connection.rows(sql, params)) first ??= batch[0];
    return first ?? [];
  }

  async #say(patch: Patch, position: Position): Promise<PatchReading | undefined> {
    this.#moveTo(position);
    if (patch.isEmpty) return undefined;
    await patch.applyTo(this.#known);
    return { kind: 'patch', set: patch.set, remove: patch.remove, ...this.#about(position, patch.gathering.writtenAt) };
  }

  #moveTo(position: Position): void {
    if (!isSameVersion(position.version, this.#last.version)) this.#lastSeen = performance.now();
    this.#last = position;
  }

  #about({ version }: Position, writtenAt: number | undefined): Pick<FullReading, 'version' | 'writtenAt' | 'locate'> {
    const text = versionText(version);
    return { locate: this.#locate, ...(text !== undefined && { version: text }), ...(writtenAt !== undefined && { writtenAt }) };
  }
}
