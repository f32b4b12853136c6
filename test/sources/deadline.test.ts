import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { whileHeard } from '../../src/sources/deadline.js';

test('an answer that keeps coming may take longer than the deadline', async () => {
  let heard = 0;
  const work = (async () => {
    for (let piece = 0; piece < 20; piece++) {
      await sleep(20);
      heard += 1;
    }
    return 'all of it';
  })();
  expect(await whileHeard({ ms: 150, heard: () => heard }, () => new Error('silent'), work)).toBe('all of it');
});

test('silence ends it', async () => {
  const never = new Promise(() => undefined);
  await expect(whileHeard({ ms: 20, heard: () => 0 }, () => new Error('silent'), never)).rejects.toThrow('silent');
});
