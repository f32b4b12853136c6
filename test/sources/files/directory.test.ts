import { mkdirSync, renameSync, symlinkSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { FullReading } from '../../../src/core/model.js';
import { directory } from '../../../src/sources/files/directory.js';
import { follow, hostFor, plain, thrownBy, until } from '../following.js';
import { stopping, testFolder } from './folder.js';

describe('directory', () => {
  it('has one key a file, without one newline at the end of its value', () => {
    const folder = testFolder();
    folder.write('gateway.limit', '50\n');
    folder.write('windows', '50\r\n');
    folder.write('two', '50\n\n');
    folder.write('empty', '');
    folder.write('text', ' a\nb ');
    folder.write('.hidden', 'x');
    folder.write('sub/key', 'x');
    const reading = directory(folder.path).readNow!() as FullReading;
    expect(plain(reading.entries)).toEqual({ 'gateway.limit': '50', windows: '50', two: '50\n', empty: '', text: ' a\nb ' });
    expect(reading.locate?.('empty')).toBe(`directory:${folder.at('empty')}`);
    expect(reading.locate?.('sub')).toBeUndefined();
  });

  it('follows keys that come, change and go', async () => {
    const folder = testFolder();
    folder.write('a', '1');
    folder.write('b', '1');
    const source = directory(folder.path, { removalGraceMs: 30 });
    expect(source.name).toBe(`directory:${folder.path}`);
    const reader = stopping(follow(source));
    await until(() => reader.entries.size === 2);
    folder.write('a', '2\n');
    await until(() => reader.entries.get('a') === '2');
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '2']]), remove: new Set() });
    folder.write('c', '3');
    await until(() => reader.entries.get('c') === '3');
    folder.remove('b');
    await until(() => !reader.entries.has('b'));
    expect(plain(reader.entries)).toEqual({ a: '2', c: '3' });
  });

  it('follows the swap of a mounted ConfigMap in one reading', async () => {
    const folder = testFolder();
    folder.write('..one/a', '1');
    folder.write('..one/b', '1');
    symlinkSync('..one', folder.at('..data'));
    for (const key of ['a', 'b']) symlinkSync(`..data/${key}`, folder.at(key));
    const told = hostFor();
    const source = directory(folder.path);
    expect(plain((source.readNow!(told.host) as FullReading).entries)).toEqual({ a: '1', b: '1' });
    const reader = stopping(follow(source, told));
    await until(() => reader.readings.length === 1);
    folder.write('..two/a', '2');
    folder.write('..two/b', '2');
    symlinkSync('..two', folder.at('..data_tmp'));
    renameSync(folder.at('..data_tmp'), folder.at('..data'));
    await until(() => reader.entries.get('a') === '2');
    expect(reader.readings).toHaveLength(2);
    expect(plain(reader.entries)).toEqual({ a: '2', b: '2' });
  });

  it('is empty while there is no folder, and read when it comes', async () => {
    const folder = testFolder();
    const reader = stopping(follow(directory(folder.at('later'))));
    await until(() => reader.readings.length === 1);
    expect(reader.entries.size).toBe(0);
    folder.write('later/a', '1');
    await until(() => reader.entries.get('a') === '1');
  });

  it('is emptied when the folder goes away', async () => {
    const folder = testFolder();
    folder.write('sub/a', '1');
    const reader = stopping(follow(directory(folder.at('sub'), { removalGraceMs: 30 })));
    await until(() => reader.entries.size === 1);
    folder.remove('sub');
    await until(() => reader.entries.size === 0);
  });

  it('keeps what it said while a value is no text, names the file, and recovers', async () => {
    const folder = testFolder();
    folder.write('a', '1');
    folder.write('b', '1');
    const reader = stopping(follow(directory(folder.path)));
    await until(() => reader.entries.size === 2);
    folder.write('b', Buffer.from([0x61, 0, 0x62]));
    await until(() => reader.failures.length > 0);
    expect(reader.failures[0]).toMatchObject({
      code: 'CALUMMA_SOURCE',
      message: `expected text, found binary data (a NUL character) (directory:${folder.at('b')})`,
    });
    folder.write('a', '2');
    await until(() => reader.failures.length > 1);
    expect(plain(reader.entries)).toEqual({ a: '1', b: '1' });
    folder.write('b', '2');
    await until(() => reader.entries.get('b') === '2');
    expect(plain(reader.entries)).toEqual({ a: '2', b: '2' });
  });

  it('throws at the start when a value is not UTF-8, unless it is read as latin1', () => {
    const folder = testFolder();
    folder.write('a', Buffer.from([0xe9]));
    expect(thrownBy(() => directory(folder.path).readNow!())).toMatchObject({ code: 'CALUMMA_SOURCE' });
    expect(plain((directory(folder.path, { encoding: 'latin1' }).readNow!() as FullReading).entries)).toEqual({ a: 'é' });
  });

  it('lists files only', () => {
    const folder = testFolder();
    mkdirSync(folder.at('sub'));
    symlinkSync('sub', folder.at('link'));
    symlinkSync('nowhere', folder.at('dangling'));
    folder.write('a', '1');
    expect(plain((directory(folder.path).readNow!() as FullReading).entries)).toEqual({ a: '1' });
  });

  it.each<[unknown, unknown, string]>([
    ['', {}, 'directory(path): expected a non-empty string, found an empty string'],
    [null, {}, 'directory(path): expected a non-empty string, found null'],
    ['a', { watch: 0 }, 'directory({ watch }): expected true or false, found a number'],
    ['a', { encoding: 'ascii' }, 'directory({ encoding }): expected "utf8" or "latin1", found "ascii"'],
    ['a', { name: 1 }, 'directory({ name }): expected a non-empty string, found a number'],
    ['a', { format: 'yaml' }, 'directory(options): expected encoding, watch, removalGraceMs, name, found "format"'],
  ])('refuses directory(%j, %j)', (folderPath, options, message) => {
    expect(thrownBy(() => directory(folderPath as string, options as object))).toEqual({ code: 'CALUMMA_OPTION', message });
  });
});
