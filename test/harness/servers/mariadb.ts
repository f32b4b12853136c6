import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection, type Connection } from 'mysql2/promise';

import type { Database } from './database.js';
import { openFolder, type ServerFolder } from './folder.js';
import { freePort } from './port.js';
import { requireProgram } from './programs.js';
import { ServerProcess, type Server, type ServerPlan } from './server.js';

export interface MariadbServer extends Server {
  /** The ordinary user who may do everything in every test database, and nothing elsewhere. */
  readonly user: string;
  readonly password: string;
  createDatabase(): Promise<Database>;
}

export interface MariadbOptions {
  /** Settings of the server, such as `{ 'max-connections': '5' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const user = 'calumma_user';
const password = 'a secret: p@ss/word';

const settings = {
  'bind-address': '127.0.0.1',
  // A commit is handed to the system, which keeps it when the server is killed, and is not waited for on the disk.
  'innodb-flush-log-at-trx-commit': '2',
  'innodb-doublewrite': '0',
  'innodb-log-file-size': '4M',
  'innodb-buffer-pool-size': '8M',
  'performance-schema': '0',
  'skip-name-resolve': '1',
  'skip-log-bin': '1',
};

/** Starts a MariaDB: `root` without a password, an ordinary user with one. */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  const file = requireProgram('mariadbd');
  const folder = await openFolder('mariadb');
  const port = await freePort();
  const args = [...basics(folder), ...settingArgs(folder, port, options)];
  const server = new Mariadb({ folder, port, file, args, answers: () => query(adminUrl(port), 'select 1') });
  await prepare(folder);
  await server.restart();
  return server;
}

async function prepare(folder: ServerFolder): Promise<void> {
  await writeFile(join(folder.path, 'users.sql'), [
    // While the system tables are made nobody has rights yet, and none can be given: this reads what is there by now.
    'flush privileges;',
    `create user ${user}@'127.0.0.1' identified by '${password}';`,
    // The underscore would stand for any character.
    `grant all on \`test\\_%\`.* to ${user}@'127.0.0.1';`,
  ].join('\n'));
  const quick = ['--debug-no-sync', '--innodb-log-file-size=4M', '--innodb-buffer-pool-size=8M', '--performance-schema=0'];
  await folder.run(requireProgram('mariadb-install-db'), [
    ...basics(folder),
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
    `--extra-file=${join(folder.path, 'users.sql')}`,
    ...quick,
  ]);
}

/** Nothing of the machine's own settings, and the user we are, root included. */
function basics(folder: ServerFolder): string[] {
  const root = process.getuid?.() === 0 ? ['--user=root'] : [];
  return ['--no-defaults', `--datadir=${join(folder.path, 'data')}`, ...root];
}

function settingArgs(folder: ServerFolder, port: number, options: MariadbOptions): string[] {
  const files = { socket: join(folder.path, 'socket'), 'pid-file': join(folder.path, 'pid'), tmpdir: folder.path };
  const all = { ...settings, port: String(port), ...files, ...options.settings };
  return Object.entries(all).map(([name, value]) => `--${name}=${value}`);
}

function adminUrl(port: number, database = ''): string {
  return `mysql://root@127.0.0.1:${port}/${database}`;
}

class Mariadb extends ServerProcess implements MariadbServer {
  readonly url: string;
  readonly user = user;
  readonly password = password;
  #databases = 0;

  constructor(plan: ServerPlan) {
    super(plan);
    this.url = adminUrl(plan.port);
  }

  async createDatabase(): Promise<Database> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await query(this.url, `create database ${name}`);
    const userUrl = `mysql://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${name}`;
    return { name, url: adminUrl(this.port, name), userUrl };
  }
}

/** One statement on a connection of its own. */
async function query(uri: string, text: string): Promise<void> {
  const connection: Connection = await createConnection({ uri, connectTimeout: 5_000 });
  try {
    await connection.query(text);
  } finally {
    connection.destroy();
  }
}
