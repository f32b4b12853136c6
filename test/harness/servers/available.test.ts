import { describe, expect, test } from 'vitest';

import { isRequired, verdictOn } from './available.js';

describe('what tests need from outside', () => {
  test.each([
    { asked: undefined, required: false },
    { asked: '', required: false },
    { asked: 'all', required: true },
    { asked: 'redis', required: true },
    { asked: 'postgres, redis', required: true },
    { asked: 'postgres,java', required: false },
  ])('CALUMMA_TEST_REQUIRE=$asked: is Redis required? $required', ({ asked, required }) => {
    expect(isRequired('redis', { CALUMMA_TEST_REQUIRE: asked })).toBe(required);
  });

  test('a misspelled name is refused, and would be silently off otherwise', () => {
    expect(() => isRequired('redis', { CALUMMA_TEST_REQUIRE: 'redis,postgresql' }))
      .toThrow('expected all, or some of java, python, curl, postgres, mariadb, redis, zookeeper, chromium; found postgresql');
  });

  test.each([
    { installed: true, asked: undefined, verdict: 'run' },
    { installed: true, asked: 'all', verdict: 'run' },
    { installed: false, asked: undefined, verdict: 'skip' },
    { installed: false, asked: 'redis', verdict: 'fail' },
    { installed: false, asked: 'all', verdict: 'fail' },
  ])('installed: $installed, CALUMMA_TEST_REQUIRE=$asked: $verdict', ({ installed, asked, verdict }) => {
    expect(verdictOn('redis', installed, { CALUMMA_TEST_REQUIRE: asked })).toBe(verdict);
  });
});
