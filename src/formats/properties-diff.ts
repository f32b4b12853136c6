import { endsLine } from './properties-pieces.js';

/** Logical lines of the one text in whose place stand those of the other. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** Where logical lines start; the content of a file begins at one. */
export interface LineStarts {
  readonly old: number;
  readonly new: number;
}

const LF = 10;

/** How many lines are looked at, in turn, to find where two texts run together again. */
const windows = [2, 16, 128, 2048];

/**
 * Which logical lines differ between two texts, in order; `undefined` when they differ so much that reading the new
 * text as a whole is cheaper. Any list that accounts for both texts is right; this one is short when changes are small.
 *
 * Equal stretches are skipped by comparing memory, so that a text of 10 MB costs about as much as reading it once.
 */
export function* diffLines(
  before: Buffer,
  after: Buffer,
  start: LineStarts,
  pause: () => Generator<void, void, void>,
): Generator<void, Hunk[] | undefined, void> {
  const hunks: Hunk[] = [];
  const end = commonEnd(before, after, start);
  let from = start;
  for (;;) {
    yield* pause();
    const same = commonLength(before, after, from, end);
    if (from.old + same === end.old && from.new + same === end.new) return hunks;
    const step = lastLineStart(after, from.new, from.new + same) - from.new;
    from = { old: from.old + step, new: from.new + step };
    const next = meetingPoint(before, after, from, end);
    if (next === undefined) return undefined;
    hunks.push({ oldStart: from.old, oldEnd: next.old, newStart: from.new, newEnd: next.new });
    from = next;
  }
}

/** Where both texts, up to their ends, have the same lines. */
function commonEnd(before: Buffer, after: Buffer, start: LineStarts): LineStarts {
  const most = Math.min(before.length - start.old, after.length - start.new);
  const tail = commonRun(most, (done, size) => {
    const [oldEnd, newEnd] = [before.length - done, after.length - done];
    return before.compare(after, newEnd - size, newEnd, oldEnd - size, oldEnd) === 0;
  });
  const shift = before.length - after.length;
  for (let at = after.indexOf(LF, after.length - tail); at >= 0; at = after.indexOf(LF, at + 1)) {
    if (endsLine(after, at, start.new) && endsLine(before, at + shift, start.old)) return { old: at + shift + 1, new: at + 1 };
  }
  return { old: before.length, new: after.length };
}

/** How many bytes are equal from two places on. */
function commonLength(before: Buffer, after: Buffer, from: LineStarts, end: LineStarts): number {
  const most = Math.min(end.old - from.old, end.new - from.new);
  return commonRun(most, (done, size) => {
    const [oldStart, newStart] = [from.old + done, from.new + done];
    return before.compare(after, newStart, newStart + size, oldStart, oldStart + size) === 0;
  });
}

/** How long a run is equal: steps that double while they are, then halves of the step that was not. */
function commonRun(most: number, equal: (done: number, size: number) => boolean): number {
  let same = 0;
  let size = Math.min(128, most);
  while (same < most && equal(same, size)) {
    same += size;
    size = Math.min(size * 2, most - same);
  }
  while (size > 1) {
    const half = size >> 1;
    if (equal(same, half)) {
      same += half;
      size -= half;
    } else {
      size = half;
    }
  }
  return same;
}

/** The nearest place where both texts have the same line again. */
function meetingPoint(before: Buffer, after: Buffer, from: LineStarts, end: LineStarts): LineStarts | undefined {
  if (from.old === end.old || from.new === end.new) return end;
  for (const most of windows) {
    const oldLines = nextLines(before, from.old, end.old, most);
    const newLines = nextLines(after, from.new, end.new, most);
    const met = firstInBoth(oldLines, newLines);
    if (met !== undefined) return met;
  }
  return undefined;
}

interface Line {
  readonly start: number;
  /** As Latin-1, which tells bytes apart as well as any; empty at the end of the text. */
  readonly text: string;
}

function nextLines(bytes: Buffer, from: number, to: number, most: number): Line[] {
  const lines: Line[] = [];
  let start = from;
  while (lines.length < most && start < to) {
    const end = nextLineStart(bytes, start, to);
    lines.push({ start, text: bytes.toString('latin1', start, end) });
    start = end;
  }
  if (start === to) lines.push({ start, text: '' });
  return lines;
}

function firstInBoth(oldLines: readonly Line[], newLines: readonly Line[]): LineStarts | undefined {
  const seen = new Map(oldLines.map(({ text }, index) => [text, index] as const).reverse());
  let nearest: LineStarts | undefined;
  let distance = Infinity;
  for (const [index, line] of newLines.entries()) {
    if (index >= distance) break;
    const oldIndex = seen.get(line.text);
    if (oldIndex === undefined || oldIndex + index >= distance) continue;
    distance = oldIndex + index;
    nearest = { old: oldLines[oldIndex]?.start ?? 0, new: line.start };
  }
  return nearest;
}

function nextLineStart(bytes: Buffer, from: number, to: number): number {
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < to; at = bytes.indexOf(LF, at + 1)) {
    if (endsLine(bytes, at, from)) return at + 1;
  }
  return to;
}

function lastLineStart(bytes: Buffer, from: number, to: number): number {
  const part = bytes.subarray(from, to);
  for (let at = part.lastIndexOf(LF); at >= 0; at = at === 0 ? -1 : part.lastIndexOf(LF, at - 1)) {
    if (endsLine(part, at, 0)) return from + at + 1;
  }
  return from;
}
