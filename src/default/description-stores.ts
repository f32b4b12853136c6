import { readFileSync } from 'node:fs';

import { reasonOf } from '../core/check.js';
import { SourceError } from '../core/errors.js';
import type { Source } from '../core/model.js';
import { sidecarIn } from '../sources/sidecar/sidecar.js';
import { url, type UrlTls } from '../sources/url/url.js';
import { needed, optional, type Optional } from './description-fields.js';
import { kind, type Kind } from './description-kind.js';
import { anyText, choice, filePath, flag, formatName, mapOf, oneOrMore, orNothing, size, span, text, wholeNumber, type DescribedPath } from './description-shapes.js';
import { later } from './later.js';

const every = (fallback: string) => optional(span, 'How often to look for changes.', fallback);
const timeout = optional(span, 'How long the server may be silent when it owes an answer.', '5s');
const reconcile = optional(span, 'How often everything is compared.', '60s');
const column = (about: string, fallback: string): Optional<string> => optional(text, about, fallback);

/** Which rows of which table: the same for every SQL database. */
const table = {
  table: column('The table: name, or schema.name.', 'properties'),
  query: optional(text, 'A SELECT instead of a table.'),
  key: column('Column of the keys.', 'key'),
  value: column('Column of the values.', 'value'),
  version: optional(orNothing(text), 'Column that grows with each change, or false. Default: version, where there is such a column.'),
  updatedAt: optional(orNothing(text), 'Column with the time of the write, or false. Default: updated_at, where there is such a column.'),
  filter: optional(mapOf(anyText, 'a map such as { application: gateway }'), 'Only rows with these values in these columns.'),
};

const tableOrQuery = { of: ['table', 'query'], needed: false } as const;

const account = {
  host: optional(text, 'Name or address of the server.', 'localhost'),
  port: optional(wholeNumber, 'Default: the usual one.'),
  user: optional(text, 'Who connects.'),
  password: optional(anyText, 'Best filled from the environment: ${env:DB_PASSWORD}.'),
  database: optional(text, 'Which database.'),
  ssl: optional(flag, 'Connect with TLS.', false),
};

const tlsFields = {
  ca: optional(filePath, 'PEM file of who vouches for the servers.'),
  cert: optional(filePath, 'PEM file of the client certificate.'),
  key: optional(filePath, 'PEM file of its private key.'),
};

/** The kinds of layers that are read across a network, or from a database. */
export const stores: Readonly<Record<string, Kind>> = {
  url: kind(
    'An address, or mirrors of one, asked again and again.',
    {
      href: needed(oneOrMore(text, 'an address, or a list of mirrors'), 'https://host/app.yaml, or several, the preferred one first.'),
      every: every('5s'),
      format: optional(formatName, 'Default: by the media type, else by the extension.'),
      encoding: optional(choice(['utf8', 'latin1']), 'latin1 is what java.util.Properties reads from a stream.', 'utf8'),
      headers: optional(mapOf(anyText, 'a map such as { authorization: "Bearer ${env:TOKEN}" }'), 'Headers of each request.'),
      ...tlsFields,
      proxy: optional(text, 'http://user:password@host:port'),
      redirects: optional(wholeNumber, 'How many redirects to follow.', 5),
      connectTimeout: optional(span, 'For name, connection and TLS.', '2s'),
      timeout: optional(span, 'For a whole request.', '5s'),
      maxBytes: optional(size, 'Size of a body. Default: 16 MiB, or twice what the layer may hold.'),
      optional: optional(flag, 'Status 404 is an empty layer.', false),
      name: optional(text, 'First word of the origins.'),
    },
    ({ href, ca, cert, key, ...options }) => url(href, { ...options, tls: tlsOf({ ca, cert, key }) }),
  ),
  sidecar: kind(
    'A config of the sidecar on this host, followed.',
    {
      url: optional(text, 'http://127.0.0.1:8078; or a socketPath. Default: $CALUMMA_SIDECAR, the usual socket, or this.'),
      socketPath: optional(filePath, 'A Unix socket.'),
      config: optional(text, 'Which of its configs.', 'default'),
      prefix: optional(anyText, 'Only keys at or below it.', ''),
      token: optional(text, 'Best filled from the environment: ${env:CALUMMA_TOKEN}; or a tokenFile.'),
      tokenFile: optional(filePath, 'A file with the token.'),
      ...tlsFields,
      snapshotDir: optional(filePath, 'A folder of the outputs of the sidecar, read when it is away at the start.'),
      writeTo: optional(text, 'The layer of the sidecar that is written. Default: the highest that can be.'),
      timeout,
      silence: optional(span, 'Without a word for so long, a connection counts as dead.', '25s'),
    },
    ({ socketPath, tokenFile, snapshotDir, ca, cert, key, ...options }, { env }) => {
      const paths = { ...absolute('socketPath', socketPath), ...absolute('tokenFile', tokenFile), ...absolute('snapshotDir', snapshotDir) };
      return sidecarIn({ ...options, ...paths, tls: tlsOf({ ca, cert, key }) }, env);
    },
    { of: ['url', 'socketPath'], needed: false },
  ),
  sqlite: kind(
    'A SQLite database file.',
    {
      path: needed(filePath, 'The file, from the folder of this description.'),
      create: optional(flag, 'Make it, with its table, if it is not there.', false),
      every: every('100ms'),
      timeout,
      reconcile,
      ...table,
    },
    ({ path: { absolute }, ...options }) => later('sqlite', async () => (await import('../sources/sqlite/index.js')).sqlite({ path: absolute, ...options })),
    tableOrQuery,
  ),
  postgres: kind(
    'A table in PostgreSQL, listened to.',
    {
      connectionString: optional(text, 'postgres://user:password@host:5432/database'),
      ...account,
      channel: optional(text, 'Where changes are announced. Default: calumma: and the name of the table.'),
      listen: optional(flag, 'Listen for changes, rather than only look for them.', true),
      every: every('5s'),
      timeout,
      reconcile,
      ...table,
    },
    (options) => later('postgres', async () => (await import('../sources/postgres/index.js')).postgres(options)),
    tableOrQuery,
  ),
  mysql: kind(
    'A table in MySQL or MariaDB.',
    { uri: optional(text, 'mysql://user:password@host:3306/database'), ...account, every: every('5s'), timeout, reconcile, ...table },
    (options) => later('mysql', async () => (await import('../sources/mysql/index.js')).mysql(options)),
    tableOrQuery,
  ),
  redis: kind(
    'A hash in Redis, or the strings below a prefix.',
    {
      url: optional(text, 'redis://user:password@host:6379/0'),
      host: account.host,
      port: account.port,
      username: optional(text, 'Who connects.'),
      password: account.password,
      db: optional(wholeNumber, 'Number of the database.', 0),
      hash: optional(text, 'The hash whose fields are the properties; or a prefix.'),
      prefix: optional(text, 'What the names of the keys begin with.'),
      history: optional(text, 'The stream of what was changed. Default: the hash or prefix, and :history.'),
      historyLength: optional(wholeNumber, 'About so many changes are kept.', 10_000),
      notifications: optional(orNothing(choice(['auto', 'keyspace'])), 'How the server is asked to tell of changes, or false.', 'auto'),
      every: every('5s'),
      timeout,
      reconcile,
    },
    (options) => later('redis', async () => (await import('../sources/redis/index.js')).redis(options)),
    { of: ['hash', 'prefix'], needed: true },
  ),
  zookeeper: kind(
    'Nodes of ZooKeeper, watched.',
    {
      connect: needed(text, 'Servers, and behind them the node that is to be /: zk1:2181,zk2:2181,zk3:2181/app'),
      root: needed(text, 'The node whose children are the properties, or which holds the document.'),
      layout: optional(choice(['node-per-key', 'document']), 'One node a property, or one text with all of them.', 'node-per-key'),
      separator: optional(choice(['.', '/']), 'What joins the names of nested nodes to a key.', '.'),
      format: optional(formatName, 'Of the document. Default: by the extension of the root, else properties.'),
      gzip: optional(flag, 'Decompress what is compressed, and compress what is written.', false),
      sessionTimeout: optional(span, 'Two thirds of it without a word of any server make the layer stale.', '6s'),
      heartbeat: optional(flag, 'Notice a server that answers and tells of no changes; needs the right to write.', false),
      history: optional(text, 'The node of what was changed. Default: the root, and -history.'),
      historyLength: optional(wholeNumber, 'So many writes are kept.', 1_000),
      reconcile,
    },
    (options) => later('zookeeper', async () => (await import('../sources/zookeeper/index.js')).zookeeper(options)),
  ),
} satisfies Readonly<Record<string, { make: (...args: never[]) => Source }>>;

function absolute(name: string, path: DescribedPath | undefined): Readonly<Record<string, string>> {
  return path === undefined ? {} : { [name]: path.absolute };
}

function tlsOf(paths: Readonly<Record<'ca' | 'cert' | 'key', DescribedPath | undefined>>): UrlTls {
  return Object.assign({}, ...Object.entries(paths).map(([name, path]) => pem(name, path))) as UrlTls;
}

function pem(name: string, path: DescribedPath | undefined): Readonly<Record<string, string>> {
  if (path === undefined) return {};
  try {
    return { [name]: readFileSync(path.absolute, 'utf8') };
  } catch (cause) {
    throw new SourceError(`${name}: expected a PEM file, found one that cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
