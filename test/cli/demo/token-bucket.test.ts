import { expect, it } from 'vitest';

import { TokenBucket } from '../../../src/cli/demo/token-bucket.js';

function bucketAt(rate: number): { bucket: TokenBucket; clock: { now: number; rate: number }; passed: (requests: number) => number } {
  const clock = { now: 0, rate };
  const bucket = new TokenBucket(() => clock.rate, () => clock.now);
  return { bucket, clock, passed: (requests) => Array.from({ length: requests }, () => bucket.take()).filter((wait) => wait === 0).length };
}

it('lets a second worth of requests through at once, then as many as time brings', () => {
  const { clock, passed } = bucketAt(5);
  expect(passed(20)).toBe(5);
  clock.now = 400;
  expect(passed(20)).toBe(2);
  clock.now = 60_000;
  expect(passed(20)).toBe(5);
});

it('says how long to wait for the next request', () => {
  const { bucket, passed } = bucketAt(2);
  passed(2);
  expect(bucket.take()).toBe(500);
  expect(bucket.untilFull).toBe(1_000);
});

it('follows a rate that changes between two requests, up and down', () => {
  const { clock, passed } = bucketAt(5);
  passed(5);
  clock.rate = 10;
  clock.now = 1_000;
  expect(passed(20)).toBe(10);
  clock.now = 2_000;
  clock.rate = 3;
  expect(passed(20)).toBe(3);
});
