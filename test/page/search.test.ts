import { describe, expect, it } from 'vitest';

import { Catalogue } from '../../src/page/keys/catalogue.js';
import { excerpt, highlight } from '../../src/page/keys/excerpt.js';
import { isNarrower, Sieve, wordsOf } from '../../src/page/keys/search.js';

const never = (): boolean => false;

function catalogueOf(values: Record<string, string>, masked: string[] = []): Catalogue {
  const catalogue = new Catalogue();
  catalogue.replace({ values, masked });
  return catalogue;
}

function find(catalogue: Catalogue, search: string): string[] {
  return new Sieve(catalogue.entries, wordsOf(search)).run(never).found.map(({ key }) => key);
}

describe('the search of the page', () => {
  const catalogue = catalogueOf({ 'gateway.limit': '100', 'gateway.host': 'Limited.example', other: '7', 'db.password': '***' }, ['db.password']);

  it.each([
    { search: 'limit', found: ['gateway.host', 'gateway.limit'] },
    { search: 'LIMIT gate', found: ['gateway.host', 'gateway.limit'] },
    { search: 'gateway 100', found: ['gateway.limit'] },
    { search: '  ', found: ['db.password', 'gateway.host', 'gateway.limit', 'other'] },
    { search: '***', found: [] },
    { search: 'limit7', found: [] },
  ])('"$search" finds each word in the key or the value, whatever its case', ({ search, found }) => {
    expect(find(catalogue, search)).toEqual(found);
  });

  it('looks through the keys in pieces when it is told that time is over', () => {
    const large = catalogueOf(Object.fromEntries(Array.from({ length: 2_100 }, (_, at) => [`key.${at}`, 'x'])));
    const sieve = new Sieve(large.entries, ['key']);
    const pieces: number[] = [];
    for (let finding = sieve.run(() => true); ; finding = sieve.run(() => true)) {
      pieces.push(finding.found.length);
      if (finding.done) break;
    }
    expect(pieces).toEqual([500, 1_000, 1_500, 2_000, 2_100]);
  });

  it.each([
    { before: ['gate'], next: ['gatew'], narrower: true },
    { before: ['gate'], next: ['limit', 'gate'], narrower: true },
    { before: [], next: ['x'], narrower: true },
    { before: ['gatew'], next: ['gate'], narrower: false },
    { before: ['a', 'b'], next: ['a'], narrower: false },
  ])('$before → $next searches what was found before: $narrower', ({ before, next, narrower }) => {
    expect(isNarrower(next, before)).toBe(narrower);
  });
});

describe('a change in the catalogue', () => {
  it('moves one value, and is found by it', () => {
    const catalogue = catalogueOf({ a: 'old', b: 'x' });
    expect(find(catalogue, 'old')).toEqual(['a']);
    expect(catalogue.apply([{ key: 'a', value: 'new' }], 5, 10)).toBe(false);
    expect(find(catalogue, 'old')).toEqual([]);
    expect(catalogue.find('a')).toMatchObject({ value: 'new', changedAt: 5 });
  });

  it('puts a new key into its place, and takes a removed one away', () => {
    const catalogue = catalogueOf({ a: '1', c: '3' });
    expect(catalogue.apply([{ key: 'b', value: '2' }, { key: 'c', value: undefined }], 5, 10)).toBe(true);
    expect(catalogue.entries.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('any string is a key', () => {
    const values = JSON.parse('{"__proto__":"1","constructor":"2","":"3"}') as Record<string, string>;
    const catalogue = catalogueOf(values);
    expect(catalogue.entries.map(({ key, value }) => [key, value])).toEqual([['', '3'], ['__proto__', '1'], ['constructor', '2']]);
  });
});

describe('what is marked', () => {
  it.each([
    { text: 'gateway.limit', words: ['gate', 'limit'], marked: '[gate]way.[limit]' },
    { text: 'Limit limit', words: ['limit'], marked: '[Limit] [limit]' },
    { text: 'abcde', words: ['abc', 'cde'], marked: '[abcde]' },
    { text: 'aaaa', words: ['aa'], marked: '[aaaa]' },
    { text: 'İx x', words: ['x'], marked: 'İx x' },
  ])('$words in $text', ({ text, words, marked }) => {
    expect(highlight(text, words).map((piece) => (piece.hit ? `[${piece.text}]` : piece.text)).join('')).toBe(marked);
  });

  it('a long value is shown around the word', () => {
    const value = `${'x'.repeat(1_000)}needle${'y'.repeat(1_000)}`;
    expect(excerpt(value, ['needle'], 100)).toContain('needle');
    expect(excerpt(value, ['needle'], 100).length).toBe(102);
    expect(excerpt(value, [], 100)).toBe(`${'x'.repeat(100)}…`);
  });

  it('a value of several lines is shown on one', () => {
    expect(excerpt('a\nb\r\nc\td', [])).toBe('a⏎b⏎c⇥d');
  });
});
