import { findClient, type OpenFile } from './clients.js';
import { SqliteConnection } from './connection.js';
import { driverOf, firstRow, type Driver } from './driver.js';
import { sqliteError, type Scene } from './errors.js';
import { checkFile } from './file.js';
import type { SqliteSettings } from './options.js';
import { sqliteSchema } from './schema.js';

/** A connection, and what it is a connection to. */
export interface Opened {
  readonly driver: Driver;
  readonly connection: SqliteConnection;
  /** The file, if there is one. */
  readonly path: string | undefined;
  readonly scene: Scene;
  /** It is the user's own connection. */
  readonly isShared: boolean;
}

/** Makes connections to the database of one source. */
export class Opener {
  readonly #settings: SqliteSettings;
  #openFile: OpenFile | undefined;
  #wasThere = false;

  constructor(settings: SqliteSettings) {
    this.#settings = settings;
  }

  /**
   * For reading: cannot change anything, and keeps no process alive.
   *
   * @param isFirst nothing was ever read of it. A database that was there and is gone is an outage: one that is made in its place would
   *   look as if everything had been removed
   * @throws SourceError
   */
  async reader(isFirst: boolean): Promise<Opened> {
    const opened = await this.#open(true, this.#settings.create && isFirst && !this.#wasThere);
    this.#wasThere = true;
    // The user's own connection stays as it is.
    if (this.#settings.origin.kind !== 'shared') opened.driver.exec('PRAGMA query_only = 1');
    return opened;
  }

  /** @throws SourceError */
  writer(): Promise<Opened> {
    return this.#open(false, this.#settings.create);
  }

  async #open(isBackground: boolean, create: boolean): Promise<Opened> {
    const { origin, name, timeoutMs } = this.#settings;
    const scene = (path: string | undefined): Scene => ({ layer: name, file: origin.kind === 'path' ? origin.shown : (path ?? 'the database'), timeoutMs });
    const driver = this.#driver(scene(undefined), create);
    let connection: SqliteConnection | undefined;
    try {
      const path = origin.kind === 'path' ? origin.path : pathOf(driver);
      const isShared = origin.kind === 'shared';
      connection = new SqliteConnection(driver, { scene: scene(path), isBackground, isShared });
      const opened = { driver, connection, path, scene: scene(path), isShared };
      if (create) await this.#create(opened);
      return opened;
    } catch (error) {
      if (connection !== undefined) connection.close();
      else if (origin.kind !== 'shared') driver.close();
      throw sqliteError(error, scene(undefined));
    }
  }

  #driver(scene: Scene, create: boolean): Driver {
    const { origin } = this.#settings;
    try {
      if (origin.kind === 'shared') return driverOf('sqlite({ database })', origin.database);
      if (origin.kind === 'opener') return driverOf('sqlite({ database })', origin.open());
      // Clients make a file that is not there: an empty database, which would look like everything was removed.
      if (!create) checkFile(origin.path, scene);
      this.#openFile ??= findClient(scene.layer);
      return driverOf('sqlite({ path })', this.#openFile(origin.path));
    } catch (error) {
      throw sqliteError(error, scene);
    }
  }

  async #create({ driver, connection }: Opened): Promise<void> {
    const { plan } = this.#settings;
    const name = plan.table.split('.').at(-1);
    const isThere = "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ?";
    if ((await connection.patiently(() => firstRow(driver, isThere, [name]))) !== undefined) return;
    await connection.patiently(() => driver.exec('PRAGMA journal_mode = WAL'));
    await connection.script(sqliteSchema({ table: plan.table, filter: plan.filter.map(([column]) => column) }));
  }
}

function pathOf(driver: Driver): string | undefined {
  const path = firstRow(driver, "SELECT file FROM pragma_database_list WHERE name = 'main'")?.[0];
  return typeof path === 'string' && path !== '' ? path : undefined;
}
