import { gunzipSync, gzipSync } from 'node:zlib';

import { SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import type { TreeNode } from '../../zookeeper/tree/index.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface Reading {
  readonly what: string;
  readonly gzip: boolean;
  /** Bytes that one value may become. */
  readonly maxBytes: number;
}

/**
 * What a node says.
 *
 * @throws SourceError for what is no UTF-8, or no whole gzip; it names the node, never what it holds
 */
export function textIn(node: TreeNode, { what, gzip, maxBytes }: Reading): string {
  const { text = '', path } = node;
  // Text of ASCII stays the very string that the cache holds, in memory once; U+FFFD may stand for what is no UTF-8.
  if (!gzip && !text.includes('\uFFFD')) return text;
  const data = node.data ?? Buffer.alloc(0);
  const bytes = gzip && data[0] === 0x1f && data[1] === 0x8b ? unpacked(data, path, what, maxBytes) : data;
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new SourceError(`${what}: node ${quote(path)}: expected UTF-8, found ${bytes.length} bytes that are none: write it as text, or move it out of the root`, { cause });
  }
}

function unpacked(data: Buffer, path: string, what: string, maxOutputLength: number): Buffer {
  try {
    return gunzipSync(data, { maxOutputLength });
  } catch (cause) {
    throw new SourceError(`${what}: node ${quote(path)}: expected gzip that is whole, of at most ${maxOutputLength} bytes of text, found ${data.length} bytes that are not: write it again`, { cause });
  }
}

/** What is stored for a text. */
export function dataOf(text: string, gzip: boolean): Buffer {
  const bytes = Buffer.from(text);
  if (!gzip) return bytes;
  const packed = gzipSync(bytes);
  return packed.length < bytes.length || (bytes[0] === 0x1f && bytes[1] === 0x8b) ? packed : bytes;
}
