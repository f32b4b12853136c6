import { createHash } from 'node:crypto';

import { argumentError } from './errors.js';
import { checkKeys, kindOf } from './inputs.js';
import type { JuteReader, JuteWriter } from './jute.js';

/** What ZooKeeper knows about a node besides its data. Transaction ids are bigints: they do not fit a number exactly. */
export interface Stat {
  /** The transaction that created it. */
  readonly czxid: bigint;
  /** The transaction that last changed its data. */
  readonly mzxid: bigint;
  /** The transaction that last created or deleted a child of it. */
  readonly pzxid: bigint;
  /** When it was created, in milliseconds since 1970 by the leader's clock. */
  readonly ctime: number;
  /** When its data was last changed. */
  readonly mtime: number;
  /** How often its data was changed. Begins at 0 again when the node is deleted and created. */
  readonly version: number;
  /** How often children were created or deleted. */
  readonly cversion: number;
  /** How often its ACL was changed. */
  readonly aversion: number;
  /** The session it belongs to if it is ephemeral, else `0n` (containers and nodes with a TTL have marks of the server). */
  readonly ephemeralOwner: bigint;
  /** In bytes. */
  readonly dataLength: number;
  readonly numChildren: number;
}

export function readStat(reader: JuteReader): Stat {
  const czxid = reader.long();
  const mzxid = reader.long();
  const ctime = reader.time();
  const mtime = reader.time();
  const version = reader.int();
  const cversion = reader.int();
  const aversion = reader.int();
  const ephemeralOwner = reader.long();
  const dataLength = reader.int();
  const numChildren = reader.int();
  const pzxid = reader.long();
  return { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner, dataLength, numChildren };
}

const permissionBits = { read: 1, write: 2, create: 4, delete: 8, admin: 16 } as const;

/** What an ACL can permit: `create` and `delete` are about children, `admin` is setting the ACL. */
export type Permission = keyof typeof permissionBits;

const permissions = Object.keys(permissionBits) as Permission[];

/** Who may do what with a node, and with this node only: ACLs are not inherited. */
export interface Acl {
  /** `world`, `auth`, `digest`, `ip`, `x509` or what else the server has. */
  readonly scheme: string;
  /** `anyone` for `world`, `user:hash` for `digest` (see {@link digestId}), an address for `ip`. */
  readonly id: string;
  readonly permissions: 'all' | readonly Permission[];
}

/** Anyone may do anything. The default of `create`. */
export const openAcl: readonly Acl[] = [{ scheme: 'world', id: 'anyone', permissions: 'all' }];
/** Who the creator is authenticated as may do anything, nobody else may do something. */
export const creatorAcl: readonly Acl[] = [{ scheme: 'auth', id: '', permissions: 'all' }];
/** Anyone may read. */
export const readOnlyAcl: readonly Acl[] = [{ scheme: 'world', id: 'anyone', permissions: ['read'] }];

/**
 * The id under which an ACL knows someone who authenticates by user and password: `user:base64(sha1(user:password))`.
 *
 * @throws ZooKeeperError `BADARGUMENTS`
 * @example
 * await client.addAuth('digest', 'alice:secret');
 * await client.create('/private', 'x', { acl: [{ scheme: 'digest', id: digestId('alice', 'secret'), permissions: 'all' }] });
 */
export function digestId(user: string, password: string): string {
  // What stands before the first colon is the user, to every server: nobody could ever be this one.
  if (typeof user !== 'string' || user.includes(':')) throw argumentError('digestId', `expected the user as a string without a colon, found ${typeof user === 'string' ? 'one' : kindOf(user)}`);
  if (typeof password !== 'string') throw argumentError('digestId', `expected the password as a string, found ${kindOf(password)}`);
  return `${user}:${createHash('sha1').update(`${user}:${password}`).digest('base64')}`;
}

export function checkAcls(operation: string, acls: readonly Acl[], path: string): void {
  if (!Array.isArray(acls) || acls.length === 0) throw argumentError(operation, `expected an ACL with at least one entry, found ${Array.isArray(acls) ? 'none' : kindOf(acls)}`, path);
  for (const acl of acls as readonly Acl[]) checkAcl(operation, acl, path);
}

function checkAcl(operation: string, acl: Acl, path: string): void {
  checkKeys(operation, 'each entry of an ACL', acl, ['scheme', 'id', 'permissions']);
  const { scheme, id, permissions: allowed } = acl as Readonly<Record<keyof Acl, unknown>>;
  for (const text of [scheme, id]) if (typeof text !== 'string') throw argumentError(operation, `expected an ACL with scheme and id as strings, found ${kindOf(text)}`, path);
  if (allowed === 'all') return;
  const stranger: unknown = Array.isArray(allowed) ? allowed.find((word) => !permissions.includes(word as Permission)) : allowed;
  if (stranger !== undefined || allowed === undefined) {
    throw argumentError(operation, `expected permissions as "all" or an array of ${permissions.join(', ')}, found ${typeof stranger === 'string' ? JSON.stringify(stranger) : kindOf(stranger)}`, path);
  }
}

export function writeAcl({ scheme, id, permissions: allowed }: Acl, writer: JuteWriter): void {
  const words = allowed === 'all' ? permissions : allowed;
  writer.int(words.reduce((bits, word) => bits | permissionBits[word], 0)).string(scheme).string(id);
}

export function readAclEntry(reader: JuteReader): Acl {
  const bits = reader.int();
  const words = permissions.filter((word) => (bits & permissionBits[word]) !== 0);
  return { scheme: reader.string(), id: reader.string(), permissions: words.length === permissions.length ? 'all' : words };
}

/** What a session is known by. An id of `0n` asks for a new one. */
export interface SessionKey {
  readonly id: bigint;
  readonly password: Buffer;
}

export const noSession: SessionKey = { id: 0n, password: Buffer.alloc(16) };

export function writeConnect(writer: JuteWriter, key: SessionKey, timeoutMs: number, lastZxid: bigint, readOnly: boolean): void {
  const protocolVersion = 0;
  writer.int(protocolVersion).long(lastZxid).int(timeoutMs).long(key.id).buffer(key.password).bool(readOnly);
}

export interface ConnectReply {
  /** What the server grants, which may differ from what was asked. 0 or less: the session has expired. */
  readonly timeoutMs: number;
  readonly session: SessionKey;
  readonly readOnly: boolean;
}

export function readConnect(reader: JuteReader): ConnectReply {
  reader.int();
  const timeoutMs = reader.int();
  const session = { id: reader.long(), password: Buffer.from(reader.buffer()) };
  // Servers before 3.4 know nothing of read-only.
  return { timeoutMs, session, readOnly: reader.remaining > 0 && reader.bool() };
}

export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: bigint;
  readonly error: number;
}

export function readHeader(reader: JuteReader): ReplyHeader {
  return { xid: reader.int(), zxid: reader.long(), error: reader.int() };
}

const eventTypes = new Map([
  [1, 'created'],
  [2, 'deleted'],
  [3, 'changed'],
  [4, 'children'],
] as const);

/**
 * What happened to a node: `created`, `deleted`, `changed` (its data), `children` (one was created or deleted).
 */
export type WatchEventType = 'created' | 'deleted' | 'changed' | 'children';

/** Something happened to a node that is watched. It does not say what the node is now: read it. */
export interface WatchEvent {
  readonly type: WatchEventType;
  readonly path: string;
  /** The transaction that did it, where the server says so: ZooKeeper 3.9 does, 3.8 does not. */
  readonly zxid: bigint | undefined;
}

/** Undefined for what is about no node, and for a type of a later version: neither may end a connection. */
export function readEvent(reader: JuteReader, zxid: bigint): WatchEvent | undefined {
  const type = eventTypes.get(reader.int() as 1);
  reader.int();
  const path = reader.string();
  return type === undefined ? undefined : { type, path, zxid: zxid > 0n ? zxid : undefined };
}
