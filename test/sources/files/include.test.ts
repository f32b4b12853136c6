import { symlinkSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { Context, FullReading } from '../../../src/core/model.js';
import { file } from '../../../src/sources/files/file.js';
import { files } from '../../../src/sources/files/files.js';
import { follow, hostFor, plain, until } from '../following.js';
import { stopping, testFolder, type TestFolder } from './folder.js';

function read(folder: TestFolder, name = 'a.properties', context: Context = {}) {
  const told = hostFor(context);
  const reading = file(folder.at(name)).readNow!(told.host) as FullReading;
  return { reading, entries: plain(reading.entries), notes: told.warnings.map(({ code, message }) => `${code} ${message}`) };
}

describe('@next', () => {
  it('includes files that win over the file that names them, the last most of all', () => {
    const folder = testFolder();
    folder.write('a.properties', 'x=a\ny=a\nz=a\n@next=sub/b, c.yaml\n');
    folder.write('sub/b.properties', 'y=b\nz=b\n');
    folder.write('c.yaml', '# c\nz: c\n');
    const { entries, reading, notes } = read(folder);
    expect(entries).toEqual({ x: 'a', y: 'b', z: 'c' });
    expect(reading.locate?.('y')).toContain(`file:${folder.at('sub/b.properties')}`);
    expect(reading.locate?.('z')).toBe(`file:${folder.at('c.yaml')}:2`);
    expect(reading.locate?.('@next')).toBeUndefined();
    expect(notes).toEqual([]);
  });

  it('takes the name it had in Archaius 1, and stays an ordinary key outside of .properties', () => {
    const folder = testFolder();
    folder.write('a.properties', 'netflixconfiguration.properties.nextLoad=b.yaml\n');
    folder.write('b.yaml', '"@next": c\n');
    folder.write('c.properties', 'c=1\n');
    expect(read(folder).entries).toEqual({ '@next': 'c' });
  });

  it('is relative to the file that names it, recursively', () => {
    const folder = testFolder();
    folder.write('a.properties', '@next=sub/b\n');
    folder.write('sub/b.properties', '@next=../c\nb=1\n');
    folder.write('c.properties', 'b=2\n');
    expect(read(folder)).toMatchObject({ entries: { b: '2' }, notes: [] });
  });

  it('is interpolated with the context and with what is known so far', () => {
    const folder = testFolder();
    folder.write('a.properties', 'team=blue\n@next=${@environment}, ${team}-${size:small}, ${unknown}\n');
    folder.write('prod.properties', 'a=prod\n');
    folder.write('blue-small.properties', 'b=small\n');
    const { entries, notes } = read(folder, 'a.properties', { environment: 'prod' });
    expect(entries).toEqual({ team: 'blue', a: 'prod', b: 'small' });
    expect(notes).toEqual([expect.stringMatching(/^CALUMMA_INCLUDE @next: .*unknown/)]);
  });

  it('refuses a context value that leads to another folder', () => {
    const folder = testFolder();
    folder.write('in/a.properties', 'a=1\n@next=${@environment}\n');
    folder.write('secret.properties', 'a=2\n');
    const { entries, notes } = read(folder, 'in/a.properties', { environment: '../secret' });
    expect(entries).toEqual({ a: '1' });
    expect(notes[0]).toContain('context.environment');
  });

  it('cuts a circle and names it', () => {
    const folder = testFolder();
    folder.write('a.properties', 'x=a\n@next=b\n');
    folder.write('b.properties', 'x=b\n@next=a\n');
    const { entries, notes } = read(folder);
    expect(entries).toEqual({ x: 'b' });
    const [a, b] = [folder.at('a.properties'), folder.at('b.properties')];
    expect(notes).toEqual([
      `CALUMMA_INCLUDE @next: includes in a circle, ${a} → ${b} → ${a}; the circle is cut (file:${b})`,
    ]);
  });

  it('cuts a file that includes itself, and folders that link to themselves', () => {
    const folder = testFolder();
    folder.write('a.properties', 'x=a\n@next=a\n');
    expect(read(folder).notes).toHaveLength(1);
    folder.write('a.properties', 'x=a\n@next=link/a\n');
    symlinkSync('.', folder.at('link'));
    const { entries, notes } = read(folder);
    expect(entries).toEqual({ x: 'a' });
    expect(notes).toEqual([expect.stringContaining('includes nested more than 32 deep; the rest is left out')]);
  });

  it('takes a file that two others include once, at its first place', () => {
    const folder = testFolder();
    folder.write('a.properties', '@next=b,c\n');
    folder.write('b.properties', 'x=b\n@next=common\n');
    folder.write('c.properties', 'x=c\n@next=common\n');
    folder.write('common.properties', 'x=common\ny=common\n');
    expect(read(folder)).toMatchObject({ entries: { x: 'c', y: 'common' }, notes: [] });
  });

  it('reads a tree of files that include each other twice in linear time', () => {
    const folder = testFolder();
    for (let level = 0; level < 30; level++) {
      const next = level === 29 ? '' : `@next=l${level + 1}.properties,m${level + 1}.properties\n`;
      folder.write(`l${level}.properties`, `l${level}=1\n${next}`);
      folder.write(`m${level}.properties`, `m${level}=1\n${next}`);
    }
    expect(Object.keys(read(folder, 'l0.properties').entries)).toHaveLength(59);
  });

  it('reports a missing include once, and reads it when it comes', async () => {
    const folder = testFolder();
    folder.write('a.properties', 'x=a\n@next=later/b\n');
    const reader = stopping(follow(file(folder.at('a.properties'))));
    await until(() => reader.readings.length === 1);
    const missing = `@next: the file ${folder.at('later/b.properties')} does not exist (yet) (file:${folder.at('a.properties')})`;
    expect(reader.warnings.map(({ message }) => message)).toEqual([missing]);
    folder.write('a.properties', 'x=a2\n@next=later/b\n');
    await until(() => reader.entries.get('x') === 'a2');
    folder.write('later/b.properties', 'x=b\n');
    await until(() => reader.entries.get('x') === 'b');
    expect(reader.warnings).toHaveLength(1);
    folder.write('later/b.properties', 'x=b2\n');
    await until(() => reader.entries.get('x') === 'b2');
  });

  it('follows includes that are added and taken away', async () => {
    const folder = testFolder();
    folder.write('a.properties', 'x=a\n');
    folder.write('b.properties', 'x=b\ny=b\n');
    const reader = stopping(follow(file(folder.at('a.properties'))));
    await until(() => reader.readings.length === 1);
    folder.write('a.properties', 'x=a\n@next=b\n');
    await until(() => reader.entries.get('y') === 'b');
    expect(plain(reader.entries)).toEqual({ x: 'b', y: 'b' });
    folder.write('b.properties', 'x=b2\n');
    await until(() => reader.entries.get('x') === 'b2');
    expect(reader.entries.has('y')).toBe(false);
    folder.write('a.properties', 'x=a\n');
    await until(() => reader.entries.get('x') === 'a');
    folder.write('b.properties', 'x=b3\n');
    folder.write('a.properties', 'x=a\n@next=b\n');
    await until(() => reader.entries.get('x') === 'b3');
  });

  it('does not say half of it while an include is still to be read', async () => {
    const folder = testFolder();
    folder.write('a.properties', 'x=a\n@next=b\n');
    folder.write('b.properties', 'x=b\n');
    const reader = stopping(follow(file(folder.at('a.properties'))));
    await until(() => reader.readings.length > 0);
    expect(reader.readings[0]).toMatchObject({ kind: 'full', entries: new Map([['x', 'b']]) });
  });

  it('moves another way when what it mentions moves', async () => {
    const folder = testFolder();
    folder.write('application.properties', 'color=blue\n');
    folder.write('application-prod.properties', '@next=${color}\n');
    folder.write('blue.properties', 'x=blue\n');
    folder.write('green.properties', 'x=green\n');
    const reader = stopping(follow(files(folder.at('application')), hostFor({ environment: 'prod' })));
    await until(() => reader.entries.get('x') === 'blue');
    folder.write('application.properties', 'color=green\n');
    await until(() => reader.entries.get('x') === 'green');
  });

  it('is refused as a whole when an include does not parse, until nobody includes that any more', async () => {
    const folder = testFolder();
    folder.write('a.properties', 'x=a\n@next=b.yaml\n');
    folder.write('b.yaml', 'x: b\n');
    const reader = stopping(follow(file(folder.at('a.properties'))));
    await until(() => reader.entries.get('x') === 'b');
    folder.write('b.yaml', 'x: [\n');
    await until(() => reader.failures.length > 0);
    expect(reader.failures[0]!.message).toContain(`file:${folder.at('b.yaml')}:`);
    folder.write('a.properties', 'x=a2\n');
    await until(() => reader.entries.get('x') === 'a2');
  });
});
