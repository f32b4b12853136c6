import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

import type { Database } from './database.js';
import { openFolder, type ServerFolder } from './folder.js';
import { freePort } from './port.js';
import { ordinaryAccount, requireProgram } from './programs.js';
import { ServerProcess, type Server, type ServerPlan } from './server.js';

export interface PostgresServer extends Server {
  /** The ordinary user who owns every database. */
  readonly user: string;
  readonly password: string;
  createDatabase(): Promise<Database>;
}

export interface PostgresOptions {
  /** Settings of the server, such as `{ max_connections: '5' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const user = 'calumma_user';
const password = 'a secret: p@ss/word';

const access = `
local all all trust
host all ${user} 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
`;

// What is written survives a killed server, because the system keeps it: only a crash of the machine needs the disk.
const settings = {
  fsync: 'off',
  synchronous_commit: 'on',
  full_page_writes: 'off',
  shared_buffers: '8MB',
  max_connections: '100',
  autovacuum: 'off',
  // A killed server leaves its dynamic shared memory behind: in the folder it is removed with the folder.
  dynamic_shared_memory_type: 'mmap',
  listen_addresses: '127.0.0.1',
};

/** Starts a PostgreSQL: superuser `postgres` without a password, an ordinary user with one (SCRAM). */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  // It refuses to run as root. SIGQUIT: it ends at once, and gives its shared memory back.
  const account = ordinaryAccount();
  const folder = await openFolder('postgres', account, 'QUIT');
  const port = await freePort();
  const server = new Postgres({
    folder,
    port,
    account,
    file: requireProgram('postgres'),
    args: ['-D', join(folder.path, 'data'), ...settingArgs(folder, port, options)],
    answers: () => query(adminUrl(port), 'select 1'),
  });
  await prepare(folder);
  await server.restart();
  await query(server.url, `create role ${user} login password '${password}'`);
  return server;
}

async function prepare(folder: ServerFolder): Promise<void> {
  const data = join(folder.path, 'data');
  const quick = ['--no-sync', '--no-instructions', '--locale=C', '--encoding=UTF8'];
  await folder.run(requireProgram('initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', ...quick]);
  await writeFile(join(data, 'pg_hba.conf'), access);
}

function settingArgs(folder: ServerFolder, port: number, options: PostgresOptions): string[] {
  const all = { ...settings, port: String(port), unix_socket_directories: folder.path, ...options.settings };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function adminUrl(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

class Postgres extends ServerProcess implements PostgresServer {
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
    await query(this.url, `create database ${name} owner ${user}`);
    const at = `127.0.0.1:${this.port}/${name}`;
    return { name, url: `postgres://postgres@${at}`, userUrl: `postgres://${user}:${encodeURIComponent(password)}@${at}` };
  }
}

/** One statement on a connection of its own. */
async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A server killed meanwhile is told by the rejected query; without a listener it would end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end();
  }
}
