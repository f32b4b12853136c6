import { describe, expect, it } from 'vitest';

import type { Context, FullReading } from '../../../src/core/model.js';
import { files, type FilesOptions } from '../../../src/sources/files/files.js';
import { follow, hostFor, plain, thrownBy, until } from '../following.js';
import { stopping, testFolder, type TestFolder } from './folder.js';

function read(folder: TestFolder, context: Context = {}, options: FilesOptions = {}) {
  const told = hostFor(context);
  const reading = files(folder.at('application'), options).readNow!(told.host) as FullReading;
  return { ...told, reading, entries: plain(reading.entries) };
}

const prod = { environment: 'prod', region: 'eu' };

describe('files', () => {
  it('reads the variants of its context, the most special wins', () => {
    const folder = testFolder();
    folder.write('application.properties', 'a=base\nb=base\nc=base\nd=base\n');
    folder.write('application-prod.yaml', 'b: prod\nc: prod\nd: prod\n');
    folder.write('application-eu.json', '{"c": "eu", "d": "eu"}');
    folder.write('application-prod-eu.properties', 'd=prod-eu\n');
    folder.write('application-test.properties', 'a=test\n');
    const { entries, reading, warnings } = read(folder, prod);
    expect(entries).toEqual({ a: 'base', b: 'prod', c: 'eu', d: 'prod-eu' });
    expect(reading.locate?.('b')).toBe(`file:${folder.at('application-prod.yaml')}:1`);
    expect(reading.locate?.('a')).toContain(`file:${folder.at('application.properties')}`);
    expect(warnings).toEqual([]);
  });

  it('leaves out variants whose key is unset or empty', () => {
    const folder = testFolder();
    folder.write('application.properties', 'a=base\n');
    folder.write('application-.properties', 'a=wrong\n');
    folder.write('application--eu.properties', 'a=wrong\n');
    folder.write('application-undefined.properties', 'a=wrong\n');
    expect(read(folder, { environment: '', region: 'eu' }).entries).toEqual({ a: 'base' });
  });

  it('takes templates with any key of the context', () => {
    const folder = testFolder();
    folder.write('application.properties', 'a=base\n');
    folder.write('application-dc1.properties', 'a=dc1\n');
    folder.write('dc1/blue.properties', 'b=blue\n');
    const variants = ['{name}', '{name}-{datacenter}', '{datacenter}/{color}'];
    expect(read(folder, { datacenter: 'dc1', color: 'blue' }, { variants }).entries).toEqual({ a: 'dc1', b: 'blue' });
  });

  it.each(['../../etc', 'a/b', 'a\\b', '..', 'a\0b'])('refuses the context value %j', (environment) => {
    const { code, message } = thrownBy(() => read(testFolder(), { environment }));
    expect(code).toBe('CALUMMA_OPTION');
    expect(message).toMatch(/^context\.environment: /);
  });

  it('names the key that stands in two formats of one variant, and .properties wins', () => {
    const folder = testFolder();
    folder.write('application.properties', 'a=properties\nown=1\n');
    folder.write('application.yaml', '# notes\na: yaml\nb: yaml\n');
    folder.write('application.json', '{"b": "json"}');
    const { entries, warnings } = read(folder);
    expect(entries).toEqual({ a: 'properties', own: '1', b: 'yaml' });
    expect(warnings.map(({ code }) => code)).toEqual(['CALUMMA_SHADOWED_KEY', 'CALUMMA_SHADOWED_KEY']);
    const [yamlJson, propertiesYaml] = warnings.map(({ message }) => message);
    expect(yamlJson).toBe(
      `"b" stands in file:${folder.at('application.yaml')}:3, which wins, and in file:${folder.at('application.json')}:1`,
    );
    expect(propertiesYaml).toContain(`and in file:${folder.at('application.yaml')}:2`);
  });

  it('names many shared keys in one warning, and does not repeat it while they stay', async () => {
    const folder = testFolder();
    folder.write('application.properties', 'a=1\nb=1\nc=1\n');
    folder.write('application.yaml', 'a: 2\nb: 2\n');
    const reader = stopping(follow(files(folder.at('application'))));
    await until(() => reader.readings.length === 1);
    expect(reader.warnings.map(({ message }) => message)).toEqual([expect.stringContaining('and so do 1 more keys')]);
    folder.write('application.yaml', 'a: 3\nb: 2\n');
    await until(() => reader.readings.length === 2);
    expect(reader.warnings).toHaveLength(1);
    folder.write('application.yaml', 'a: 3\nb: 2\nc: 3\n');
    await until(() => reader.readings.length === 3);
    expect(reader.warnings[1]?.message).toMatch(/^"c" stands in/);
  });

  it('takes the formats in the order they are given', () => {
    const folder = testFolder();
    folder.write('application.properties', 'a=properties\n');
    folder.write('application.yml', 'a: yaml\n');
    folder.write('application.json', '{"a": "json"}');
    expect(read(folder, {}, { formats: ['yaml', 'properties'] }).entries).toEqual({ a: 'yaml' });
  });

  it('looks in several folders, the first wins within a variant, and the variant goes before the folder', () => {
    const folder = testFolder();
    folder.write('one/application.properties', 'a=one\nb=one\n');
    folder.write('two/application.yaml', 'a: two\nb: two\nc: two\n');
    folder.write('two/application-prod.properties', 'b=two-prod\n');
    const told = hostFor(prod);
    const source = files({ name: 'application', in: [folder.at('one'), folder.at('two')] });
    expect(source.name).toBe(`files:{${folder.at('one')},${folder.at('two')}}/application`);
    expect(plain((source.readNow!(told.host) as FullReading).entries)).toEqual({ a: 'one', b: 'two-prod', c: 'two' });
    expect(told.warnings).toEqual([]);
  });

  it('gives the changed keys only, and only where they show', async () => {
    const folder = testFolder();
    folder.write('application.properties', 'a=1\nb=1\n');
    folder.write('application-prod.properties', 'a=prod\n');
    const reader = stopping(follow(files(folder.at('application')), hostFor(prod)));
    await until(() => reader.readings.length === 1);
    folder.write('application.properties', 'a=2\nb=2\n');
    await until(() => reader.readings.length === 2);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['b', '2']]), remove: new Set() });
    folder.write('application-prod.properties', 'c=prod\n');
    await until(() => reader.readings.length === 3);
    expect(reader.last()).toMatchObject({ set: new Map([['a', '2'], ['c', 'prod']]), remove: new Set() });
  });

  it('sees a variant come and go', async () => {
    const folder = testFolder();
    folder.write('application.properties', 'a=1\n');
    const reader = stopping(follow(files(folder.at('application'), { removalGraceMs: 30 }), hostFor(prod)));
    await until(() => reader.readings.length === 1);
    folder.write('application-prod-eu.yml', 'a: 2\nb: 2\n');
    await until(() => reader.entries.get('a') === '2');
    folder.remove('application-prod-eu.yml');
    await until(() => !reader.entries.has('b'));
    expect(plain(reader.entries)).toEqual({ a: '1' });
  });

  it('moves all or nothing: while one file is bad, the good change of another waits', async () => {
    const folder = testFolder();
    folder.write('application.yaml', 'a: 1\n');
    folder.write('application-prod.yaml', 'b: 1\n');
    const reader = stopping(follow(files(folder.at('application')), hostFor(prod)));
    await until(() => reader.readings.length === 1);
    folder.write('application.yaml', 'a: [\n');
    await until(() => reader.failures.length > 0);
    const failures = reader.failures.length;
    folder.write('application-prod.yaml', 'b: 2\n');
    await until(() => reader.failures.length > failures);
    expect(plain(reader.entries)).toEqual({ a: '1', b: '1' });
    folder.write('application.yaml', 'a: 2\n');
    await until(() => reader.readings.length === 2);
    expect(reader.last()).toMatchObject({ set: new Map([['a', '2'], ['b', '2']]) });
  });

  it('reports every bad file when it is read at once', () => {
    const folder = testFolder();
    folder.write('application.yaml', 'a: [\n');
    folder.write('application-prod.json', '{');
    const told = hostFor(prod);
    expect(thrownBy(() => files(folder.at('application')).readNow!(told.host)).code).toBe('CALUMMA_FORMAT');
    expect(told.failures).toHaveLength(1);
  });

  it('gives readers of different contexts what is theirs', async () => {
    const folder = testFolder();
    folder.write('application-prod.properties', 'a=prod\n');
    folder.write('application-test.properties', 'a=test\n');
    const source = files(folder.at('application'));
    source.readNow!(hostFor({ environment: 'prod' }).host);
    const reader = stopping(follow(source, hostFor({ environment: 'test' })));
    await until(() => reader.readings.length === 1);
    expect(plain(reader.entries)).toEqual({ a: 'test' });
  });

  it.each<[unknown, unknown, string]>([
    ['', {}, 'files(base): expected a non-empty string, found an empty string'],
    ['config/', {}, 'files(base): expected a path that ends in a name, found a string'],
    ['..', {}, 'files(base): expected a path that ends in a name, found a string'],
    [undefined, {}, 'files(options): expected an object with name, in, found undefined'],
    [{ name: 'a' }, {}, 'files({ in }): expected a list of folders, found undefined'],
    [{ name: 'a', in: [] }, {}, 'files({ in }): expected a list of folders, found an array'],
    [{ name: 'a', in: [1] }, {}, 'files({ in }): expected a non-empty string, found a number'],
    [{ name: 'a/b', in: ['.'] }, {}, 'files({ name }): expected a name without folders, found a string'],
    [{ name: 'a', on: ['.'] }, {}, 'files(options): expected name, in, found "on"'],
    ['a', { variants: [] }, "files({ variants }): expected templates such as '{name}-{environment}', found an array"],
    ['a', { variants: '{name}' }, "files({ variants }): expected templates such as '{name}-{environment}', found a string"],
    ['a', { variants: ['{name'] }, 'files({ variants }): expected templates such as \'{name}-{environment}\', found "{name"'],
    ['a', { variants: [''] }, "files({ variants }): expected templates such as '{name}-{environment}', found an empty string"],
    ['a', { formats: [] }, 'files({ formats }): expected a list of formats or names, found an array'],
    ['a', { formats: 'yaml' }, 'files({ formats }): expected a list of formats or names, found a string'],
    ['a', { formats: [1] }, 'files({ formats }): expected a name or a format, found a number'],
    ['a', { watch: 1 }, 'files({ watch }): expected true or false, found a number'],
    ['a', { required: true }, 'files(options): expected variants, formats, encoding, watch, removalGraceMs, name, found "required"'],
  ])('refuses files(%j, %j)', (base, options, message) => {
    expect(thrownBy(() => files(base as string, options as object))).toEqual({ code: 'CALUMMA_OPTION', message });
  });

  it('refuses a format nobody knows', () => {
    expect(thrownBy(() => files('a', { formats: ['ini'] })).code).toBe('CALUMMA_UNKNOWN_FORMAT');
  });
});
