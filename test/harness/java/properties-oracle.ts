import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TextEncoding } from '../../../src/formats/format.js';

/** A text as bytes, and what `java.util.Properties.load` makes of it: entries sorted by key, or `null` if it throws. */
export interface OracleCase {
  readonly bytes: Buffer;
  readonly encoding: TextEncoding;
}

export type OracleAnswer = readonly (readonly [key: string, value: string])[] | null;

/** Is there a Java compiler on the path? */
export function hasJava(): boolean {
  return spawnSync('javac', ['-version']).status === 0;
}

/** Asks one JVM about all texts. The class is compiled into a folder of its own, which is removed. */
export function askJava(cases: readonly OracleCase[]): OracleAnswer[] {
  const folder = mkdtempSync(join(tmpdir(), 'calumma-java-'));
  try {
    run('javac', ['-d', folder, join(import.meta.dirname, 'PropertiesOracle.java')]);
    return readAnswers(run('java', ['-XX:TieredStopAtLevel=1', '-cp', folder, 'PropertiesOracle'], questions(cases)), cases.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(command: string, args: readonly string[], input?: Buffer): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, maxBuffer: 1 << 28 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${String(status)}: ${stderr.toString()}`);
  return stdout;
}

function questions(cases: readonly OracleCase[]): Buffer {
  const parts = cases.flatMap(({ bytes, encoding }) => [int(encoding === 'latin1' ? 1 : 0), int(bytes.length), bytes]);
  return Buffer.concat([int(cases.length), ...parts]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function readAnswers(bytes: Buffer, count: number): OracleAnswer[] {
  let at = 0;
  const next = (): number => bytes.readInt32BE((at += 4) - 4);
  const text = (): string => {
    const length = next() * 2;
    at += length;
    return Buffer.from(bytes.subarray(at - length, at)).swap16().toString('utf16le');
  };
  return Array.from({ length: count }, () => {
    const size = next();
    if (size < 0) return null;
    return sorted(Array.from({ length: size }, () => [text(), text()] as const));
  });
}

/** By UTF-16 units: the order of a JVM's table means nothing. */
export function sorted(entries: Iterable<readonly [string, string]>): (readonly [string, string])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
