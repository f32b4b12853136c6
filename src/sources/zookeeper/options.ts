import { msOf } from '../../core/amounts.js';
import { checkFlag, checkOptions, checkText, optionError, wrongOption } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import type { Format } from '../../formats/format.js';
import { formatForPath, formatNamed, type FormatLike } from '../../formats/registry.js';
import { openAcl, ZooKeeperClient, ZooKeeperError, type Acl, type Auth, type ZooKeeperOptions, type ZooKeeperTls } from '../../zookeeper/index.js';
import { pathProblem } from '../../zookeeper/paths.js';
import { checkAcls } from '../../zookeeper/records.js';
import { longestReconcileMs } from '../../zookeeper/tree/options.js';
import { formatOption } from '../files/file-options.js';

export interface ZooKeeperSourceOptions {
  /** Servers, and behind them the node that is to be `/`: `zk1:2181,zk2:2181,zk3:2181/app`; or a list of servers. */
  readonly connect?: string | readonly string[];
  /** A client to use instead; it is never closed. It should have `whileSuspended: 'wait'`, its default. */
  readonly client?: ZooKeeperClient;
  /** The node whose children are the properties, or which holds the document. It need not be there yet. */
  readonly root: string;
  /**
   * `node-per-key`: each node below the root is a property, `/config/gateway/limit` is `gateway.limit`. A node without data that
   * has or had children is only a folder. `document`: the root holds one text with all of them. Default `node-per-key`.
   */
  readonly layout?: 'node-per-key' | 'document';
  /** What joins the names of nested nodes to a key: `.` or `/`. Default `.`. */
  readonly separator?: '.' | '/';
  /** Of the document, a format or its name. Default: by the extension of the root, else `properties`. */
  readonly format?: string | FormatLike;
  /** Whether data that begins as gzip does is decompressed, and what is written is compressed where that makes it shorter. Default false. */
  readonly gzip?: boolean;
  /** Who to be besides anyone. For `digest`: `{ scheme: 'digest', auth: 'user:password' }`. */
  readonly auth?: Auth | readonly Auth[];
  /**
   * Who may do what with the nodes that `set` makes, those of the history among them. Default `openAcl`: anyone, anything. With `auth`,
   * `creatorAcl` leaves everybody else out. Nodes that are there keep their own.
   */
  readonly acl?: readonly Acl[];
  /** Encrypts; `true` trusts what Node trusts. Default false. */
  readonly tls?: boolean | ZooKeeperTls;
  /** ms, or a duration. Two thirds of it without a word of any server make the layer stale. Default 6_000. */
  readonly sessionTimeout?: number | string;
  /**
   * A node beside the root is written every 5 s, by one of all who read this root, and 15 s in which nobody hears of that make the layer
   * stale: the one thing that shows a server which answers but tells of no changes. Needs the right to write it. Default false.
   */
  readonly heartbeat?: boolean;
  /** ms, or a duration: how often everything is compared. Moved by up to 10 % either way. Default 60_000. */
  readonly reconcile?: number | string;
  /** The node that `set` and `delete` keep the history below. Default: `<root>-history`. */
  readonly history?: string;
  /** So many writes are kept in the history. Default 1_000. */
  readonly historyLength?: number;
  /** The layer's name. Default `zookeeper`. */
  readonly name?: string;
}

/** What is read and written, without the servers. */
export interface Place {
  /** Begins the messages. */
  readonly what: string;
  readonly root: string;
  /** What stands before paths where users see them. */
  readonly chroot: string;
  readonly layout: 'node-per-key' | 'document';
  readonly separator: '.' | '/';
  readonly format: Format;
  readonly gzip: boolean;
  readonly history: string;
  readonly historyLength: number;
  readonly acl: readonly Acl[];
  readonly heartbeat: string | undefined;
}

export interface Checked {
  readonly place: Place;
  readonly reconcileMs: number;
  readonly client: ZooKeeperClient | undefined;
  readonly connection: ZooKeeperOptions | undefined;
}

const known: readonly (keyof ZooKeeperSourceOptions)[] = [
  'connect', 'client', 'root', 'layout', 'separator', 'format', 'gzip', 'auth', 'acl', 'tls', 'sessionTimeout', 'heartbeat', 'reconcile', 'history', 'historyLength', 'name',
];

/** @throws ConfigError CALUMMA_OPTION, CALUMMA_UNKNOWN_FORMAT */
export function checked(options: ZooKeeperSourceOptions): Checked {
  checkOptions('zookeeper', options, known);
  const { name = 'zookeeper', root, layout = 'node-per-key', separator = '.', gzip = false, heartbeat = false, historyLength = 1_000, client } = options;
  checkText('zookeeper({ name })', name);
  checkNode('root', root);
  if (!['node-per-key', 'document'].includes(layout)) throw wrongOption('zookeeper({ layout })', '"node-per-key" or "document"', layout);
  if (!['.', '/'].includes(separator)) throw wrongOption('zookeeper({ separator })', '"." or "/"', separator);
  checkFlag('zookeeper({ gzip })', gzip);
  checkFlag('zookeeper({ heartbeat })', heartbeat);
  if (!Number.isSafeInteger(historyLength) || historyLength < 1) throw wrongOption('zookeeper({ historyLength })', 'a whole number above 0', historyLength);
  const { history = beside(root, 'history') } = options;
  checkNode('history', history);
  if (history === '/' || history === root || history.startsWith(`${root}/`) || root.startsWith(`${history}/`)) {
    throw new ConfigError('CALUMMA_OPTION', `zookeeper({ history }): expected a node outside of the root ${quote(root)} and not above it, found ${quote(history)}`);
  }
  const reconcileMs = msOf(options.reconcile ?? 60_000, 'zookeeper({ reconcile })');
  if (reconcileMs > longestReconcileMs) throw wrongOption('zookeeper({ reconcile })', 'at most 21 days', options.reconcile);
  const connection = client === undefined ? connectionOf(options) : undefined;
  if (client !== undefined) checkClient(client, options);
  const place: Place = {
    what: name, root, layout, separator, gzip, history, historyLength,
    acl: aclOf(options),
    chroot: chrootOf(connection?.connect ?? ''),
    format: options.format === undefined ? (formatForPath(root) ?? formatNamed('properties')) : formatOption('zookeeper({ format })', options.format),
    heartbeat: heartbeat ? beside(root, 'heartbeat') : undefined,
  };
  return { place, reconcileMs, client, connection };
}

/** Of a root that is `/`: whether a node is part of it rather than of the server or of this library. */
export function isOwnedBy({ root, history }: Place, path: string): boolean {
  // The heartbeat may be that of another reader.
  return root !== '/' || !['/zookeeper', history, beside(root, 'heartbeat')].some((other) => path === other || path.startsWith(`${other}/`));
}

function beside(root: string, what: string): string {
  return root === '/' ? `/calumma-${what}` : `${root}-${what}`;
}

function chrootOf(connect: string): string {
  const slash = connect.indexOf('/');
  return slash < 0 ? '' : connect.slice(slash).replace(/\/$/, '');
}

function checkNode(option: string, path: unknown): asserts path is string {
  checkText(`zookeeper({ ${option} })`, path);
  const problem = pathProblem(path);
  if (problem !== undefined) throw new ConfigError('CALUMMA_OPTION', `zookeeper({ ${option} }): expected the path of a node, such as "/config/gateway", found ${quote(path)}: ${problem.replace(/, found .*$/s, '')}`);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function connectionOf({ connect, auth = [], tls = false, sessionTimeout = 6_000 }: ZooKeeperSourceOptions): ZooKeeperOptions {
  const servers = typeof connect === 'string' ? connect.trim() : isTexts(connect) ? connect.map((server) => server.trim()).join(',') : undefined;
  if (servers === undefined || servers === '') throw optionError('zookeeper({ connect })', 'servers, such as "zk1:2181,zk2:2181", or a list of them', connect);
  const list = (Array.isArray(auth) ? auth : [auth]) as readonly Auth[];
  const options = { connect: servers, auth: list, tls, sessionTimeoutMs: Math.round(msOf(sessionTimeout, 'zookeeper({ sessionTimeout })')) };
  // It connects when it is first asked for something: until then it only looks at its options.
  asOption(() => void new ZooKeeperClient(options).close());
  return options;
}

/** @throws ConfigError CALUMMA_OPTION in place of what the client says */
function asOption(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error;
    throw new ConfigError('CALUMMA_OPTION', `zookeeper(options): ${error.message.replace(/^(?:ZooKeeperClient|acl)(?: \S+)?: /, '')}`, { cause: error.cause });
  }
}

function aclOf({ acl = openAcl, auth, client, root }: ZooKeeperSourceOptions): readonly Acl[] {
  asOption(() => checkAcls('acl', acl, root));
  const isSomebody = client !== undefined || (Array.isArray(auth) ? auth.length > 0 : auth !== undefined);
  if (!isSomebody && acl.some(({ scheme }) => scheme === 'auth')) throw new ConfigError('CALUMMA_OPTION', 'zookeeper({ acl }): expected auth beside rights for the creator, found none: nobody could ever read what is written');
  return acl;
}

function checkClient(client: unknown, options: ZooKeeperSourceOptions): void {
  const beside = (['connect', 'auth', 'tls', 'sessionTimeout'] as const).find((name) => options[name] !== undefined);
  if (beside !== undefined) throw new ConfigError('CALUMMA_OPTION', `zookeeper(options): expected either client or ${beside}, found both`);
  const { multiRead, addWatch } = (client as Partial<ZooKeeperClient> | null) ?? {};
  if (typeof multiRead !== 'function' || typeof addWatch !== 'function') throw optionError('zookeeper({ client })', 'a ZooKeeperClient', client);
}
