import path from 'node:path';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { fileNameOf } from '../../../src/sidecar/outputs/file-name.js';

describe('the file of a key', () => {
  test.each([
    ['gateway.limit', 'gateway.limit'],
    ['gateway.hosts[0]', 'gateway.hosts%5B0%5D'],
    ['', '%'],
    ['.', '%2E'],
    ['..', '%2E.'],
    ['../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd'],
    ['/etc/passwd', '%2Fetc%2Fpasswd'],
    ['.meta.json', '%2Emeta.json'],
    ['100%', '100%25'],
    ['a b\n', 'a%20b%0A'],
    ['nul\0', 'nul%00'],
    ['__proto__', '__proto__'],
    ['größe', 'gr%C3%B6%C3%9Fe'],
    ['half\ud800', 'half%uD800'],
  ])('%j is called %s', (key, name) => {
    expect(fileNameOf(key)).toBe(name);
  });

  test('is short enough for any file system, and another one for another key', () => {
    const [one, two] = [fileNameOf(`${'k'.repeat(100_000)}1`), fileNameOf(`${'k'.repeat(100_000)}2`)];
    expect(one.length).toBeLessThan(255);
    expect(one).not.toBe(two);
  });

  test('never leads anywhere else, and is the key again when the percents are decoded', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (key) => {
      const name = fileNameOf(key);
      expect(path.join('/folder', name)).toBe(`/folder/${name}`);
      expect(path.dirname(path.join('/folder', name))).toBe('/folder');
      if (!name.includes('%~')) expect(decodeURIComponent(name)).toBe(key);
    }));
  });

  test('is that of no other key', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 300 }), { minLength: 2, maxLength: 20 }), (keys) => {
      expect(new Set(keys.map(fileNameOf)).size).toBe(keys.length);
    }));
  });
});
