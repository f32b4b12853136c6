import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import { reading, recalled, remembering, scratch } from './rig.js';

function mountSmall(folder: string): Error | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    onTestFinished(() => void execFileSync('umount', [folder]));
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

describe('a disk that is full', () => {
  it('leaves what was kept, is told once, and costs nothing once there is room again', async (test) => {
    const folder = join(scratch(), 'small');
    mkdirSync(folder);
    const refused = mountSmall(folder);
    if (refused !== undefined) {
      process.stderr.write(`Nothing can be mounted here (${refused.message}): skipped "a disk that is full"\n`);
      return test.skip(`nothing can be mounted here: ${refused.message}`);
    }
    const path = join(folder, 'store.cache');
    const store = remembering(path);
    await store.save(reading({ a: '1' }));
    await store.save(reading({ a: '2' }));
    writeFileSync(join(folder, 'filler'), Buffer.alloc(900_000));
    for (const b of ['1', '2', '3']) await store.save(reading({ a: '3', b: b.repeat(300_000) }));
    expect(store.problems.map(({ code, message }) => ({ code, message }))).toEqual([
      { code: 'CALUMMA_CACHE', message: `store: expected to keep its reading in the disk cache, found that the disk is full (ENOSPC); the layer goes on, and the cache tries again (cache:${path})` },
    ]);
    expect(readdirSync(folder).sort()).toEqual(['filler', 'store.cache', 'store.cache.previous']);
    expect(recalled(path)).toMatchObject({ entries: { a: '2' }, told: [] });
    rmSync(join(folder, 'filler'));
    await store.save(reading({ a: '4', b: '4'.repeat(300_000) }));
    expect(recalled(path).entries?.a).toBe('4');
    expect(store.problems).toHaveLength(1);
  });
});
