import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';

import type { RememberedReading } from '../../core/model.js';
import { quote } from '../../core/redact.js';
import { BodyReader, formatName, type Header, headerOf, isHeader, newline, type Owner } from './content.js';
import type { Place } from './place.js';
import { Refusal } from './refusal.js';
import { opening, sealBytes } from './seal.js';

/** 10 MB that are all NUL characters take 60: what is larger was not written by us, and may be anything. */
export const largestFile = 64 * 1024 * 1024;

/** A header is a few hundred bytes, and as long as the source's word for its version. */
export const largestHeader = 64 * 1024;

const pieceBytes = 1024 * 1024;
/** Windows has no O_NONBLOCK; without it a pipe in the file's place would wait for its writer. */
const flags = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/**
 * What a file holds, read at once and piece by piece: fresh memory of the size of the file would take as long as reading it.
 *
 * @throws Refusal when it cannot be used, or the system's error
 */
export function readCache(place: Place, owner: Owner, key: KeyObject | undefined): RememberedReading {
  const descriptor = openSync(place.path, flags);
  try {
    const file = new OpenFile(descriptor);
    const line = headerLineIn(file);
    const header = headerFor(owner, line, key !== undefined);
    return readingOf(header, entriesIn(file, line, header, key), place.shown);
  } finally {
    closeSync(descriptor);
  }
}

class OpenFile {
  readonly size: number;
  readonly #descriptor: number;

  constructor(descriptor: number) {
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) throw new Refusal('a folder in its place');
    if (!stats.isFile()) throw new Refusal('something that is no file');
    if (stats.size > largestFile) throw new Refusal(`${stats.size} bytes, more than ${largestFile}`);
    if (stats.size === 0) throw new Refusal('an empty file');
    this.size = stats.size;
    this.#descriptor = descriptor;
  }

  /** The bytes between two places, in pieces that are written over by the next. */
  *pieces(from: number, to: number): Generator<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(pieceBytes, to - from)));
    for (let at = from; at < to; ) {
      const count = readSync(this.#descriptor, buffer, 0, Math.min(buffer.length, to - at), at);
      if (count === 0) throw new Refusal('that it is cut off');
      yield buffer.subarray(0, count);
      at += count;
    }
  }

  bytes(from: number, to: number): Buffer {
    return Buffer.concat(Array.from(this.pieces(from, to), (piece) => Buffer.from(piece)));
  }
}

function headerLineIn(file: OpenFile): Buffer {
  const start = file.bytes(0, Math.min(file.size, largestHeader));
  const end = start.indexOf(newline);
  if (end < 0) throw new Refusal('no header at its beginning');
  return start.subarray(0, end + 1);
}

function headerFor({ layer, from }: Owner, line: Buffer, hasKey: boolean): Header {
  const header = headerOf(line);
  if (header === undefined) throw new Refusal('no header at its beginning');
  if (header.format !== formatName) throw new Refusal(`the format ${quote(header.format)}, not ${quote(formatName)}`);
  if (!isHeader(header)) throw new Refusal('a damaged header');
  if (header.layer !== layer) throw new Refusal(`what was kept for the layer ${quote(header.layer)}`);
  if (from !== undefined && header.from?.some((one) => from.includes(one)) === false) throw new Refusal(`what was kept from ${quote(header.from.join(', '))}, not from ${quote(from.join(', '))}`);
  if (header.encryption !== undefined && !hasKey) throw new Refusal('an encrypted file, and no key to read it with');
  if (header.encryption === undefined && hasKey) throw new Refusal('a file that is not encrypted, though there is a key');
  return header;
}

function entriesIn(file: OpenFile, line: Buffer, header: Header, key: KeyObject | undefined): Map<string, string> {
  const { encryption } = header;
  const bodyEnd = file.size - sealBytes(encryption);
  if (bodyEnd < line.length) throw new Refusal('that it is cut off');
  const end = file.bytes(bodyEnd, file.size);
  const lock = key === undefined || encryption === undefined ? undefined : { key, encryption };
  const opened = opening(line, end, lock);
  const body = new BodyReader();
  for (const piece of file.pieces(line.length, bodyEnd)) body.take(opened.update(piece));
  const entries = body.end();
  // Asked last, but whatever the body was: nothing is used before it is known to be whole.
  if (opened.holds() && entries?.size === header.keys) return entries;
  throw new Refusal(lock === undefined ? 'that it is cut off or damaged' : 'that it is cut off or damaged, or was written with another key');
}

function readingOf({ keptAt, version, writtenAt, from }: Header, entries: Map<string, string>, shown: string): RememberedReading {
  return {
    kind: 'full',
    entries,
    keptAt,
    locate: (key) => (entries.has(key) ? `cache:${shown}` : undefined),
    ...(from === undefined ? {} : { from }),
    ...(version === undefined ? {} : { version }),
    ...(writtenAt === undefined ? {} : { writtenAt }),
  };
}
