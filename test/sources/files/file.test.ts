import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { ConfigError } from '../../../src/core/errors.js';
import type { FullReading, Reading } from '../../../src/core/model.js';
import type { Format } from '../../../src/formats/format.js';
import { file } from '../../../src/sources/files/file.js';
import { follow, hostFor, plain, thrownBy, until } from '../following.js';
import { stopping, testFolder } from './folder.js';

/** `key value` lines; a line without a blank is an error. No incremental reading. */
const lines: Format = {
  name: 'lines',
  extensions: ['.lines'],
  parse: (text) => new Map(text.split('\n').filter(Boolean).map((line) => line.split(' ') as [string, string])),
  locate: (text, key) => ({ line: text.split('\n').findIndex((line) => line.startsWith(`${key} `)) + 1, column: 1 }),
};

function full(reading: Reading): FullReading {
  if (reading.kind !== 'full') throw new Error('expected a full reading');
  return reading;
}

describe('file', () => {
  it('is read at once, by the format of its extension', () => {
    const folder = testFolder();
    folder.write('a.yaml', 'gateway:\n  limit: 010\n');
    folder.write('a.properties', '# first\ngateway.limit = 5\n');
    const yaml = file(folder.at('a.yaml')).readNow!();
    expect(plain(full(yaml).entries)).toEqual({ 'gateway.limit': '010' });
    expect(yaml.locate?.('gateway.limit')).toBe(`file:${folder.at('a.yaml')}:2`);
    const properties = file(folder.at('a.properties')).readNow!();
    expect(plain(full(properties).entries)).toEqual({ 'gateway.limit': '5' });
    expect(properties.locate?.('gateway.limit')).toMatch(/^file:.*a\.properties/);
    expect(properties.locate?.('other')).toBeUndefined();
  });

  it('is named after its path as given, and shows that path in origins', () => {
    const folder = testFolder();
    folder.write('a.yaml', 'a: 1\n');
    const shown = path.relative(process.cwd(), folder.at('a.yaml'));
    const source = file(shown);
    expect(source.name).toBe(`file:${shown}`);
    expect(source.readNow!().locate?.('a')).toBe(`file:${shown}:1`);
    expect(file(shown, { name: 'settings' }).name).toBe('settings');
  });

  it('says when it was written', () => {
    const folder = testFolder();
    folder.write('a.yaml', 'a: 1\n');
    const before = Date.now();
    const { writtenAt, version } = file(folder.at('a.yaml')).readNow!();
    expect(Math.abs(writtenAt! - before)).toBeLessThan(10_000);
    expect(version).toMatch(/^\d{4}-/);
  });

  it.each([
    ['a.properties', (a: string, b: string) => `a=${a}\nb=${b}\nc=3\n`],
    ['a.yaml', (a: string, b: string) => `a: ${a}\nb: ${b}\nc: 3\n`],
  ])('says first everything and then what has changed: %s', async (name, text) => {
    const folder = testFolder();
    folder.write(name, text('1', '2'));
    const reader = stopping(follow(file(folder.at(name))));
    await until(() => reader.readings.length === 1);
    const first = full(reader.readings[0]!);
    folder.replace(name, text('1', 'two'));
    await until(() => reader.readings.length === 2);
    expect(reader.readings[1]).toMatchObject({ kind: 'patch', set: new Map([['b', 'two']]), remove: new Set() });
    expect(plain(first.entries)).toEqual({ a: '1', b: '2', c: '3' });
    folder.write(name, name.endsWith('yaml') ? 'b: two\n' : 'b=two\n');
    await until(() => reader.entries.size === 1);
    expect(plain(reader.entries)).toEqual({ b: 'two' });
  });

  it('reads a format of its own, and compares what it cannot follow', async () => {
    const folder = testFolder();
    folder.write('a.conf', 'a 1\nb 2\n');
    const reader = stopping(follow(file(folder.at('a.conf'), { format: lines })));
    await until(() => reader.entries.get('b') === '2');
    folder.write('a.conf', 'b 2\nc 3\n');
    await until(() => reader.readings.length === 2);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['c', '3']]), remove: new Set(['a']) });
    expect(reader.last().locate?.('c')).toBe(`file:${folder.at('a.conf')}:2`);
    expect(reader.readings[0]!.locate?.('b')).toBe(`file:${folder.at('a.conf')}:2`);
  });

  it('takes the format by name, whatever the file is called', () => {
    const folder = testFolder();
    folder.write('settings', 'a: 1\n');
    expect(plain(full(file(folder.at('settings'), { format: 'yaml' }).readNow!()).entries)).toEqual({ a: '1' });
  });

  it('is an empty layer while it does not exist, and is read when it comes', async () => {
    const folder = testFolder();
    const reader = stopping(follow(file(folder.at('deep/down/a.yaml'))));
    await until(() => reader.readings.length === 1);
    expect(full(reader.readings[0]!).entries.size).toBe(0);
    folder.write('deep/down/a.yaml', 'a: 1\n');
    await until(() => reader.entries.get('a') === '1');
    expect(reader.failures).toEqual([]);
  });

  it('is emptied when it has been gone for the grace period', async () => {
    const folder = testFolder();
    folder.write('a.yaml', 'a: 1\n');
    const reader = stopping(follow(file(folder.at('a.yaml'), { removalGraceMs: 30 })));
    await until(() => reader.entries.size === 1);
    folder.remove('a.yaml');
    await until(() => reader.entries.size === 0);
    expect(reader.last()).toMatchObject({ kind: 'patch', remove: new Set(['a']) });
  });

  it('keeps what it said when it is required and goes missing, reports that, and recovers', async () => {
    const folder = testFolder();
    folder.write('a.yaml', 'a: 1\n');
    const reader = stopping(follow(file(folder.at('a.yaml'), { required: true, removalGraceMs: 30 })));
    await until(() => reader.entries.size === 1);
    folder.remove('a.yaml');
    await until(() => reader.failures.length > 0);
    expect(plain(reader.entries)).toEqual({ a: '1' });
    expect(reader.failures[0]).toMatchObject({ name: 'SourceError', code: 'CALUMMA_SOURCE', origin: `file:${folder.at('a.yaml')}` });
    const spoken = reader.readings.length;
    folder.write('a.yaml', 'a: 1\n');
    await until(() => reader.readings.length > spoken);
    expect(plain(reader.entries)).toEqual({ a: '1' });
  });

  it('throws when it is required and missing at the start, and is followed all the same', async () => {
    const folder = testFolder();
    const source = file(folder.at('a.yaml'), { required: true });
    const told = hostFor();
    expect(thrownBy(() => source.readNow!(told.host))).toEqual({
      code: 'CALUMMA_SOURCE',
      message: `expected a file, found none; the layer marks it as required (file:${folder.at('a.yaml')})`,
    });
    const reader = stopping(follow(source, told));
    folder.write('a.yaml', 'a: 1\n');
    await until(() => reader.entries.get('a') === '1');
  });

  it.each([
    ['a.yaml', 'a: 1\n', 'a: [1\n'],
    ['a.properties', 'a=1\n', 'a=\\u12\n'],
  ])('keeps what it said while %s does not parse, and recovers by itself', async (name, good, bad) => {
    const folder = testFolder();
    folder.write(name, good);
    const reader = stopping(follow(file(folder.at(name))));
    await until(() => reader.entries.get('a') === '1');
    folder.write(name, bad);
    await until(() => reader.failures.length > 0);
    expect(reader.failures[0]).toMatchObject({ name: 'FormatError', code: 'CALUMMA_FORMAT' });
    expect(reader.failures[0]!.message).toContain(`file:${folder.at(name)}:`);
    expect(plain(reader.entries)).toEqual({ a: '1' });
    const spoken = reader.readings.length;
    folder.write(name, good);
    await until(() => reader.readings.length > spoken);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map(), remove: new Set() });
    folder.write(name, good.replace('1', '2'));
    await until(() => reader.entries.get('a') === '2');
  });

  it('reports a folder in its place, and is read when a file comes instead', async () => {
    const folder = testFolder();
    mkdirSync(folder.at('a.yaml'));
    expect(thrownBy(() => file(folder.at('a.yaml')).readNow!())).toEqual({
      code: 'CALUMMA_SOURCE',
      message: `expected a readable file, found a folder (EISDIR) (file:${folder.at('a.yaml')})`,
    });
    const reader = stopping(follow(file(folder.at('a.yaml'))));
    await until(() => reader.failures.length > 0);
    expect(reader.readings).toEqual([]);
    folder.remove('a.yaml');
    folder.write('a.yaml', 'a: 1\n');
    await until(() => reader.entries.get('a') === '1');
  });

  it('throws from its readings when nobody takes its failures', async () => {
    const folder = testFolder();
    folder.write('a.yaml', 'a: [1\n');
    const readings = file(folder.at('a.yaml')).readings(new AbortController().signal);
    await expect(readings[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'CALUMMA_FORMAT' });
  });

  it('refuses a file of more than 64 MiB before it is parsed', () => {
    const folder = testFolder();
    folder.write('a.yaml', '');
    truncateSync(folder.at('a.yaml'), 64 * 1024 * 1024 + 1);
    expect(thrownBy(() => file(folder.at('a.yaml')).readNow!()).message).toBe(
      `expected at most 67108864 bytes, found 67108865 (file:${folder.at('a.yaml')})`,
    );
  });

  it('reads latin1 on request, and refuses bytes that are not UTF-8 otherwise', () => {
    const folder = testFolder();
    folder.write('a.yaml', Buffer.from('x: é�\na: caf\u00e9\n', 'latin1'));
    expect(full(file(folder.at('a.yaml'), { encoding: 'latin1' }).readNow!()).entries.get('a')).toBe('café');
    folder.write('a.yaml', Buffer.concat([Buffer.from('x: é\ufffd\na: 1 caf'), Buffer.from([0xe9, 0x0a])]));
    expect(thrownBy(() => file(folder.at('a.yaml')).readNow!()).message).toBe(
      `yaml: a byte that is not UTF-8 (encoding: 'latin1' reads such files) (file:${folder.at('a.yaml')}:2:9)`,
    );
  });

  it('follows a swapped symlink', async () => {
    const folder = testFolder();
    folder.write('one.yaml', 'a: 1\n');
    folder.write('two.yaml', 'a: 2\n');
    symlinkSync('one.yaml', folder.at('a.yaml'));
    const reader = stopping(follow(file(folder.at('a.yaml'))));
    await until(() => reader.entries.get('a') === '1');
    folder.remove('a.yaml');
    symlinkSync('two.yaml', folder.at('a.yaml'));
    await until(() => reader.entries.get('a') === '2');
  });

  it('is not followed with watch: false, and read again on readNow', async () => {
    const folder = testFolder();
    folder.write('a.yaml', 'a: 1\n');
    const source = file(folder.at('a.yaml'), { watch: false });
    const reader = stopping(follow(source));
    await until(() => reader.readings.length === 1);
    folder.write('a.yaml', 'a: 2\n');
    expect(full(source.readNow!()).entries.get('a')).toBe('2');
    await reader.stop();
    expect(reader.readings).toHaveLength(1);
  });
});

describe('file, readers', () => {
  it('hands what readNow read to the reader that follows, once', async () => {
    const folder = testFolder();
    folder.write('a.properties', 'a=1\n');
    const source = file(folder.at('a.properties'));
    const told = hostFor();
    const now = full(source.readNow!(told.host));
    const first = stopping(follow(source, told));
    const second = stopping(follow(source, told));
    await until(() => first.readings.length === 1 && second.readings.length === 1);
    expect(full(first.readings[0]!).entries).toBe(now.entries);
    expect(full(second.readings[0]!).entries).not.toBe(now.entries);
    folder.write('a.properties', 'a=2\n');
    await until(() => first.entries.get('a') === '2' && second.entries.get('a') === '2');
    expect(first.readings).toHaveLength(2);
    expect(plain(now.entries)).toEqual({ a: '1' });
  });

  it('hears of what was written between readNow and the first round', async () => {
    const folder = testFolder();
    folder.write('a.yaml', 'a: 1\n');
    const source = file(folder.at('a.yaml'));
    const told = hostFor();
    source.readNow!(told.host);
    folder.write('a.yaml', 'a: 2\n');
    const reader = stopping(follow(source, told));
    await until(() => reader.entries.get('a') === '2');
    expect(reader.readings.map(({ kind }) => kind)).toEqual(['full', 'patch']);
  });

  it('says everything again after a readNow beside it, so that nobody is left with a moment it never saw', async () => {
    const folder = testFolder();
    folder.write('a.yaml', 'a: 1\n');
    const source = file(folder.at('a.yaml'));
    const reader = stopping(follow(source));
    await until(() => reader.readings.length === 1);
    source.readNow!(reader.host);
    await until(() => reader.readings.length === 2);
    expect(plain(full(reader.last()).entries)).toEqual({ a: '1' });
    folder.write('a.yaml', 'a: 2\n');
    await until(() => reader.readings.length === 3);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '2']]) });
  });

  it('ends in the final state after a burst of writes', async () => {
    const folder = testFolder();
    folder.write('a.properties', 'n=0\n');
    const reader = stopping(follow(file(folder.at('a.properties'))));
    await until(() => reader.readings.length === 1);
    for (let n = 1; n <= 100; n++) folder.write('a.properties', `n=${n}\n`);
    await until(() => reader.entries.get('n') === '100');
  });

  it('follows a large file without losing a change', async () => {
    const folder = testFolder();
    const text = (changed: string) => Array.from({ length: 40_000 }, (_, n) => `key.number.${n}=${n === 777 ? changed : 'x'.repeat(40)}\n`).join('');
    folder.write('a.properties', text('1'));
    const reader = stopping(follow(file(folder.at('a.properties'))));
    await until(() => reader.entries.get('key.number.777') === '1');
    folder.replace('a.properties', text('2'));
    await until(() => reader.entries.get('key.number.777') === '2');
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['key.number.777', '2']]), remove: new Set() });
  });

  it('gives nothing once it is aborted', async () => {
    const folder = testFolder();
    const abort = new AbortController();
    abort.abort();
    const readings = file(folder.at('a.yaml')).readings(abort.signal)[Symbol.asyncIterator]();
    expect(await readings.next()).toEqual({ done: true, value: undefined });
  });
});

describe('file, bad input', () => {
  it('refuses an unknown extension, and lists what is known', () => {
    const { code, message } = thrownBy(() => file('settings.ini'));
    expect(code).toBe('CALUMMA_UNKNOWN_FORMAT');
    expect(message).toContain('.properties');
    expect(thrownBy(() => file('a.yaml', { format: 'ini' })).code).toBe('CALUMMA_UNKNOWN_FORMAT');
  });

  it.each<[unknown, unknown, string]>([
    ['', {}, 'file(path): expected a non-empty string, found an empty string'],
    [1, {}, 'file(path): expected a non-empty string, found a number'],
    [undefined, {}, 'file(path): expected a non-empty string, found undefined'],
    ['a\0.yaml', {}, 'file(path): expected text, found a NUL character in it'],
    ['a.yaml', { encoding: 'utf16' }, 'file({ encoding }): expected "utf8" or "latin1", found "utf16"'],
    ['a.yaml', { encoding: 8 }, 'file({ encoding }): expected "utf8" or "latin1", found a number'],
    ['a.yaml', { watch: 'yes' }, 'file({ watch }): expected true or false, found a string'],
    ['a.yaml', { required: 1 }, 'file({ required }): expected true or false, found a number'],
    ['a.yaml', { format: 5 }, 'file({ format }): expected a name or a format, found a number'],
    ['a.yaml', { format: null }, 'file({ format }): expected a name or a format, found null'],
    ['a.yaml', { name: '' }, 'file({ name }): expected a non-empty string, found an empty string'],
    ['a.yaml', { removalGraceMs: NaN }, 'file({ removalGraceMs }): expected a number of milliseconds from 0 to 2147483647, found a number'],
    ['a.yaml', { requird: true }, 'file(options): expected format, required, encoding, watch, removalGraceMs, name, found "requird"'],
    ['a.yaml', null, 'file(options): expected an object with format, required, encoding, watch, removalGraceMs, name, found null'],
  ])('refuses file(%j, %j)', (filePath, options, message) => {
    expect(thrownBy(() => file(filePath as string, options as object))).toEqual({ code: 'CALUMMA_OPTION', message });
    expect(() => file(filePath as string, options as object)).toThrow(ConfigError);
  });
});
