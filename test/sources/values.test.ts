import { describe, expect, it } from 'vitest';

import type { FullReading } from '../../src/core/model.js';
import { values } from '../../src/sources/values.js';
import { follow, plain, thrownBy, until } from './following.js';

describe('values', () => {
  it('takes an object, a Map and pairs, and turns numbers, booleans and bigints into text', () => {
    const wanted = { text: 'a', empty: '', number: '1.5', flag: 'false', big: '12345678901234567890' };
    const given = { text: 'a', empty: '', number: 1.5, flag: false, big: 12345678901234567890n };
    const inputs = [given, new Map(Object.entries(given)), Object.entries(given)];
    for (const input of inputs) expect(plain((values(input).readNow!() as FullReading).entries as Map<string, string>)).toEqual(wanted);
  });

  it('takes any string as a key, __proto__ and constructor included', () => {
    const record = JSON.parse('{"__proto__": "a", "constructor": "b", "": "c"}') as Record<string, string>;
    const reading = values(record).readNow!();
    expect(reading.kind === 'full' && [...reading.entries]).toEqual([['__proto__', 'a'], ['constructor', 'b'], ['', 'c']]);
  });

  it('takes own enumerable keys only', () => {
    const record = Object.create({ inherited: 'x' }, { hidden: { value: 'x' }, own: { value: 'y', enumerable: true } }) as Record<string, string>;
    const reading = values(record).readNow!();
    expect(reading.kind === 'full' && [...reading.entries]).toEqual([['own', 'y']]);
  });

  it('is a copy of what it was given', () => {
    const record = { a: '1' };
    const source = values(record);
    record.a = '2';
    const reading = source.readNow!();
    expect(reading.kind === 'full' && reading.entries.get('a')).toBe('1');
  });

  it('names itself in its origins', () => {
    expect(values({ a: 1 }).readNow!().locate?.('a')).toBe('values:a');
    expect(values({ a: 1 }, { name: 'defaults' }).readNow!().locate?.('a')).toBe('defaults:a');
    expect(values({ a: 1 }).readNow!().locate?.('b')).toBeUndefined();
  });

  it('gives one reading and ends when it is aborted', async () => {
    const reader = follow(values({ a: 1 }));
    await until(() => reader.readings.length === 1);
    await reader.stop();
    expect(reader.readings).toHaveLength(1);
    expect(reader.thrown()).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['null', { a: null }, 'values(record): "a": expected a string, number, boolean or bigint, found null'],
    ['undefined', { a: undefined }, 'values(record): "a": expected a string, number, boolean or bigint, found undefined'],
    ['an object', { a: { b: 'secret' } }, 'values(record): "a": expected a string, number, boolean or bigint, found an object (Object)'],
    ['a list', { a: ['x'] }, 'values(record): "a": expected a string, number, boolean or bigint, found an array'],
    ['a number for a key', new Map([[1, 'x']]), 'values(record): expected keys that are strings, found a number'],
    ['a list of strings', ['ab'], 'values(record): expected pairs of key and value, found a string'],
    ['a text', 'a=1', 'values(record): expected an object, a Map or pairs of key and value, found a string'],
    ['nothing', undefined, 'values(record): expected an object, a Map or pairs of key and value, found undefined'],
    ['a promise', Promise.resolve({}), 'values(record): expected an object, a Map or pairs of key and value, found an object (Promise)'],
  ])('refuses %s', (_, record, message) => {
    expect(thrownBy(() => values(record as Record<string, string>))).toEqual({ code: 'CALUMMA_OPTION', message });
  });

  it.each<[unknown, string]>([
    [{ name: '' }, 'values({ name }): expected a non-empty string, found an empty string'],
    [{ name: 1 }, 'values({ name }): expected a non-empty string, found a number'],
    [{ nam: 'x' }, 'values(options): expected name, found "nam"'],
    [null, 'values(options): expected an object with name, found null'],
    ['x', 'values(options): expected an object with name, found a string'],
  ])('refuses the options %j', (options, message) => {
    expect(thrownBy(() => values({}, options as object))).toEqual({ code: 'CALUMMA_OPTION', message });
  });
});
