import { readFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';

import { configFromFile, describesSame, readDescription } from '../../src/default/description.js';
import { readText, scratch } from './scratch.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const text = readFileSync(new URL('../../fixtures/description/good/daemon.yaml', import.meta.url), 'utf8');

function described(yaml = text) {
  const { folder, remove } = scratch({ 'calumma.yaml': yaml });
  cleanups.push(remove);
  const file = path.join(folder, 'calumma.yaml');
  return { folder, file, ...readDescription(file, {}) };
}

describe('configs', () => {
  test('are called by their names, the layers at the top are "default"', () => {
    const { configs, options } = described();
    expect(Object.keys(configs)).toEqual(['default', 'billing', 'search-2.old']);
    expect(configs.default).toBe(options);
  });

  test('take what stands at the top unless they say otherwise', () => {
    const { configs, folder } = described();
    expect(configs.default).toMatchObject({ context: { environment: 'prod', region: 'eu' }, redact: ['pin'], cacheDir: path.join(folder, 'cache') });
    expect(configs.billing).toMatchObject({ context: { environment: 'prod', region: 'us' }, redact: ['pin'], cacheDir: path.join(folder, 'cache/billing') });
    expect(configs['search-2.old']).toMatchObject({ context: { region: 'eu' }, cacheDir: path.join(folder, 'elsewhere'), interpolate: false });
  });

  test('may have the default one among them', () => {
    const { configs, options } = described('cacheDir: c\nconfigs: { default: { layers: [env], maxBytes: 1MB } }');
    expect(Object.keys(configs)).toEqual(['default']);
    expect(options).toMatchObject({ maxBytes: 1024 * 1024, cacheDir: expect.stringMatching(/\/c$/) as string });
  });

  test('have a context of their own also in their paths', () => {
    const { configs } = readText('layers: []\nconfigs: { a: { context: { region: us }, layers: [{ file: { path: "${@region}.yaml" } }] } }');
    expect(configs.a?.layers).toMatchObject([{ source: { name: 'file:us.yaml' } }]);
  });

  test('never show a secret that only one of them calls so', () => {
    const nothing = () => readText('layers: []\nconfigs: { a: { redact: [pin], maxBytes: "${env:THE_PIN}", layers: [] } }', { THE_PIN: 'x1234' });
    expect(nothing).toThrow('configs.a.maxBytes: expected a size such as 10MB, found ***');
  });

  test('are made by name; a name that is not there is an error that suggests', async () => {
    const { file } = described();
    const billing = configFromFile(file, { name: 'billing' });
    expect(billing.get('rate')).toBe('us');
    await billing.close();
    expect(() => configFromFile(file, { name: 'biling' })).toThrow('no config is called "biling"; did you mean "billing"? allowed: default, billing, search-2.old');
    expect(() => configFromFile(file, { name: '__proto__' })).toThrow('no config is called "__proto__"');
    expect(() => configFromFile(file, { nmae: 'billing' } as never)).toThrow(/nmae/);
  });
});

test('outputs have their defaults, and paths from the folder of the description', () => {
  const { outputs, folder } = described();
  expect(outputs).toEqual([
    {
      to: path.join(folder, 'out/gateway'), config: 'default', prefix: 'gateway', formats: ['json', 'env'], check: [path.join(folder, 'check.sh'), '-q'],
      reload: ['systemctl', 'reload', 'nginx'], quietMs: 500, timeoutMs: 10_000, reveal: false,
    },
    {
      to: '/run/config/billing', config: 'billing', prefix: '', formats: ['files'],
      reload: { signal: 'SIGUSR1', pidFile: path.join(folder, 'nginx.pid') }, quietMs: 2_000, timeoutMs: 60_000, reveal: true,
    },
  ]);
});

test('the sidecar has its paths from the folder of the description, and may be told not to listen', () => {
  const { sidecar, folder } = described();
  const tls = { key: path.join(folder, 'tls/key.pem'), cert: path.join(folder, 'tls/cert.pem'), ca: path.join(folder, 'tls/ca.pem') };
  expect(sidecar).toEqual({ host: '0.0.0.0', port: 0, socket: path.join(folder, 'run/sidecar.sock'), tokens: path.join(folder, 'tokens'), tls, hosts: ['config.internal'] });
  expect(readText('layers: []\nsidecar: { port: false, socket: false }').sidecar).toEqual({ port: false, socket: false });
});

test('a description of layers alone has no outputs, and a sidecar that says nothing', () => {
  expect(readText('layers: []')).toMatchObject({ outputs: [], sidecar: {}, configs: { default: { layers: [] } } });
});

describe('two readings of a description say the same of a config', () => {
  const base = 'context: { region: eu }\nlayers: [env]\nconfigs: { a: { layers: [{ values: { entries: { x: 1, y: [1, 2] } } }] } }\n';

  test.each([
    ['that is written the same', base, ['default', 'a']],
    ['that is written otherwise', 'layers:\n  - env\nconfigs:\n  a:\n    layers:\n      - values:\n          entries: { y: [1, 2], x: 1 }\ncontext: { region: eu }', ['default', 'a']],
    ['beside outputs and a sidecar', `${base}outputs: [{ to: out, formats: [json] }]\nsidecar: { port: 0 }`, ['default', 'a']],
    ['while another one has changed', base.replace('x: 1', 'x: 2'), ['default']],
    ['unless its own layers changed', base.replace('[env]', '[args, env]'), ['a']],
    ['unless its list got longer', base.replace('[1, 2]', '[1, 2, 3]'), ['default']],
    ['unless what all have has changed', base.replace('eu', 'us'), []],
    ['unless it is gone', 'context: { region: eu }\nlayers: [env]', ['default']],
  ])('%s', (_, text, same) => {
    const [before, after] = [readText(base), readText(text)];
    expect(['default', 'a'].filter((name) => describesSame(before, after, name))).toEqual(same);
    expect(['default', 'a'].filter((name) => describesSame(after, before, name))).toEqual(same);
  });

  test('which only readDescription() can tell', () => {
    expect(() => describesSame({ ...readText(base) }, readText(base), 'a')).toThrow('expected two descriptions from readDescription()');
  });
});
