import { afterEach, describe, expect, test } from 'vitest';

import { type Config, configure, createConfig, file, get, getIntProperty, memory, resetDefaultConfig, values } from '../../src/index.js';
import { openLab } from './lab.js';

function quiet(record: Readonly<Record<string, string>>): Config {
  return createConfig({ context: {}, layers: [memory(record)], onError: () => undefined });
}

afterEach(() => resetDefaultConfig());

describe('reading never throws', () => {
  test.each([undefined, null, 7, NaN, {}, [], Symbol('a'), () => 'a', '', '__proto__', 'constructor', '\0', 'k'.repeat(100_000)])('get and has of %s', (key) => {
    const config = quiet({ a: '1' });
    expect(config.get(key as never)).toBeUndefined();
    expect(config.has(key as never)).toBe(false);
    expect(config.snapshot().get(key as never)).toBeUndefined();
    expect(config.view('nowhere').get(key as never)).toBeUndefined();
  });

  test.each(['__proto__', 'constructor', 'toString', '', '\0', '\ud800', 'k'.repeat(100_000)])('the key %j is a key like any other', (key) => {
    const config = quiet({ [key]: '1' });
    expect(config.get(key)).toBe('1');
    expect(config.keys()).toEqual([key]);
    expect(config.getIntProperty(key, 0).get()).toBe(1);
    config.override(key, 2);
    expect(config.overrides()).toEqual(Object.fromEntries([[key, '2']]));
    expect(config.withOverrides(Object.fromEntries([[key, 3]]), () => config.get(key))).toBe('3');
    expect(config.getIntProperty(key, 0).get()).toBe(2);
    expect(String(config.explain(key))).toContain('override:');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('a value of 5 MB is a value', () => {
    const large = 'x'.repeat(5 * 1024 * 1024);
    const config = quiet({ large, also: 'y${large}' });
    expect(config.get('large')).toBe(large);
    expect(config.get('also')).toBe('y${large}'); // what is put together ends at 1 MB
  });

  test('what is odd but allowed in JSON is taken as it stands', async () => {
    const lab = openLab();
    const digits = '9'.repeat(1_000_000);
    lab.write('a.json', `{"half": "\\ud800", "huge": 1e999999, "long": ${digits}, "__proto__": {"a": 1}}`);
    const config = createConfig({ context: {}, layers: [file(lab.at('a.json'))], onError: () => undefined });
    expect(config.get('half')).toBe('\ud800');
    expect(config.get('huge')).toBe('1e999999');
    expect(config.get('long')).toBe(digits);
    expect(config.get('__proto__.a')).toBe('1');
    expect(config.getNumberProperty('huge', 1).get()).toBe(1);
    expect(config.getIntProperty('long', 2).get()).toBe(2);
    await config.close();
    await lab.close();
  });
});

describe('overrides for a while are put back', () => {
  test('when the function throws, whatever it throws', () => {
    const config = quiet({ a: '1' });
    for (const thrown of [new Error('mine'), null, 'text']) {
      const run = (): unknown =>
        config.withOverrides({ a: 2 }, () => {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- that is the bad input
          throw thrown;
        });
      let caught: unknown = 'nothing';
      try {
        run();
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(thrown);
      expect(config.get('a')).toBe('1');
    }
    expect(config.overrides()).toEqual({});
  });

  test('when its promise rejects', async () => {
    const config = quiet({ a: '1' });
    const late = config.withOverrides({ a: 2 }, () => Promise.reject(new Error('mine')));
    expect(config.get('a')).toBe('2');
    await expect(late).rejects.toThrow('mine');
    expect(config.get('a')).toBe('1');
  });
});

test('the default config stays when configure is given nonsense', () => {
  configure({ layers: [values({ limit: '5' })], onError: () => undefined });
  const limit = getIntProperty('limit', 1);
  for (const nonsense of [null, undefined, 7, 'app.yaml', [], {}, { layers: 7 }, { layers: [], interpolat: true }]) {
    expect(() => configure(nonsense as never)).toThrow(expect.objectContaining({ code: 'CALUMMA_OPTION' }));
  }
  expect(get('limit')).toBe('5');
  expect(limit.get()).toBe(5);
  configure({ layers: [values({ limit: '6' })] });
  expect(limit.get()).toBe(6);
});
