import { type Config, memory } from '../../../src/index.js';
import { type Row, secret } from '../row.js';
import { badCall, badFeed, badFile, badValue } from '../stages.js';

/** Keys that are properties of every JavaScript object: keys like any other, in every way they can be met. */
const awkward: readonly Row[] = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''].map((key) => {
  const name = key === '' ? 'the empty key' : `the key ${key}`;
  return badValue(`a bad value under ${name}`, (config, one) => config.getIntProperty(one, 0), { good: '1', bad: 'x', better: '2' }, ['expected an integer, found "x"'], { key });
});

const inFiles: readonly Row[] = [
  badFile('a __proto__ in YAML that stands twice', 'app.yaml', `__proto__: ${secret}\n__proto__: b\n`, { code: 'CALUMMA_FORMAT', says: ['duplicate key "__proto__"'], line: 2, column: 1 }),
  badFile('a __proto__ in JSON that stands twice', 'app.json', `{"__proto__": "${secret}", "__proto__": "b"}`, { code: 'CALUMMA_FORMAT', says: ['duplicate key "__proto__"'], line: 1 }),
  badFile('a constructor in TOML that stands twice', 'app.toml', `constructor = "${secret}"\nconstructor = "b"\n`, { code: 'CALUMMA_FORMAT', says: ['redefine'], line: 2 }),
];

const long = 'k'.repeat(100_000);

const sizes: readonly Row[] = [
  badValue('a bad value of 5 MB', (c, k) => c.getIntProperty(k, 1), { good: '1', bad: 'x'.repeat(5 * 1024 * 1024), better: '2' }, ['expected an integer, found "xxxx', 'x…"']),
  badFeed('a key of 11 MB', { code: 'CALUMMA_TOO_LARGE', says: ['expected at most 10485760 bytes in all layers together'] }, (feed) => feed.full({ subject: 'bad', ['k'.repeat(11 * 1024 * 1024)]: '' })),
  badFeed('a layer beyond its own limit', { code: 'CALUMMA_TOO_LARGE', says: ['expected at most 100 bytes', 'found '] }, (feed) => feed.full({ subject: secret.repeat(10) }), { options: { maxBytes: 100 } }),
  badFeed('a value that is too large in UTF-8 only', { code: 'CALUMMA_TOO_LARGE', says: ['expected at most 100 bytes'] }, (feed) => feed.full({ subject: '€'.repeat(34) }), { options: { maxBytes: 100 } }),
  {
    ...badValue('a bad value under a key of 100 kB', (c, k) => c.getIntProperty(k, 1), { good: '1', bad: 'x', better: '2' }, ['expected an integer, found "x"'], { key: long }),
    says: ['expected an integer, found "x"'],
  },
];

const overridden = (name: string, says: readonly string[], act: (config: Config) => unknown): Row => badCall(name, { code: 'CALUMMA_OPTION', says }, act);

const overrides: readonly Row[] = [
  overridden('an override with undefined', ['override("a")', 'found undefined'], (c) => c.override('a', undefined as never)),
  overridden('an override with null', ['override("a")', 'found null'], (c) => c.override('a', null as never)),
  overridden('an override with an object', ['override("db.password")', 'found an object'], (c) => c.override('db.password', { secret } as never)),
  overridden('an override with a symbol', ['override("a")', 'found a symbol'], (c) => c.override('a', Symbol(secret) as never)),
  overridden('an override with a function', ['override("a")', 'found a function'], (c) => c.override('a', (() => secret) as never)),
  overridden('an override of a number', ['override(key)', 'found a number'], (c) => c.override(7 as never, 'x')),
  overridden('an override of undefined', ['override(key)', 'found undefined'], (c) => c.override(undefined as never, 'x')),
  overridden('an end of the override of null', ['clearOverride(key)', 'found null'], (c) => c.clearOverride(null as never)),
  overridden('overrides without a function', ['withOverrides', 'a function'], (c) => c.withOverrides({ subject: 'x' }, 'no' as never)),
  overridden('overrides that are null', ['withOverrides(record)', 'found null'], (c) => c.withOverrides(null as never, () => undefined)),
  overridden('overrides that are a list', ['withOverrides(record)', 'found an array'], (c) => c.withOverrides([] as never, () => undefined)),
  overridden('overrides with undefined among them', ['override("b")', 'found undefined'], (c) => c.withOverrides({ subject: 'x', b: undefined as never }, () => undefined)),
];

/** An override that the config cannot take is reported, and what was there stays. */
const refused: readonly Row[] = [
  {
    name: 'an override that is too large',
    code: 'CALUMMA_TOO_LARGE',
    says: ['overrides: expected at most 100 bytes in all layers together'],
    stage() {
      const source = memory({ subject: 'good' });
      return {
        layers: [source],
        options: { maxBytes: 100 },
        harm: (config) => config.override('db.password', secret.repeat(10)),
        heal: () => source.set('subject', 'healed'),
      };
    },
  },
  {
    name: 'an override that a guard refuses',
    code: 'CALUMMA_GUARD',
    says: ['overrides: a guard refused the reading: no'],
    stage() {
      const source = memory({ subject: 'good' });
      const guard = (candidate: { get(key: string): string | undefined }): void => {
        if (candidate.get('subject') === 'bad') throw new Error('no');
      };
      return {
        layers: [source],
        options: { guards: [guard] },
        harm: (config) => config.override('subject', 'bad'),
        heal: () => source.set('subject', 'healed'),
      };
    },
  },
];

export const keyRows: readonly Row[] = [...awkward, ...inFiles, ...sizes, ...overrides, ...refused];
