import { describe, expect, it } from 'vitest';
import type { FileContent } from '../../../src/sources/watch/contract.js';
import { looksCutOff, neededQuiet, quietFor, sameContent } from '../../../src/sources/watch/settle.js';

const text = (content: string): FileContent & { kind: 'content' } => ({ kind: 'content', bytes: Buffer.from(content), mtimeMs: 0 });
const missing: FileContent = { kind: 'missing' };
const failed = (code: string): FileContent => ({ kind: 'unreadable', error: Object.assign(new Error(code), { code }) });
const times = { settleMs: 20, removalGraceMs: 2_000 };

describe('content looks cut off', () => {
  it.each([
    ['it is empty, whatever was there before', missing, '', true],
    ['it is empty and nothing is known', undefined, '', true],
    ['it lost the newline at its end', text('a=1\n'), 'a=1', true],
    ['it is less than half as long', text('a=1\nb=2\nc=3\n'), 'a=1\n', true],
  ])('when %s', (_, before, now, expected) => {
    expect(looksCutOff(before, Buffer.from(now))).toBe(expected);
  });

  it.each([
    ['it never ended in a newline', text('a=1'), 'a=2'],
    ['it is half as long', text('a=1\nb=2\n'), 'a=1\n'],
    ['it gained a newline', text('a=1'), 'a=1\n'],
    ['nothing is known of before', undefined, 'a'],
    ['there was nothing before', missing, 'a'],
  ])('but not when %s', (_, before, now) => {
    expect(looksCutOff(before, Buffer.from(now))).toBe(false);
  });
});

describe('a new state is believed', () => {
  it.each([
    ['content after the settling time', text('a=1\n'), text('a=2\n'), 20],
    ['content that looks cut off after half a second', text('a=1\n'), text(''), 500],
    ['absence after the grace', text('a=1\n'), missing, 2_000],
    ['absence at once when nothing was known', undefined, missing, 0],
    ['unreadability after a tenth of a second', text('a=1\n'), failed('EISDIR'), 100],
    ['unreadability at once when nothing was known', undefined, failed('EISDIR'), 0],
  ])('%s', (_, before, now, expected) => {
    expect(neededQuiet(before, now, times)).toBe(expected);
  });

  it('never earlier than the settling time, though it looks cut off', () => {
    expect(neededQuiet(missing, text(''), { ...times, settleMs: 800 })).toBe(800);
  });
});

describe('quiet', () => {
  it('counts from the last write', () => expect(quietFor(900, 500, { wall: 1_000, steady: 501 })).toBe(100));
  it('counts from when it was seen when the write lies in the future', () =>
    expect(quietFor(9_000, 500, { wall: 1_000, steady: 530 })).toBe(30));
});

describe('two contents are the same', () => {
  it('when bytes, or error codes, or absence are', () => {
    expect(sameContent(text('a'), { ...text('a'), mtimeMs: 9 })).toBe(true);
    expect(sameContent(failed('EIO'), failed('EIO'))).toBe(true);
    expect(sameContent(missing, missing)).toBe(true);
    expect(sameContent(text('a'), text('b'))).toBe(false);
    expect(sameContent(failed('EIO'), failed('EACCES'))).toBe(false);
    expect(sameContent(undefined, missing)).toBe(false);
    expect(sameContent(text(''), missing)).toBe(false);
  });
});
