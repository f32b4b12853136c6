import type { FileContent } from './contract.js';

/** What the decisions need to know of the options, in ms. */
export interface Times {
  readonly settleMs: number;
  readonly removalGraceMs: number;
}

/** How long something unreadable must last: a folder or a locked file in the midst of a swap is nobody's business. */
const unreadableMs = 100;
/** How long content that looks cut off is waited for; after that it was meant so. */
const cutOffMs = 500;
const newline = 10;

/**
 * For how long a new state of a path must have stood still before it is believed.
 *
 * @param before what the path was last known to hold; `undefined` when nothing is known yet and nothing is lost by haste
 */
export function neededQuiet(before: FileContent | undefined, now: FileContent, times: Times): number {
  switch (now.kind) {
    case 'missing':
      return before === undefined ? 0 : times.removalGraceMs;
    case 'unreadable':
      return before === undefined ? 0 : unreadableMs;
    case 'content':
      return looksCutOff(before, now.bytes) ? Math.max(cutOffMs, times.settleMs) : times.settleMs;
  }
}

/**
 * Whether a writer may still be at it: the file was emptied, lost the newline at its end, or shrank to less than half.
 * Writers truncate first and write later, and some write in pieces with pauses between.
 */
export function looksCutOff(before: FileContent | undefined, bytes: Buffer): boolean {
  if (bytes.length === 0) return true;
  if (before?.kind !== 'content') return false;
  const lostNewline = before.bytes.at(-1) === newline && bytes.at(-1) !== newline;
  return lostNewline || bytes.length * 2 < before.bytes.length;
}

/** Two clocks at once: files are dated by the wall clock, which can be set; waiting is measured by the steady one. */
export interface Moment {
  readonly wall: number;
  readonly steady: number;
}

export function thisMoment(): Moment {
  return { wall: Date.now(), steady: performance.now() };
}

/**
 * For how long nothing was written, in ms.
 *
 * Measured from the file's own mtime, so that a finished file renamed in is read at once. A mtime in the future says
 * nothing (a wrong clock, `touch -d`): then only what we saw ourselves counts.
 */
export function quietFor(mtimeMs: number, seenAt: number, now: Moment): number {
  return Math.max(now.wall - mtimeMs, now.steady - seenAt);
}

export function sameContent(a: FileContent | undefined, b: FileContent): boolean {
  if (a === undefined) return false;
  if (a.kind === 'content' && b.kind === 'content') return a.bytes.equals(b.bytes);
  if (a.kind === 'unreadable' && b.kind === 'unreadable') return a.error.code === b.error.code;
  return a.kind === b.kind;
}
