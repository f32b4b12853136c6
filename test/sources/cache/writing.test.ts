import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';

import { removeAbandoned } from '../../../src/sources/cache/temporary.js';
import { until } from '../following.js';
import { unprivileged } from '../watch/rig.js';
import { reading, recalled, remembering, scratch, temporaryFiles } from './rig.js';

const anyText = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '__proto__', 'constructor', '\0', '\n', '\r\n', '"', '\\', '\ud800', '\udc00', '\ufeff', '\u2028', '🦎', ' '),
);

describe('what is kept', () => {
  it.each([{ kind: 'plain', options: {} }, { kind: 'encrypted', options: { encrypt: 'ab'.repeat(32) } }])('comes back as it was, whatever it was: $kind', async ({ options }) => {
    const path = join(scratch(), 'store.cache');
    const about = fc.record({ version: anyText, writtenAt: fc.integer() }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyText, anyText)), about, async (pairs, said) => {
        const held = reading(pairs, said);
        await remembering(path, options).save(held);
        const { reading: back, told } = recalled(path, options);
        expect(told).toEqual([]);
        expect([...back!.entries]).toEqual([...held.entries]);
        expect({ version: back!.version, writtenAt: back!.writtenAt }).toEqual({ version: said.version, writtenAt: said.writtenAt });
      }),
      { numRuns: 60 },
    );
  });

  it('comes back when keys and values are long, and when they are many', async () => {
    const path = join(scratch(), 'store.cache');
    const many = Array.from({ length: 5_000 }, (_, index): [string, string] => [`key.${index}`, `é${index}`]);
    const held = reading([...many, ['k'.repeat(10_000), 'v'.repeat(3_000_000)], ['', '']]);
    await remembering(path).save(held);
    expect([...recalled(path).reading!.entries]).toEqual([...held.entries]);
  });

  it('says where it comes from, and since when it is kept', async () => {
    const path = join(scratch(), 'store.cache');
    const before = Date.now();
    await remembering(path).save(reading({ a: '1' }));
    const { reading: back } = recalled(path);
    expect(back!.locate!('a')).toBe(`cache:${path}`);
    expect(back!.locate!('b')).toBeUndefined();
    expect(back!.keptAt).toBeGreaterThanOrEqual(before);
    expect(back!.keptAt).toBeLessThanOrEqual(Date.now());
    expect(back).not.toHaveProperty('version');
  });

  it('is for nobody else to read, from the folder on', async () => {
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    const path = join(scratch(), 'made', 'too', 'store.cache');
    const store = remembering(path);
    await store.save(reading({ a: '1' }));
    await store.save(reading({ a: '2' }));
    const modes = ['', '..', '../..'].map((place) => statSync(join(path, place)).mode & 0o777);
    expect(modes).toEqual([0o600, 0o700, 0o700]);
    expect(statSync(`${path}.previous`).mode & 0o777).toBe(0o600);
  });

  it('is refused when it could not be read again', async () => {
    const path = join(scratch(), 'store.cache');
    const store = remembering(path);
    await store.save(reading({ a: '1' }));
    await store.save(reading({ a: '\0'.repeat(12_000_000) }));
    await store.save(reading({ a: '2' }, { version: 'v'.repeat(70_000) }));
    expect(store.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('found entries that take more than 67108864 bytes'),
      expect.stringContaining('found a version that is longer than 65536 bytes'),
    ]);
    expect(recalled(path)).toMatchObject({ entries: { a: '1' }, told: [] });
    expect(temporaryFiles(join(path, '..'))).toEqual([]);
  });
});

describe('the file before', () => {
  it('is what was there, and both are whole at every moment', async () => {
    const folder = scratch();
    const path = join(folder, 'store.cache');
    const store = remembering(path);
    for (const a of ['1', '2', '3']) await store.save(reading({ a }));
    expect(readdirSync(folder).sort()).toEqual(['store.cache', 'store.cache.previous']);
    expect(recalled(path).entries).toEqual({ a: '3' });
    rmSync(path);
    expect(recalled(path).entries).toEqual({ a: '2' });
  });

  it('survives a crash between the two renames, when both names are one file', async () => {
    const folder = scratch();
    const path = join(folder, 'store.cache');
    await remembering(path).save(reading({ a: '1' }));
    linkSync(path, `${path}.previous`);
    const store = remembering(path);
    store.recall();
    await store.save(reading({ a: '2' }));
    await store.save(reading({ a: '3' }));
    expect(readdirSync(folder).sort()).toEqual(['store.cache', 'store.cache.previous']);
    rmSync(path);
    expect(recalled(path)).toMatchObject({ entries: { a: '2' }, told: [] });
  });
});

/** Linux lets nobody link a file of somebody else (fs.protected_hardlinks), as other file systems have no links at all. */
it('where a file cannot be linked, it is moved to be the one before', async (test) => {
  if (process.geteuid?.() !== 0) return test.skip('only root can make a file of somebody else');
  const folder = scratch();
  const path = join(folder, 'store.cache');
  await remembering(path).save(reading({ a: '1' }));
  chmodSync(folder, 0o777);
  chmodSync(path, 0o644);
  const inode = statSync(path).ino;
  await unprivileged(async () => {
    const store = remembering(path);
    expect(store.recall()).toBeDefined();
    await store.save(reading({ a: '2' }));
    expect(store.problems).toEqual([]);
    expect(recalled(path)).toMatchObject({ entries: { a: '2' }, told: [] });
  });
  expect(statSync(`${path}.previous`).ino).toBe(inode);
  expect(readdirSync(folder).sort()).toEqual(['store.cache', 'store.cache.previous']);
});

describe('writing', () => {
  it('begins at once, and then waits so long between two writes', async () => {
    const path = join(scratch(), 'store.cache');
    const store = remembering(path, { writeEveryMs: 300 });
    const began = performance.now();
    store.keep(reading({ a: '1' }));
    await until(() => recalled(path).entries?.a === '1');
    for (const a of ['2', '3', '4']) store.keep(reading({ a }));
    await until(() => recalled(path).entries?.a === '4');
    expect(performance.now() - began).toBeGreaterThanOrEqual(300);
    rmSync(path);
    expect(recalled(path).entries).toEqual({ a: '1' }); // 2 and 3 were never written
  });

  it('takes what the map holds when it begins, not what it becomes', async () => {
    const path = join(scratch(), 'store.cache');
    const store = remembering(path);
    const entries = new Map([['a', '1']]);
    store.keep({ kind: 'full', entries });
    entries.set('a', '2').set('b', '2');
    await store.memory.close();
    expect(recalled(path).entries).toEqual({ a: '1' });
  });

  it('does nothing when nothing has changed, also since the last run', async () => {
    const path = join(scratch(), 'store.cache');
    const file = (): number => statSync(path).ino;
    const store = remembering(path);
    await store.save(reading({ a: '1' }, { version: 'v1' }));
    const first = file();
    await store.save(reading({ a: '1' }, { version: 'v1' }));
    const next = remembering(path);
    next.recall();
    await next.save(reading({ a: '1' }, { version: 'v1' }));
    expect(file()).toBe(first);
    expect(existsSync(`${path}.previous`)).toBe(false);
    await next.save(reading({ a: '1' }, { version: 'v2' }));
    expect(recalled(path).reading?.version).toBe('v2');
    await next.save(reading({ a: '1', b: '2' }, { version: 'v2' }));
    expect(recalled(path).entries).toEqual({ a: '1', b: '2' });
    await next.save(reading({ a: '1' }, { version: 'v2' }));
    expect(recalled(path).entries).toEqual({ a: '1' });
  });

  it('writes again what somebody has removed', async () => {
    const path = join(scratch(), 'store.cache');
    const store = remembering(path);
    await store.save(reading({ a: '1' }));
    rmSync(path);
    await store.save(reading({ a: '1' }));
    expect(recalled(path).entries).toEqual({ a: '1' });
  });

  it('is finished by close, which has nothing to do afterwards', async () => {
    const path = join(scratch(), 'store.cache');
    const store = remembering(path, { writeEveryMs: 60_000 });
    await store.save(reading({ a: '1' }));
    store.keep(reading({ a: '2' }));
    store.keep(reading({ a: '3' }));
    await store.memory.close();
    expect(recalled(path).entries).toEqual({ a: '3' });
    await store.memory.close();
  });
});

describe('files that killed writers have left', () => {
  it('are removed by the first write once they are old, and nothing else is', async () => {
    const folder = scratch();
    const path = join(folder, 'store.cache');
    const left = ['store.cache.1-0123456789ab.tmp', 'store.cache.99999-ffffffffffff.tmp'];
    const others = ['other.cache.1-0123456789ab.tmp', 'store.cache.1-0123456789ab.tmp.txt', 'store.cache.tmp', 'store.cacheX.1-0123456789ab.tmp'];
    for (const name of [...left, ...others]) writeFileSync(join(folder, name), '');
    await removeAbandoned(path);
    expect(readdirSync(folder)).toHaveLength(6);
    await removeAbandoned(path, Date.now() + 11 * 60_000);
    expect(readdirSync(folder).sort()).toEqual(others.sort());
    await removeAbandoned(join(folder, 'nothing', 'store.cache'));
  });
});

interface Obstacle {
  readonly name: string;
  readonly found: string;
  /** @returns how to put it right */
  readonly harm: (path: string) => () => void;
}

const obstacles: readonly Obstacle[] = [
  {
    name: 'a file where the folder should be',
    found: 'a file where a folder should be (EEXIST)',
    harm(path) {
      rmSync(join(path, '..'), { recursive: true, force: true });
      writeFileSync(join(path, '..'), '');
      return () => rmSync(join(path, '..'));
    },
  },
  {
    name: 'a file further up',
    found: 'a file where a folder should be (ENOTDIR)',
    harm(path) {
      rmSync(join(path, '../..'), { recursive: true, force: true });
      writeFileSync(join(path, '../..'), '');
      return () => rmSync(join(path, '../..'));
    },
  },
  {
    name: 'a folder in place of the file',
    found: 'a folder in its place (EISDIR)',
    harm(path) {
      rmSync(path, { force: true });
      mkdirSync(path, { recursive: true });
      return () => rmSync(path, { recursive: true });
    },
  },
  {
    name: 'a folder that is a link to itself',
    found: 'links that lead in a circle (ELOOP)',
    harm(path) {
      rmSync(join(path, '..'), { recursive: true, force: true });
      symlinkSync(join(path, '..'), join(path, '..'));
      return () => rmSync(join(path, '..'));
    },
  },
];

describe('a cache that cannot be written', () => {
  it.each(obstacles)('because of $name says so once, and goes on trying', async ({ harm, found }) => {
    const path = join(scratch(), 'a', 'b', 'store.cache');
    const store = remembering(path);
    await store.save(reading({ a: '0' }));
    const repair = harm(path);
    for (const a of ['1', '2', '3']) await store.save(reading({ a }));
    expect(store.problems.map(({ code, message }) => ({ code, message }))).toEqual([
      { code: 'CALUMMA_CACHE', message: `store: expected to keep its reading in the disk cache, found ${found}; the layer goes on, and the cache tries again (cache:${path})` },
    ]);
    repair();
    await store.save(reading({ a: '4' }));
    expect(store.problems).toHaveLength(1);
    expect(recalled(path)).toMatchObject({ entries: { a: '4' }, told: [] });
    harm(path);
    await store.save(reading({ a: '5' }));
    expect(store.problems).toHaveLength(2); // it was well in between
  });

  it('is tried again later, also if nothing new is kept', async () => {
    const path = join(scratch(), 'folder', 'store.cache');
    writeFileSync(join(path, '..'), '');
    const store = remembering(path, { retryMs: 50 });
    store.keep(reading({ a: '1' }));
    await until(() => store.problems.length > 0);
    rmSync(join(path, '..'));
    await until(() => recalled(path).entries?.a === '1');
    await store.memory.close();
    expect(store.problems).toHaveLength(1);
  });

  it('because the folder may not be written to leaves what is there', async () => {
    const folder = scratch();
    const path = join(folder, 'store.cache');
    await remembering(path).save(reading({ a: '1' }));
    await unprivileged(async () => {
      const store = remembering(path);
      await store.save(reading({ a: '2' }));
      expect(store.problems.map(({ message }) => message)).toEqual([expect.stringContaining('found that permission is denied (EACCES)')]);
    });
    expect(recalled(path).entries).toEqual({ a: '1' });
    expect(temporaryFiles(folder)).toEqual([]);
  });

  it('where a folder stands in place of the previous file is written all the same', async () => {
    const path = join(scratch(), 'store.cache');
    mkdirSync(`${path}.previous`);
    const store = remembering(path);
    for (const a of ['1', '2']) await store.save(reading({ a }));
    expect(store.problems).toEqual([]);
    expect(recalled(path).entries).toEqual({ a: '2' });
    expect(temporaryFiles(join(path, '..'))).toEqual([]);
  });

  it('finds the file again that was moved away meanwhile', async () => {
    const path = join(scratch(), 'store.cache');
    const store = remembering(path);
    await store.save(reading({ a: '1' }));
    renameSync(path, `${path}.elsewhere`);
    await store.save(reading({ a: '2' }));
    expect(store.problems).toEqual([]);
    expect(recalled(path).entries).toEqual({ a: '2' });
    expect(readFileSync(`${path}.elsewhere`, 'utf8')).toContain('["a","1"]');
  });
});
