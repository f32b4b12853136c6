import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { ConfigError, DescriptionError, FormatError } from '../../src/core/errors.js';
import { createConfig } from '../../src/default/create.js';
import { configFromFile, readDescription } from '../../src/default/description.js';
import { registerFormat } from '../../src/formats/registry.js';
import type { Config } from '../../src/runtime/config.js';
import type { LayerSpec } from '../../src/runtime/options.js';
import { readText, scratch } from './scratch.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folderWith(files: Readonly<Record<string, string>>): string {
  const { folder, remove } = scratch(files);
  cleanups.push(remove);
  return folder;
}

function configOf(text: string, env: NodeJS.ProcessEnv = {}): Config {
  const config = createConfig(readText(text, env).options);
  cleanups.push(() => config.close());
  return config;
}

function layersOf(text: string, env: NodeJS.ProcessEnv = {}): LayerSpec[] {
  return readText(text, env).options.layers as LayerSpec[];
}

function errorOf(read: () => unknown): ConfigError {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function issuesOf(read: () => unknown): DescriptionError {
  const error = errorOf(read);
  if (error instanceof DescriptionError) return error;
  throw error;
}

const local = readFileSync(new URL('../../fixtures/description/good/local.yaml', import.meta.url), 'utf8');

describe('a description with local layers', () => {
  function start(): { folder: string; config: Config } {
    const folder = folderWith({
      'calumma.yaml': local,
      'secrets/db.password': 'hunter2\n',
      'gateway.yaml': 'gateway: { hosts: [a, b] }\n',
      'config/application.properties': 'gateway.timeout=2s\nname=app\n',
      'config/application-test.yaml': 'name: app in test\n',
    });
    const config = configFromFile(path.join(folder, 'calumma.yaml'));
    cleanups.push(() => config.close());
    return { folder, config };
  }

  test('is a config whose first get() is right, with the files beside it and not in the working folder', () => {
    const { config } = start();
    expect(config.get('db.password')).toBe('hunter2');
    expect(config.get('gateway.hosts')).toBe('a,b');
    expect(config.getDurationProperty('gateway.timeout', 0).get()).toBe(2_000);
    expect(config.get('name')).toBe('app in test');
    expect(config.getIntProperty('gateway.limit', 1).get()).toBe(100);
    expect(config.layers).toEqual(['args', 'env', 'directory:secrets', 'file:gateway.yaml', 'files:config/application', 'defaults']);
  });

  test('follows a file that is edited, and one that was not there', async () => {
    const { folder, config } = start();
    await config.ready();
    const timeout = config.getDurationProperty('gateway.timeout', 0);
    const seen: number[] = [];
    timeout.onChange((now) => seen.push(now));
    writeFileSync(path.join(folder, 'config/application.properties'), 'gateway.timeout=5s\n');
    await vi.waitFor(() => expect(timeout.get()).toBe(5_000), { timeout: 10_000 });
    expect(seen).toEqual([5_000]);
    writeFileSync(path.join(folder, 'config/application-test.properties'), 'gateway.timeout=7s\n');
    await vi.waitFor(() => expect(timeout.get()).toBe(7_000), { timeout: 10_000 });
    writeFileSync(path.join(folder, 'gateway.yaml'), 'gateway: { hosts: [c] }\n');
    await vi.waitFor(() => expect(config.get('gateway.hosts')).toBe('c'), { timeout: 10_000 });
  });
});

describe('paths', () => {
  test('start at the folder of the description, however that is called', () => {
    const folder = folderWith({ 'conf/calumma.yaml': 'cacheDir: ../cache\nlayers: []' });
    const relative = path.relative(process.cwd(), path.join(folder, 'conf/calumma.yaml'));
    expect(readDescription(relative).options.cacheDir).toBe(path.join(folder, 'cache'));
  });

  test('are left alone when they are absolute', () => {
    expect(readText('cacheDir: /var/cache/x\nlayers: []').options.cacheDir).toBe('/var/cache/x');
  });

  test('name their layers as they are written', () => {
    const text = 'layers:\n  - file: { path: ./a/../b.yaml }\n  - directory: { path: /run/x }\n  - files: { name: app }\n  - files: { name: app, in: [a, b] }\n';
    expect(layersOf(text).map(({ source }) => source.name)).toEqual(['file:./a/../b.yaml', 'directory:/run/x', 'files:app', 'files:{a,b}/app']);
  });
});

describe('layers', () => {
  test('have options beside their kind', () => {
    const [layer] = layersOf('layers:\n  - env: {}\n    name: e\n    required: yes\n    maxStalenessMs: 20s\n    maxBytes: 1KB\n    deletes: ignore\n');
    expect(layer).toMatchObject({ name: 'e', required: true, maxStalenessMs: 20_000, maxBytes: 1024, deletes: 'ignore' });
  });

  test('of one kind are told apart by their names', () => {
    expect(configOf('layers:\n  - env\n  - env: { prefix: A_ }\n    name: a\n').layers).toEqual(['env', 'a']);
  });

  test('may be one word, or a kind with nothing behind it', () => {
    expect(layersOf('layers: [args, env]').map(({ source }) => source.name)).toEqual(['args', 'env']);
    expect(layersOf('layers:\n  - env:\n  - args: {}').map(({ source }) => source.name)).toEqual(['env', 'args']);
  });

  test('of the environment look into the one that was given', () => {
    const config = configOf('layers:\n  - env: { prefix: APP_ }', { APP_LIMIT: '7', OTHER: '8' });
    expect([config.get('app.limit'), config.get('OTHER')]).toEqual(['7', undefined]);
  });

  test('may use a format that was registered', () => {
    registerFormat({ name: 'bars', extensions: ['.bars'], parse: (text) => Object.fromEntries([text.split('|')]) as Record<string, string> });
    expect(layersOf('layers:\n  - file: { path: a.bars }\n  - file: { path: b, format: bars }')).toHaveLength(2);
  });
});

describe('values', () => {
  const entries = (body: string, env: NodeJS.ProcessEnv = {}, top = '') =>
    configOf(`${top}layers:\n  - values:\n      entries: ${body}`, env).entries();

  test('are flattened as in any YAML file, and keep the text they are written in', () => {
    expect(entries('{ a: { b: 010, c: [x, { d: 1e3 }] }, list: [1, 2], off: ~, empty: "", __proto__: p }')).toEqual([
      ['a.b', '010'],
      ['a.c[0]', 'x'],
      ['a.c[1].d', '1e3'],
      ['list', '1,2'],
      ['list[0]', '1'],
      ['list[1]', '2'],
      ['empty', ''],
      ['__proto__', 'p'],
    ]);
  });

  test('are filled from the environment that was given, and from other keys by the config', () => {
    const body = '{ url: "http://${env:HOST_X}:${env:PORT_X:80}/${path}", path: p }';
    expect(entries(body, { HOST_X: 'h' })).toContainEqual(['url', 'http://h:80/p']);
  });

  test('keep a ${ that is escaped', () => {
    expect(entries('{ a: "$${b} ${env:X_Y}", b: 1 }', { X_Y: 'x' })).toContainEqual(['a', '${b} x']);
  });

  test('leave a default that mentions a key to the config', () => {
    expect(entries('{ a: "${env:NOT_SET_ANYWHERE:${b}}", b: 1 }')).toContainEqual(['a', '1']);
  });

  test('never read a ${ that came from the environment', () => {
    vi.stubEnv('CALUMMA_TEST_DOLLAR', '${b}');
    cleanups.push(() => vi.unstubAllEnvs());
    expect(entries('{ a: "${env:CALUMMA_TEST_DOLLAR}", b: 1 }', process.env)).toContainEqual(['a', '${b}']);
  });

  test('are filled from the environment also when the config leaves ${…} alone', () => {
    expect(entries('{ a: "${env:X_Y}${b}$${c}" }', { X_Y: '$x' }, 'interpolate: false\n')).toEqual([['a', '$x${b}$${c}']]);
  });
});

describe('the environment', () => {
  test('fills in any scalar before its type is checked', () => {
    const env = { SIZE: '2MB', WATCH: 'off', KIND: 'args', ENCODING: 'latin1' };
    const text = 'maxBytes: ${env:SIZE}\nlayers:\n  - ${env:KIND}\n  - file: { path: "${sys:pid}.yaml", watch: "${env:WATCH}", encoding: "${env:ENCODING}" }\n';
    const { options } = readText(text, env);
    expect(options.maxBytes).toBe(2 * 1024 * 1024);
    expect((options.layers as LayerSpec[]).map(({ source }) => source.name)).toEqual(['args', `file:${process.pid}.yaml`]);
  });

  test('gives the context its environment, unless the description says another', () => {
    expect(readText('layers: []', { NODE_ENV: 'production' }).options.context).toEqual({ environment: 'production' });
    expect(readText('layers: []', { NODE_ENV: 'production', CALUMMA_ENV: 'staging' }).options.context).toEqual({ environment: 'staging' });
    expect(readText('context: { environment: "${env:STAGE:dev}", region: eu }\nlayers: []', { NODE_ENV: 'production' }).options.context).toEqual({
      environment: 'dev',
      region: 'eu',
    });
  });

  test('and the context go into paths', () => {
    const { options } = readText('context: { region: eu }\ncacheDir: /cache/${@region}-${@environment}\nlayers: []', { NODE_ENV: 'prod' });
    expect(options.cacheDir).toBe('/cache/eu-prod');
  });
});

describe('what is wrong', () => {
  test('is told all at once, in the order of the file, one line each', () => {
    const folder = folderWith({ 'calumma.yaml': 'layers:\n  - envv\n  - file: { path: a.yaml, wacth: 1, watch: 2 }\nmaxBytes: x\nredact: 1\n' });
    const file = path.join(folder, 'calumma.yaml');
    const { issues, message } = issuesOf(() => readDescription(file, {}));
    expect(issues.map(({ path: at, line, column }) => [at, line, column])).toEqual([
      ['layers[0]', 2, 5],
      ['layers[1].file', 3, 27],
      ['layers[1].file.watch', 3, 37],
      ['maxBytes', 4, 1],
      ['redact', 5, 1],
    ]);
    expect(message.split('\n')).toEqual(issues.map((issue) => `${file}:${issue.line}:${issue.column}: ${issue.message}`));
  });

  test('keeps its causes', () => {
    const one = errorOf(() => readText('layers:\n  - file: { path: app.conf }'));
    expect(one.cause).toMatchObject({ code: 'CALUMMA_UNKNOWN_FORMAT' });
    const two = errorOf(() => readText('cacheDir: ${env:A}\nmaxBytes: ${env:B}\nlayers: []'));
    expect((two.cause as AggregateError).errors).toMatchObject([{ code: 'CALUMMA_MISSING_KEY' }, { code: 'CALUMMA_MISSING_KEY' }]);
  });

  test('is a CALUMMA_SOURCE error when there is no file, or a folder in its place', () => {
    const folder = folderWith({ file: '' });
    mkdirSync(path.join(folder, 'calumma.yaml'));
    for (const name of ['none.yaml', 'file/calumma.yaml']) {
      const missing = errorOf(() => configFromFile(path.join(folder, name)));
      expect(missing).toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringMatching(/calumma-description.*\.yaml: .*found no such file/) as string });
    }
    const inPlace = errorOf(() => readDescription(path.join(folder, 'calumma.yaml')));
    expect(inPlace).toMatchObject({ code: 'CALUMMA_SOURCE', cause: { code: 'EISDIR' } });
  });

  test('has a place when the file is no UTF-8', () => {
    const folder = folderWith({});
    const file = path.join(folder, 'calumma.yaml');
    writeFileSync(file, Buffer.from('layers: []\n# caf\xe9\n', 'latin1'));
    const error = errorOf(() => readDescription(file));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(`${file}:2:6`);
  });

  test('stands in the anchor that an alias repeats', () => {
    const { issues } = issuesOf(() => readText('layers:\n  - values: &v\n      entries: { a: "${env:NOT_SET}" }\n  - values: { <<: *v, name: b }'));
    expect(issues.map(({ line }) => line)).toEqual([3, 3]);
  });
});

test('a description that was damaged anywhere is read or refused with a place, never anything else', () => {
  const file = fileURLToPath(new URL('../../fixtures/description/good/every-option.yaml', import.meta.url));
  const text = readFileSync(file, 'utf8');
  const scraps = ['', ':', '-', '{', '}', '[', ']', '"', '${', '$${', '\n', ' ', '  ', '*', '&a', '!', '#', '~', '0', 'x', '<<: ', '__proto__', '\t'];
  const edit = fc.tuple(fc.nat(text.length), fc.nat(12), fc.constantFrom(...scraps));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const damaged = edits.reduce((before, [at, length, scrap]) => before.slice(0, at) + scrap + before.slice(at + length), text);
      try {
        readText(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        expect(['CALUMMA_DESCRIPTION', 'CALUMMA_FORMAT']).toContain((error as ConfigError).code);
        expect((error as ConfigError).message).toMatch(/calumma\.yaml:\d+:\d+/);
      }
    }),
    { numRuns: 400 },
  );
});
