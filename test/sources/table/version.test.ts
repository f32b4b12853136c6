import { describe, expect, it } from 'vitest';

import { isBefore, isCounter, isSameVersion, overlapMs, sinceOf, timeOf, versionText } from '../../../src/sources/table/version.js';

const moment = new Date('2024-05-06T07:08:09.123Z');

describe('a version', () => {
  it.each([
    [7, '7'],
    [9_007_199_254_740_993n, '9007199254740993'],
    ['41', '41'],
    [moment, '2024-05-06T07:08:09.123Z'],
    [new Uint8Array([0, 255]), '00ff'],
    [null, undefined],
    [undefined, undefined],
  ])('%s is shown as %s', (version, text) => {
    expect(versionText(version)).toBe(text);
  });

  it('is the same in any type that a client gives it', () => {
    expect(isSameVersion('7', 7n)).toBe(true);
    expect(isSameVersion(new Date(moment), moment)).toBe(true);
    expect(isSameVersion(null, undefined)).toBe(true);
    expect(isSameVersion(0, null)).toBe(false);
  });

  it.each([
    [9, '10', true],
    ['9007199254740992', 9_007_199_254_740_993n, true],
    [10, 9, false],
    [7, 7, false],
    [null, 1, true],
    [null, null, false],
    [1, null, false],
    [new Date(1), new Date(2), true],
    [new Date(2), new Date(1), false],
    ['a', 'b', false],
  ])('%s is before %s: %s', (version, last, before) => {
    expect(isBefore(version, last)).toBe(before);
  });

  it('that counts is exact, and goes back as it came', () => {
    for (const last of [7, 7n, '7']) expect(sinceOf(last)).toEqual({ how: '>', version: last });
    expect(isCounter(1.5)).toBe(false);
  });

  it('that is a time is read again from some way back', () => {
    expect(sinceOf(moment)).toEqual({ how: '>=', version: new Date(moment.getTime() - overlapMs) });
    expect(sinceOf('2024-05-06 07:08:09')).toEqual({ how: '>=', version: '2024-05-06 07:08:09' });
  });
});

describe('the time of a write', () => {
  it.each([
    [moment, moment.getTime()],
    [moment.getTime(), moment.getTime()],
    [BigInt(moment.getTime()), moment.getTime()],
    [1_714_979_289, 1_714_979_289_000],
    ['1714979289.5', 1_714_979_289_500],
    ['2024-05-06T07:08:09.123Z', moment.getTime()],
    ['2024-05-06 07:08:09.123', moment.getTime()],
    ['2024-05-06 09:08:09.123+02', moment.getTime()],
    ['2024-05-06T09:08:09.123+02:00', moment.getTime()],
    ['2024-05-06 02:08:09.123 -0500', moment.getTime()],
    ['2024-05-06', Date.UTC(2024, 4, 6)],
    ['yesterday', undefined],
    ['', undefined],
    [null, undefined],
    [Number.NaN, undefined],
    [new Date(Number.NaN), undefined],
    [{}, undefined],
  ])('%s is %s', (value, time) => {
    expect(timeOf(value)).toBe(time);
  });
});
