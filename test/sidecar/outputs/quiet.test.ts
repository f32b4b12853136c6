import { expect, test } from 'vitest';

import { dueAt } from '../../../src/sidecar/outputs/quiet.js';

test.each([
  ['a quiet time after the only change', { first: 0, last: 0 }, 500],
  ['a quiet time after the last of several', { first: 0, last: 1_200 }, 1_700],
  ['four quiet times after the first, when they do not end', { first: 0, last: 1_900 }, 2_000],
])('files are written %s', (_, burst, due) => {
  expect(dueAt(burst, 500)).toBe(due);
});
