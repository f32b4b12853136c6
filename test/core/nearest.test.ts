import { describe, expect, test } from 'vitest';

import { nearest } from '../../src/core/nearest.js';

const words = ['context', 'layers', 'maxBytes', 'maxStalenessMs', 'directory', 'env', 'files', 'file'];

describe('the word that was probably meant', () => {
  test.each([
    ['layres', 'layers'],
    ['contxet', 'context'],
    ['maxbytes', 'maxBytes'],
    ['max_bytes', 'maxBytes'],
    ['MAX-STALENESS-MS', 'maxStalenessMs'],
    ['fiel', 'file'],
    ['envs', 'env'],
    ['dir', 'directory'],
    ['file', 'file'],
  ])('%s is %s', (found, meant) => {
    expect(nearest(found, words)).toBe(meant);
  });

  test.each(['', '-', 'x', 'ev9', 'url', 'zookeeper', 'l'.repeat(1_000), 'constructor'])('%j is like none', (found) => {
    expect(nearest(found, words)).toBeUndefined();
  });

  test('nothing is near nothing', () => {
    expect(nearest('layers', [])).toBeUndefined();
  });
});
