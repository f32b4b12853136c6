import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';

import { type Config, ConfigError, createConfig, file, memory } from '../../src/index.js';
import { openLab } from './lab.js';
import { goodText } from './stages.js';

interface Bench {
  readonly config: Config;
  readonly errors: ConfigError[];
  /** Writes and reads at once. */
  readonly put: (content: string | Uint8Array) => Promise<void>;
}

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** One file that is read again when asked: a thousand bad inputs in a second. */
function bench(name: string): Bench {
  const lab = openLab();
  lab.write(name, goodText(name, 'good'));
  const errors: ConfigError[] = [];
  const config = createConfig({
    context: {},
    layers: [file(lab.at(name), { watch: false, name: 'subject' }), memory({ bystander: 'kept' })],
    onError: (error) => errors.push(error),
  });
  cleanups.push(async () => {
    await config.close();
    await lab.close();
  });
  return {
    config,
    errors,
    put(content) {
      lab.write(name, Buffer.from(content as Uint8Array));
      return config.refresh('subject');
    },
  };
}

/** A text is refused: said with a place, nothing moved; and a good one heals. */
async function expectRefused({ config, errors, put }: Bench, name: string, bad: string | Uint8Array): Promise<void> {
  await put(goodText(name, 'good'));
  errors.length = 0;
  const { version } = config;
  await put(bad);
  expect(errors.map(String), String(bad)).toHaveLength(1);
  expect(errors[0]).toMatchObject({ code: 'CALUMMA_FORMAT', line: expect.any(Number) as number, column: expect.any(Number) as number });
  expect(config.version).toBe(version);
  expect(config.get('subject')).toBe('good');
  expect(config.health().layers[0]?.state).toBe('stale');
  await put(bad);
  expect(errors).toHaveLength(1);
}

async function expectHealed({ config, put }: Bench, name: string): Promise<void> {
  await put(goodText(name, 'healed'));
  expect(config.get('subject')).toBe('healed');
  expect(config.health().state).toBe('live');
}

describe('a text is refused as a whole, wherever it breaks:', () => {
  test('JSON that is cut off at every byte', async () => {
    const one = bench('a.json');
    const whole = '{"subject": "é\\u00e9", "list": [1, -2.5e3, null, true], "map": {"a": {}}}';
    const bytes = Buffer.from(whole);
    for (let length = 0; length < bytes.length; length++) {
      await expectRefused(one, 'a.json', bytes.subarray(0, length));
    }
    await expectHealed(one, 'a.json');
  });

  test('.properties with half a Unicode escape at every place', async () => {
    const one = bench('a.properties');
    const whole = 'first.key = a value\nsecond:b\\\n  continued\nthird\tc\\=d\n';
    for (let at = 0; at <= whole.length; at++) {
      if (whole[at - 1] === '\\') continue; // there it is an escaped backslash and a u
      await expectRefused(one, 'a.properties', `${whole.slice(0, at)}\\u00G0${whole.slice(at)}`);
    }
    await expectHealed(one, 'a.properties');
  });

  test.each(['a.properties', 'a.yaml', 'a.json', 'a.toml', 'a.env'])('%s with a byte that is not UTF-8 at every place', async (name) => {
    const one = bench(name);
    const whole = Buffer.from(goodText(name, 'x'.repeat(10)));
    for (let at = 0; at <= whole.length; at++) {
      await expectRefused(one, name, Buffer.concat([whole.subarray(0, at), Buffer.from([0xff]), whole.subarray(at)]));
    }
    await expectHealed(one, name);
  });
});

describe('whatever stands in a file', () => {
  test.each(['a.properties', 'a.yaml', 'a.json', 'a.jsonc', 'a.toml', 'a.env'])('%s is taken or refused, nothing else', async (name) => {
    const one = bench(name);
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', "'", ':', ',', '=', '\n', ' ', '\t', '-', '#', '&a', '*a', '!x', '<<', '\\', 'u00', '${', '}', '\0', 'subject', '1', '|', '>', '?', '---', '%');
    const texts = fc.oneof(fc.array(pieces, { maxLength: 40 }).map((some) => some.join('')), fc.uint8Array({ maxLength: 60 }));
    await fc.assert(
      fc.asyncProperty(texts, async (content) => {
        const { version } = one.config;
        one.errors.length = 0;
        await one.put(content);
        const refused = one.errors.some(({ code }) => code === 'CALUMMA_FORMAT');
        if (refused || one.config.health().layers[0]?.state === 'stale') expect(one.config.version).toBe(version);
        for (const error of one.errors) expect(error).toBeInstanceOf(ConfigError);
        for (const error of one.errors) expect(['CALUMMA_FORMAT', 'CALUMMA_INTERPOLATION', 'CALUMMA_MISSING_KEY', 'CALUMMA_INCLUDE']).toContain(error.code);
        expect(one.config.get('bystander')).toBe('kept');
      }),
      { numRuns: 200 },
    );
    await expectHealed(one, name);
  });
});
