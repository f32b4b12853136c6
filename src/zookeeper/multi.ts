import { argumentError, codeOf, protocolError, replyError, type ZooKeeperCode, type ZooKeeperError } from './errors.js';
import { checkKeys, checkList, kindOf } from './inputs.js';
import type { JuteReader, JuteWriter } from './jute.js';
import { checkPath, type Chroot } from './paths.js';
import { readStat, type Stat } from './records.js';
import { bytesOf, checkVersion, createBody, frameOf, opcodes, readCreated, readPath, type CreateOptions, type Data, type Request } from './requests.js';

/** One operation of a transaction. A `version` is the expected one; without it any will do. */
export type Operation =
  | ({ readonly op: 'create'; readonly path: string; readonly data?: Data } & CreateOptions)
  | { readonly op: 'set'; readonly path: string; readonly data: Data; readonly version?: number }
  | { readonly op: 'delete'; readonly path: string; readonly version?: number }
  | { readonly op: 'check'; readonly path: string; readonly version: number };

/** What an operation of a transaction did. */
export type OperationResult =
  /** The stat comes for containers and nodes with a TTL only: for others the server does not send it. */
  | { readonly op: 'create'; readonly path: string; readonly stat: Stat | undefined }
  | { readonly op: 'set'; readonly path: string; readonly stat: Stat }
  | { readonly op: 'delete'; readonly path: string }
  | { readonly op: 'check'; readonly path: string };

/** One read of many: a node's data and stat, or the names of its children. */
export interface Read {
  readonly op: 'get' | 'children';
  readonly path: string;
}

/** What a read gave. One that failed leaves the others alone. */
export type ReadResult =
  | { readonly op: 'get'; readonly path: string; readonly data: Buffer; readonly stat: Stat }
  | { readonly op: 'children'; readonly path: string; readonly children: string[] }
  | { readonly op: 'error'; readonly path: string; readonly error: ZooKeeperError };

interface Piece {
  readonly opcode: number;
  readonly size: number;
  readonly write: (writer: JuteWriter) => void;
}

/** @throws ZooKeeperError `BADARGUMENTS` */
export function multi(root: Chroot, operations: readonly Operation[]): Request<OperationResult[]> {
  checkList('multi', 'operations', operations);
  const pieces = operations.map((operation) => pieceOf(root, operation));
  return {
    operation: 'multi',
    path: undefined,
    frame: multiFrame(opcodes.multi, pieces),
    decode: (reader) => readResults(root, reader, operations),
  };
}

/** @throws ZooKeeperError `BADARGUMENTS` */
export function multiRead(root: Chroot, reads: readonly Read[], views: boolean): Request<ReadResult[]> {
  checkList('multiRead', 'reads', reads);
  const pieces = reads.map((read) => readPiece(root, read));
  return {
    operation: 'multiRead',
    path: undefined,
    frame: multiFrame(opcodes.multiRead, pieces),
    decode: (reader) => readMany(reader, reads, (from, read, type) => readOne(from, read, type, views)),
  };
}

function pieceOf(root: Chroot, operation: Operation): Piece {
  checkOperation(operation);
  const { op, path } = operation;
  if (op === 'create') return createBody(root, path, operation.data ?? '', operation);
  checkPath(`multi ${op}`, path);
  const place = root.outward(path);
  const size = path.length * 3 + 32;
  if (op === 'set') {
    const bytes = bytesOf('multi set', operation.data, path);
    return { opcode: opcodes.setData, size: size + bytes.length, write: (writer) => writer.string(place).buffer(bytes).int(operation.version ?? -1) };
  }
  const opcode = op === 'delete' ? opcodes.delete : opcodes.check;
  return { opcode, size, write: (writer) => writer.string(place).int(operation.version ?? -1) };
}

const keysOf = {
  create: ['data', 'mode', 'sequential', 'ttlMs', 'acl'],
  set: ['data', 'version'],
  delete: ['version'],
  check: ['version'],
} as const satisfies Readonly<Record<Operation['op'], readonly string[]>>;

/** One that is unknown must not be taken for another, and what is misspelled not for left out. */
function checkOperation(operation: Operation): void {
  checkWord('multi', operation, Object.keys(keysOf));
  const { op, path } = operation;
  checkKeys(`multi ${op}`, 'an operation', operation, ['op', 'path', ...keysOf[op]]);
  if (op !== 'create') checkVersion(`multi ${op}`, op === 'check' ? operation.version : (operation.version ?? -1), path);
}

function checkWord(name: string, asked: unknown, words: readonly string[]): void {
  const op = (asked as { readonly op?: unknown } | null | undefined)?.op;
  if (!words.includes(op as string)) throw argumentError(name, `expected objects with op as ${words.map((word) => `"${word}"`).join(', ')}, found ${typeof op === 'string' ? JSON.stringify(op) : kindOf(op === undefined ? asked : op)}`);
}

function readPiece(root: Chroot, read: Read): Piece {
  checkWord('multiRead', read, ['get', 'children']);
  const { op, path } = read;
  checkPath(`multiRead ${op}`, path);
  const opcode = op === 'get' ? opcodes.getData : opcodes.getChildren;
  return { opcode, size: path.length * 3 + 32, write: (writer) => writer.string(root.outward(path)).bool(false) };
}

// Before each piece stands what it is; a last header says that there are no more.
function multiFrame(opcode: number, pieces: readonly Piece[]): Buffer {
  const write = (writer: JuteWriter): void => {
    for (const piece of pieces) {
      writer.int(piece.opcode).bool(false).int(-1);
      piece.write(writer);
    }
    writer.int(-1).bool(true).int(-1);
  };
  return frameOf(opcode, write, pieces.reduce((sum, piece) => sum + piece.size + 16, 16));
}

type Reader<O, R> = (reader: JuteReader, asked: O, type: number) => R;

function readMany<O, R>(reader: JuteReader, asked: readonly O[], read: Reader<O, R>): R[] {
  const results: R[] = [];
  for (;;) {
    const type = reader.int();
    const last = reader.bool();
    reader.int();
    if (last) break;
    const operation = asked[results.length];
    if (operation === undefined) throw protocolError(`expected ${asked.length} results, found more`);
    results.push(read(reader, operation, type));
  }
  if (results.length !== asked.length) throw protocolError(`expected ${asked.length} results, found ${results.length}`);
  return results;
}

const errorType = -1;

function readOne(reader: JuteReader, { op, path }: Read, type: number, views: boolean): ReadResult {
  if (type === errorType) return { op: 'error', path, error: replyError(`multiRead ${op}`, path, reader.int()) };
  if (type === opcodes.getData && op === 'get') return { op, path, data: views ? reader.view() : reader.buffer(), stat: readStat(reader) };
  if (type === opcodes.getChildren && op === 'children') return { op, path, children: reader.vector((names) => names.string()) };
  throw protocolError(`expected the result of ${op}, found one of type ${type}`);
}

// A transaction that failed has an error for each operation: 0 before the one to blame, -2 behind it.
function readResults(root: Chroot, reader: JuteReader, operations: readonly Operation[]): OperationResult[] | ZooKeeperError {
  const failures: number[] = [];
  const results = readMany<Operation, OperationResult | undefined>(reader, operations, (from, operation, type) => {
    if (type !== errorType) return readResult(root, from, operation, type);
    failures.push(from.int());
    return undefined;
  });
  const whole = results.filter((result) => result !== undefined);
  return failures.length === 0 ? whole : failureOf(operations, failures);
}

function readResult(root: Chroot, reader: JuteReader, { op, path }: Operation, type: number): OperationResult {
  if (op === 'create' && type === opcodes.create2) return { op, ...readCreated(root, reader) };
  if (op === 'create' && type === opcodes.create) return { op, path: readPath(root, reader), stat: undefined };
  if (op === 'set' && type === opcodes.setData) return { op, path, stat: readStat(reader) };
  if (op === 'delete' && type === opcodes.delete) return { op, path };
  if (op === 'check' && type === opcodes.check) return { op, path };
  throw protocolError(`expected the result of ${op}, found one of type ${type}`);
}

const notTried = -2;

function failureOf(operations: readonly Operation[], failures: readonly number[]): ZooKeeperError {
  const results = failures.map((number): ZooKeeperCode | undefined => (number === 0 ? undefined : codeOf(number)));
  const blamed = failures.findIndex((number) => number !== 0 && number !== notTried);
  const index = blamed < 0 ? failures.findIndex((number) => number !== 0) : blamed;
  const operation = operations[index];
  return replyError(`multi ${operation?.op ?? ''} (operation ${index + 1} of ${operations.length})`, operation?.path, failures[index] ?? notTried, { results });
}
