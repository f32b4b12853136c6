import { createConnection, type Connection, type ConnectionOptions } from 'mysql2/promise';
import { afterEach, beforeAll, beforeEach } from 'vitest';

import { createConfig, type Config, type ConfigError } from '../../../src/index.js';
import { mysql, mysqlSchema, type MysqlOptions, type MysqlSource } from '../../../src/sources/mysql/index.js';
import { useServer } from '../../harness/servers/available.js';
import type { Database } from '../../harness/servers/database.js';
import { startMariadb, type MariadbServer } from '../../harness/servers/mariadb.js';

/** How often the sources of the tests look, in ms. */
export const every = 200;

/** A MariaDB with one database for the suite, whose tables of the shipped schema are empty before each test. */
export class Lab {
  readonly server: () => MariadbServer;
  /** Errors that the configs have reported. */
  readonly errors: ConfigError[] = [];
  readonly #open: { close(): unknown }[] = [];
  #database: Database | undefined;
  #root: Connection | undefined;

  constructor(settings: Record<string, string> = {}) {
    this.server = useServer(() => startMariadb({ settings: { 'innodb-flush-method': 'nosync', ...settings } }));
    beforeAll(async () => {
      this.#database = await this.server().createDatabase();
      await this.sql(...mysqlSchema());
    }, 60_000);
    beforeEach(() => this.sql('delete from properties'));
    afterEach(async () => {
      for (const opened of this.#open.splice(0).reverse()) await opened.close();
      this.errors.length = 0;
    });
  }

  get database(): Database {
    if (this.#database === undefined) throw new Error('expected to be asked in a test');
    return this.#database;
  }

  /** Closes it after the test. */
  use<T extends { close(): unknown }>(opened: T): T {
    this.#open.push(opened);
    return opened;
  }

  /** Runs statements as the superuser, on a connection of its own that survives what is done to the server. */
  async sql(...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    let rows: unknown;
    for (const statement of statements) [rows] = await (await this.#connection()).query(statement);
    return rows as Record<string, unknown>[];
  }

  async #connection(): Promise<Connection> {
    this.#root ??= await this.connect({ uri: this.database.url });
    return this.#root;
  }

  async connect(options: ConnectionOptions = { uri: this.database.userUrl }): Promise<Connection> {
    const connection = await createConnection(options);
    connection.on('error', () => {
      if (connection === this.#root) this.#root = undefined;
    });
    return connection;
  }

  put(key: string, value: string): Promise<unknown> {
    return this.sql(`insert into properties (\`key\`, value) values (${text(key)}, ${text(value)}) on duplicate key update value = values(value)`);
  }

  remove(key: string): Promise<unknown> {
    return this.sql(`delete from properties where \`key\` = ${text(key)}`);
  }

  source(options: MysqlOptions = {}): MysqlSource {
    const isSaid = (['pool', 'host', 'socketPath', 'uri'] as const).some((name) => options[name] !== undefined);
    return mysql({ every, ...(!isSaid && { uri: this.database.userUrl }), ...options });
  }

  config(source = this.source()): Config {
    return this.use(createConfig({ layers: [source], onError: (error) => this.errors.push(error) }));
  }

  async ready(source = this.source()): Promise<Config> {
    return this.config(source).ready();
  }
}

export function text(value: string): string {
  return value.includes('\\') ? `convert(x'${Buffer.from(value).toString('hex')}' using utf8mb4)` : `'${value.replaceAll("'", "''")}'`;
}
