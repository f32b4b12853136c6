import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, copyFileSync, mkdirSync, openSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import { unprivileged } from '../watch/rig.js';
import { reading, recalled, remembering, scratch } from './rig.js';

const key = Buffer.alloc(32, 7);

/** A cache with a file and the one before it. */
async function twoKept(options: { readonly encrypt?: Buffer } = {}): Promise<string> {
  const path = join(scratch(), 'store.cache');
  const store = remembering(path, options);
  await store.save(reading({ limit: '1' }, { version: 'v1' }));
  await store.save(reading({ limit: '2', ['__proto__']: 'x', 'päth': 'ü' }, { version: 'v2', writtenAt: 1_700_000_000_000 }));
  expect(store.problems).toEqual([]);
  return path;
}

interface Fault {
  readonly name: string;
  readonly harm: (path: string) => unknown;
  readonly found: string;
}

const faults: readonly Fault[] = [
  { name: 'is empty', harm: (path) => truncateSync(path), found: 'an empty file' },
  {
    name: 'is a folder',
    harm(path) {
      rmSync(path);
      mkdirSync(path);
    },
    found: 'a folder in its place',
  },
  {
    name: 'is a pipe',
    harm(path) {
      rmSync(path);
      execFileSync('mkfifo', [path]);
    },
    found: 'something that is no file',
  },
  {
    name: 'is a link to itself',
    harm(path) {
      rmSync(path);
      symlinkSync(path, path);
    },
    found: 'links that lead in a circle (ELOOP)',
  },
  { name: 'has 1 GB', harm: (path) => truncateSync(path, 1024 ** 3), found: '1073741824 bytes, more than 67108864' },
  { name: 'is of another format', harm: (path) => replace(path, 'calumma-cache/1', 'calumma-cache/2'), found: 'the format "calumma-cache/2", not "calumma-cache/1"' },
  { name: 'is something else', harm: (path) => writeFileSync(path, 'limit = 2\n'), found: 'no header at its beginning' },
  { name: 'is one long line', harm: (path) => writeFileSync(path, 'x'.repeat(2_000_000)), found: 'no header at its beginning' },
  { name: 'has a header that is no object', harm: (path) => writeFileSync(path, 'null\n'), found: 'no header at its beginning' },
  { name: 'has a header with other types', harm: (path) => replace(path, '"keys":3', '"keys":""'), found: 'a damaged header' },
  { name: 'belongs to another layer', harm: (path) => replace(path, '"store"', '"other"'), found: 'what was kept for the layer "other"' },
  { name: 'has one byte more', harm: (path) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from(' ')])), found: 'that it is cut off or damaged' },
  { name: 'was written twice into one file', harm: (path) => writeFileSync(path, Buffer.concat([readFileSync(path), readFileSync(path)])), found: 'that it is cut off or damaged' },
  { name: 'is encrypted', harm: async (path) => copyFileSync(await twoKept({ encrypt: key }), path), found: 'an encrypted file, and no key to read it with' },
];

function replace(path: string, before: string, after: string): void {
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(before);
  writeFileSync(path, text.replace(before, after));
}

describe('a cache file that', () => {
  it.each(faults)('$name is refused with a reason, and the previous one is used', async ({ harm, found }) => {
    const path = await twoKept();
    await harm(path);
    const { entries, told, reading } = recalled(path);
    expect(told).toEqual([`store: expected what the disk cache kept, found ${found}; what was kept before (${path}.previous) is used (cache:${path})`]);
    expect(entries).toEqual({ limit: '1' });
    expect(reading?.version).toBe('v1');
    expect(reading?.locate?.('limit')).toBe(`cache:${path}.previous`);
  });

  it.each(faults)('$name is refused with a reason when there is no previous one', async ({ harm, found }) => {
    const path = await twoKept();
    rmSync(`${path}.previous`);
    await harm(path);
    const { entries, told } = recalled(path);
    expect(told).toEqual([`store: expected what the disk cache kept, found ${found}; nothing is remembered (cache:${path})`]);
    expect(entries).toBeUndefined();
  });

  it.each(faults.filter(({ name }) => name !== 'is a folder'))('$name is replaced by the next write, which keeps the good previous one', async ({ harm }) => {
    const path = await twoKept();
    await harm(path);
    const store = remembering(path);
    expect(store.recall()?.version).toBe('v1');
    await store.save(reading({ limit: '3' }, { version: 'v3' }));
    expect(recalled(path)).toMatchObject({ entries: { limit: '3' }, told: [] });
    rmSync(path);
    expect(recalled(path)).toMatchObject({ entries: { limit: '1' }, told: [] });
  });

  it('is as bad as the previous one leaves nothing, and says both', async () => {
    const path = await twoKept();
    truncateSync(path);
    truncateSync(`${path}.previous`);
    const { entries, told } = recalled(path);
    expect(told).toHaveLength(2);
    expect(told[1]).toBe(`store: expected what the disk cache kept, found an empty file; nothing is remembered (cache:${path}.previous)`);
    expect(entries).toBeUndefined();
  });

  it('is missing is used silently from before', async () => {
    const path = await twoKept();
    rmSync(path);
    expect(recalled(path)).toMatchObject({ entries: { limit: '1' }, told: [] });
    rmSync(`${path}.previous`);
    expect(recalled(path)).toEqual({ entries: undefined, told: [], reading: undefined });
    expect(recalled(join(path, 'in', 'nothing'))).toEqual({ entries: undefined, told: [], reading: undefined });
  });

  it('may not be read is refused with a reason', async () => {
    const path = await twoKept();
    chmodSync(path, 0);
    chmodSync(`${path}.previous`, 0o644);
    chmodSync(join(path, '..'), 0o755);
    await unprivileged(async () => {
      const { entries, told } = await Promise.resolve(recalled(path));
      expect(told).toEqual([`store: expected what the disk cache kept, found that permission is denied (EACCES); what was kept before (${path}.previous) is used (cache:${path})`]);
      expect(entries).toEqual({ limit: '1' });
    });
  });
});

describe.each([
  { kind: 'a plain file', options: {} },
  { kind: 'an encrypted file', options: { encrypt: key } },
])('$kind', ({ options }) => {
  it('that is cut off at any byte is refused, and the previous one used', async () => {
    const path = await twoKept(options);
    for (let length = statSync(path).size - 1; length >= 0; length--) {
      truncateSync(path, length);
      const { entries, told } = recalled(path, options);
      expect({ length, entries, told: told.length }).toEqual({ length, entries: { limit: '1' }, told: 1 });
    }
  });

  it('of which any bit is flipped is refused, and the previous one used', async () => {
    const path = await twoKept(options);
    const whole = readFileSync(path);
    const file = openSync(path, 'r+');
    onTestFinished(() => closeSync(file));
    for (const [at, byte] of whole.entries()) {
      for (let bit = 0; bit < 8; bit++) {
        writeSync(file, Buffer.of(byte ^ (1 << bit)), 0, 1, at);
        const { entries, told } = recalled(path, options);
        expect({ at, bit, entries, told: told.length }).toEqual({ at, bit, entries: { limit: '1' }, told: 1 });
      }
      writeSync(file, Buffer.of(byte), 0, 1, at);
    }
    expect(recalled(path, options)).toMatchObject({ entries: { limit: '2' }, told: [] });
  });
});
