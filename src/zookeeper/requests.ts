import { argumentError, type ZooKeeperCode, type ZooKeeperError } from './errors.js';
import { kindOf } from './inputs.js';
import { JuteWriter, type JuteReader } from './jute.js';
import { lengthBytes } from './frames.js';
import { checkAcls, openAcl, readAclEntry, readStat, writeAcl, type Acl, type Stat } from './records.js';
import { checkPath, type Chroot } from './paths.js';

/** Operations by their numbers on the wire. */
export const opcodes = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  removeWatches: 18,
  createContainer: 19,
  createTTL: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  closeSession: -11,
} as const;

/** Numbers that stand for a request in place of its own: their replies come when they like. */
export const xids = { event: -1, ping: -2, auth: -4, setWatches: -8 } as const;

/** A request, encoded when it is made: what the caller does with his buffer afterwards does not matter. */
export interface Request<T> {
  /** For messages. */
  readonly operation: string;
  /** As the caller wrote it. */
  readonly path: string | undefined;
  /** Length, xid, operation, then the rest. The xid is written when it is sent. */
  readonly frame: Buffer;
  /** An error that it returns is the server's answer; what it throws says that the bytes are no answer at all. */
  readonly decode: (reader: JuteReader) => T | ZooKeeperError;
  /** Errors that are an answer: no node, for `exists`. */
  readonly answers?: ReadonlyMap<ZooKeeperCode, T>;
}

const headerBytes = lengthBytes + 8;

/** @param opcode and `xid` where it is a fixed one */
export function frameOf(opcode: number, write: (writer: JuteWriter) => void, size = 128, xid = 0): Buffer {
  const writer = new JuteWriter(size + headerBytes).int(0).int(xid).int(opcode);
  write(writer);
  return closed(writer);
}

/** A frame without a header: the first of a connection. */
export function bareFrame(write: (writer: JuteWriter) => void): Buffer {
  const writer = new JuteWriter().int(0);
  write(writer);
  return closed(writer);
}

function closed(writer: JuteWriter): Buffer {
  const frame = writer.bytes();
  frame.writeInt32BE(frame.length - lengthBytes, 0);
  return frame;
}

export function numberFrame(frame: Buffer, xid: number): void {
  frame.writeInt32BE(xid, lengthBytes);
}

/** Whether a read leaves a watch stands in its last byte; it is known only when the read is sent. */
export function markWatch(frame: Buffer, watch: boolean): void {
  frame[frame.length - 1] = watch ? 1 : 0;
}

const nothing = (): undefined => undefined;

/** What a node holds: bytes, or text as UTF-8. */
export type Data = string | Uint8Array;

export function bytesOf(operation: string, data: Data, path: string): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof Uint8Array) return data;
  throw argumentError(operation, `expected the data as a string or a Uint8Array, found ${kindOf(data)}`, path);
}

export function checkVersion(operation: string, version: number, path: string): void {
  if (!Number.isInteger(version) || version < -1 || version > 0x7fff_ffff) throw argumentError(operation, `expected a version from 0 on, or -1 for any, found ${typeof version === 'number' ? version : kindOf(version)}`, path);
}

export interface CreateOptions {
  /**
   * `persistent` stays until it is deleted, `ephemeral` goes with the session, `container` goes some time after its last
   * child. Default `persistent`.
   */
  readonly mode?: 'persistent' | 'ephemeral' | 'container';
  /** Ten digits are put behind the name, which grow with each child of the parent. Default false. */
  readonly sequential?: boolean;
  /** The node goes when it was not changed for so long and has no children. The server must allow it. Default: it stays. */
  readonly ttlMs?: number;
  /** Default: anyone may do anything, {@link openAcl}. */
  readonly acl?: readonly Acl[];
}

const largestTtl = 0x00ff_ffff_ffff; // EphemeralType.TTL: 40 bits

/** The operation and its arguments, for a `create` of its own and for one in a `multi`. */
export interface CreateBody {
  readonly opcode: number;
  readonly size: number;
  readonly write: (writer: JuteWriter) => void;
}

/** @throws ZooKeeperError `BADARGUMENTS` */
export function createBody(root: Chroot, path: string, data: Data, options: CreateOptions): CreateBody {
  const { mode = 'persistent', sequential = false, ttlMs, acl = openAcl } = options;
  // What a sequential node is called is only its beginning: "/queue/" is one.
  checkPath('create', sequential && typeof path === 'string' ? `${path}0` : path);
  checkAcls('create', acl, path);
  const bytes = bytesOf('create', data, path);
  const flags = createFlags(mode, sequential, ttlMs, path);
  const opcode = ttlMs !== undefined ? opcodes.createTTL : mode === 'container' ? opcodes.createContainer : opcodes.create2;
  const write = (writer: JuteWriter): void => {
    writer.string(root.outward(path)).buffer(bytes).vector(acl, writeAcl).int(flags);
    if (ttlMs !== undefined) writer.long(BigInt(ttlMs));
  };
  return { opcode, write, size: bytes.length + path.length * 3 + 200 };
}

// CreateMode.java: 1 ephemeral, 2 sequential, both bits together 3, container 4, with TTL 5, with TTL and sequential 6.
function createFlags(mode: CreateOptions['mode'], sequential: boolean, ttlMs: number | undefined, path: string): number {
  if (ttlMs !== undefined) {
    if (mode !== 'persistent') throw argumentError('create', `expected a TTL for a persistent node only, found mode "${String(mode)}"`, path);
    if (!Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > largestTtl) throw argumentError('create', `expected ttlMs from 1 to ${largestTtl}, found ${String(ttlMs)}`, path);
    return sequential ? 6 : 5;
  }
  if (mode === 'container') {
    if (sequential) throw argumentError('create', 'a container cannot be sequential', path);
    return 4;
  }
  if (mode !== 'ephemeral' && mode !== 'persistent') throw argumentError('create', `expected the mode persistent, ephemeral or container, found ${JSON.stringify(mode)}`, path);
  return (mode === 'ephemeral' ? 1 : 0) + (sequential ? 2 : 0);
}

export interface Created {
  /** With the digits of a sequential node. */
  readonly path: string;
  readonly stat: Stat;
}

export function readPath(root: Chroot, reader: JuteReader): string {
  const path = reader.string();
  return root.inward(path) ?? path;
}

export function readCreated(root: Chroot, reader: JuteReader): Created {
  return { path: readPath(root, reader), stat: readStat(reader) };
}

export interface NodeData {
  /** Empty for a node without data. May be a view of the reply: do not write to it. */
  readonly data: Buffer;
  readonly stat: Stat;
}

export function readNodeData(reader: JuteReader): NodeData {
  return { data: reader.buffer(), stat: readStat(reader) };
}

export interface NodeChildren {
  /** Names, not paths; in no particular order. */
  readonly children: string[];
  readonly stat: Stat;
}

/** All requests about one path. They throw `BADARGUMENTS` for what no server would take. */
export class Requests {
  readonly #root: Chroot;

  constructor(root: Chroot) {
    this.#root = root;
  }

  create(path: string, data: Data, options: CreateOptions): Request<Created> {
    const { opcode, write, size } = createBody(this.#root, path, data, options);
    return { operation: 'create', path, frame: frameOf(opcode, write, size), decode: (reader) => readCreated(this.#root, reader) };
  }

  delete(path: string, version: number): Request<void> {
    checkVersion('delete', version, path);
    return this.#about('delete', opcodes.delete, path, nothing, (writer) => writer.int(version));
  }

  exists(path: string): Request<Stat | undefined> {
    return { ...this.#about<Stat | undefined>('exists', opcodes.exists, path, readStat, unwatched), answers: noNode };
  }

  getData(path: string): Request<NodeData> {
    return this.#about('getData', opcodes.getData, path, readNodeData, unwatched);
  }

  setData(path: string, data: Data, version: number): Request<Stat> {
    checkVersion('setData', version, path);
    const bytes = bytesOf('setData', data, path);
    return this.#about('setData', opcodes.setData, path, readStat, (writer) => writer.buffer(bytes).int(version), bytes.length);
  }

  getChildren(path: string): Request<NodeChildren> {
    const decode = (reader: JuteReader): NodeChildren => ({ children: reader.vector((names) => names.string()), stat: readStat(reader) });
    return this.#about('getChildren', opcodes.getChildren2, path, decode, unwatched);
  }

  getAllChildrenNumber(path: string): Request<number> {
    return this.#about('getAllChildrenNumber', opcodes.getAllChildrenNumber, path, (reader) => reader.int());
  }

  sync(path: string): Request<void> {
    return this.#about('sync', opcodes.sync, path, nothing);
  }

  getAcl(path: string): Request<{ acl: Acl[]; stat: Stat }> {
    return this.#about('getAcl', opcodes.getACL, path, (reader) => ({ acl: reader.vector(readAclEntry), stat: readStat(reader) }));
  }

  setAcl(path: string, acl: readonly Acl[], version: number): Request<Stat> {
    checkVersion('setAcl', version, path);
    checkAcls('setAcl', acl, path);
    return this.#about('setAcl', opcodes.setACL, path, readStat, (writer) => writer.vector(acl, writeAcl).int(version));
  }

  addWatch(path: string, mode: number): Request<void> {
    return this.#about('addWatch', opcodes.addWatch, path, nothing, (writer) => writer.int(mode));
  }

  removeWatches(path: string, type: number): Request<void> {
    return this.#about('removeWatches', opcodes.removeWatches, path, nothing, (writer) => writer.int(type));
  }

  #about<T>(operation: string, opcode: number, path: string, decode: (reader: JuteReader) => T, more?: (writer: JuteWriter) => void, size = 0): Request<T> {
    checkPath(operation, path);
    const write = (writer: JuteWriter): void => {
      writer.string(this.#root.outward(path));
      more?.(writer);
    };
    return { operation, path, decode, frame: frameOf(opcode, write, size + path.length * 3 + 64) };
  }
}

const noNode: ReadonlyMap<ZooKeeperCode, undefined> = new Map([['NONODE', undefined]]);
const unwatched = (writer: JuteWriter): void => void writer.bool(false);
