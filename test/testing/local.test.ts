import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it } from 'vitest';

import { args, directory, env, file, files, memory, once, polled, pushed, values } from '../../src/index.js';
import { renderProperties } from '../../src/formats/properties-render.js';
import type { Rig } from '../../src/testing/index.js';
import { sourceConformance } from '../../src/testing/index.js';
import { conform } from './conform.js';

it('there are cases, each with a name of its own', () => {
  const names = sourceConformance.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(25);
  expect(new Set(names).size).toBe(names.length);
});

/** What cannot be written has what it begins with. */
conform('args()', () => ({ source: args({ argv: ['--a=1', '--b.c', '2'] }), initial: { a: '1', 'b.c': '2' }, close: () => undefined }));
conform('env()', () => ({ source: env({ environment: { A: '1', GATEWAY_LIMIT: '2' } }), initial: { A: '1', GATEWAY_LIMIT: '2' }, close: () => undefined }));
conform('values()', () => ({ source: values({ a: '1', 'b.c': '2' }), initial: { a: '1', 'b.c': '2' }, close: () => undefined }));
conform('once()', () => ({ source: once('build', () => Promise.resolve({ a: 1, 'b.c': 2 })), initial: { a: '1', 'b.c': '2' }, close: () => undefined }));

conform('memory()', () => {
  const source = memory();
  return {
    source,
    put: (key, value) => source.set(key, value),
    remove: (key) => source.delete(key),
    putAll: (entries) => source.replace(entries),
    close: () => undefined,
  };
});

/** A thing in this process that can be made to fail. */
class Thing {
  readonly entries = new Map<string, string>();
  broken = false;
  malformed = false;
  readonly #listeners = new Set<{ readonly emit: () => void; readonly fail: (error: unknown) => void }>();

  read(): Map<string, string> {
    if (this.broken) throw new Error('unreachable');
    if (this.malformed) return new Map([['a', null as unknown as string]]);
    return new Map(this.entries);
  }

  change(act: () => void): void {
    this.malformed = false;
    act();
    for (const { emit } of [...this.#listeners]) emit();
  }

  breakDown(): void {
    this.broken = true;
    for (const { fail } of [...this.#listeners]) fail(new Error('unreachable'));
  }

  subscribe(emit: () => void, fail: (error: unknown) => void): () => void {
    const listener = { emit, fail };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  rig(source: Rig['source']): Rig {
    return {
      source,
      put: (key, value) => this.change(() => this.entries.set(key, value)),
      remove: (key) => this.change(() => this.entries.delete(key)),
      putAll: (entries) => this.change(() => entries.forEach((value, key) => this.entries.set(key, value))),
      close: () => undefined,
    };
  }
}

conform('pushed()', () => {
  const thing = new Thing();
  return thing.rig(pushed('bus', (emit, fail) => {
    const unsubscribe = thing.subscribe(() => emit(thing.read()), fail);
    emit(thing.read());
    return unsubscribe;
  }));
});

conform('polled()', () => {
  const thing = new Thing();
  return thing.rig(polled('poll', () => thing.read(), { everyMs: 2 }));
});

/** A folder of files, written as careful writers do. */
function folderRig(source: (folder: string) => Rig['source'], write: (folder: string, entries: ReadonlyMap<string, string>) => void, about: Partial<Rig> & { bad: (folder: string) => void }): Rig {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-conform-'));
  const entries = new Map<string, string>();
  const { bad, ...more } = about;
  const change = (act: () => void): void => {
    act();
    write(folder, entries);
  };
  return {
    source: source(folder),
    put: (key, value) => change(() => entries.set(key, value)),
    remove: (key) => change(() => entries.delete(key)),
    putAll: (some) => change(() => some.forEach((value, key) => entries.set(key, value))),
    malform: () => bad(folder),
    ...more,
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function swap(target: string, content: string): void {
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(`${target}.new`, content);
  renameSync(`${target}.new`, target);
}

conform('file() of .properties', () => folderRig(
  (folder) => file(path.join(folder, 'app.properties')),
  (folder, entries) => swap(path.join(folder, 'app.properties'), renderProperties(entries)),
  { bad: (folder) => swap(path.join(folder, 'app.properties'), 'a = \\uZZZZ\n'), originOf: () => /app\.properties:\d+$/, canHold: (key) => key !== '@next' },
));

conform('file() of JSON', () => folderRig(
  (folder) => file(path.join(folder, 'app.json')),
  (folder, entries) => swap(path.join(folder, 'app.json'), JSON.stringify(Object.fromEntries(entries))),
  { bad: (folder) => swap(path.join(folder, 'app.json'), '{"a": '), originOf: () => /app\.json:\d+/ },
));

conform('files()', () => folderRig(
  (folder) => files({ name: 'application', in: [folder] }),
  (folder, entries) => swap(path.join(folder, 'application.properties'), renderProperties(entries)),
  { bad: (folder) => swap(path.join(folder, 'application.properties'), 'a = \\uZZZZ\n'), originOf: () => /application\.properties:\d+$/ },
));

conform('directory()', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-conform-'));
  mkdirSync(path.join(folder, 'keys'));
  const at = (key: string): string => path.join(folder, 'keys', key);
  return {
    source: directory(path.join(folder, 'keys')),
    put: (key, value) => {
      writeFileSync(path.join(folder, 'new'), value);
      renameSync(path.join(folder, 'new'), at(key));
    },
    remove: (key) => rmSync(at(key)),
    canHold: (key, value) => !key.includes('/') && !key.includes('\0') && Buffer.byteLength(key) < 255 && !key.startsWith('.') && !/\s$/.test(value),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
});
