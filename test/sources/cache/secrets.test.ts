import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { cached } from '../../../src/sources/cache/cached.js';
import { memoryIn } from '../../../src/sources/cache/in-folder.js';
import { polled } from '../../../src/sources/lift.js';
import { thrownBy } from '../following.js';
import { reading, recalled, remembering, scratch } from './rig.js';

const key = randomBytes(32);
const source = polled('store', () => ({}));

describe('an encrypted cache', () => {
  it.each([
    ['a Buffer', key],
    ['bytes', new Uint8Array(key)],
    ['hex', key.toString('hex')],
    ['hex in capitals', key.toString('hex').toUpperCase()],
    ['base64', key.toString('base64')],
  ])('is opened by its key as %s', async (_, encrypt) => {
    const path = join(scratch(), 'store.cache');
    await remembering(path, { encrypt: key }).save(reading({ password: 'hunter2' }, { version: 'v1' }));
    expect(recalled(path, { encrypt })).toMatchObject({ entries: { password: 'hunter2' }, told: [], reading: { version: 'v1' } });
  });

  it('shows neither keys nor values, and never uses a nonce twice', async () => {
    const path = join(scratch(), 'store.cache');
    const store = remembering(path, { encrypt: key });
    const nonces = new Set<string>();
    for (const value of ['hunter2', 'hunter3', 'hunter4']) {
      await store.save(reading({ password: value }));
      const text = readFileSync(path, 'latin1');
      expect(text).not.toMatch(/hunter|password/);
      nonces.add(/"nonce":"([0-9a-f]{24})"/.exec(text)![1]!);
    }
    expect(nonces.size).toBe(3);
  });

  it('is not opened by another key, and says that it may be that', async () => {
    const path = join(scratch(), 'store.cache');
    await remembering(path, { encrypt: key }).save(reading({ a: '1' }));
    expect(recalled(path, { encrypt: randomBytes(32) })).toMatchObject({
      entries: undefined,
      told: [`store: expected what the disk cache kept, found that it is cut off or damaged, or was written with another key; nothing is remembered (cache:${path})`],
    });
  });

  it('is not opened without a key, and says so', async () => {
    const path = join(scratch(), 'store.cache');
    await remembering(path, { encrypt: key }).save(reading({ a: '1' }));
    expect(recalled(path)).toMatchObject({ entries: undefined, told: [expect.stringContaining('found an encrypted file, and no key to read it with')] });
  });

  it('takes no plain file, and leaves no plain text behind', async () => {
    const path = join(scratch(), 'store.cache');
    const plain = remembering(path);
    await plain.save(reading({ password: 'hunter1' }));
    await plain.save(reading({ password: 'hunter2' }));
    const store = remembering(path, { encrypt: key });
    expect(store.recall()).toBeUndefined();
    expect(store.problems.map(({ message }) => message)).toEqual([
      `store: expected what the disk cache kept, found a file that is not encrypted, though there is a key; nothing is remembered (cache:${path})`,
      `store: expected what the disk cache kept, found a file that is not encrypted, though there is a key; nothing is remembered (cache:${path}.previous)`,
    ]);
    await store.save(reading({ password: 'hunter2' }));
    expect(recalled(path, { encrypt: key }).entries).toEqual({ password: 'hunter2' });
    expect(existsSync(`${path}.previous`)).toBe(false);
  });

  it('takes no file of another layer under its own name', async () => {
    const folder = scratch();
    await remembering(join(folder, 'a.cache'), { encrypt: key, layer: 'a' }).save(reading({ a: '1' }));
    copyFileSync(join(folder, 'a.cache'), join(folder, 'b.cache'));
    expect(recalled(join(folder, 'b.cache'), { encrypt: key, layer: 'b' })).toMatchObject({ entries: undefined, told: [expect.stringContaining('found what was kept for the layer "a"')] });
  });

  const text = key.toString('base64');
  it.each<[string, unknown, string]>([
    ['too short', key.subarray(1), '31 bytes'],
    ['too long', Buffer.concat([key, key]), '64 bytes'],
    ['a text of 32 characters', text.slice(0, 32), 'a text of 32 characters that is neither'],
    ['base64 without its end', text.slice(0, 43), 'a text of 43 characters that is neither'],
    ['base64 with a line end', `${text}\n`, 'a text of 45 characters that is neither'],
    ['hex with other letters', `${key.toString('hex').slice(1)}g`, 'a text of 64 characters that is neither'],
    ['empty', '', 'an empty string'],
    ['null', null, 'null'],
    ['a number', 42, 'a number'],
    ['a list', [...key], 'an array'],
    ['an ArrayBuffer', new ArrayBuffer(32), 'an object (ArrayBuffer)'],
  ])('refuses a key that is %s, shows nothing of it, and tells how to make one', (_, encrypt, found) => {
    const { code, message } = thrownBy(() => cached(source, 'file', { encrypt: encrypt as string }));
    expect(code).toBe('CALUMMA_OPTION');
    expect(message).toBe(`cached({ encrypt }): expected a key of 32 bytes, as a Buffer, in hex (64 characters) or in base64 (44 characters), found ${found}; openssl rand -base64 32 makes one`);
  });

  it('names the option as it stands in createConfig', () => {
    expect(thrownBy(() => memoryIn('folder', 'store', { encrypt: 'x' })).message).toMatch(/^createConfig\(\{ cache: \{ encrypt \} \}\): expected a key/);
  });
});
