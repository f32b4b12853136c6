import { expect } from 'vitest';

import type { Config, DynamicProperty, StandardSchema } from '../../../src/index.js';
import { int } from '../../../src/index.js';
import { type Row, secret } from '../row.js';
import { badCall, badValue } from '../stages.js';

type Property = (config: Config, key: string) => DynamicProperty<unknown>;

function refuse(kind: string, property: Property, good: string, better: string, expected: string, ...bads: string[]): Row[] {
  return bads.map((bad) => {
    const found = JSON.stringify(bad.length > 100 ? `${bad.slice(0, 100)}…` : bad);
    const title = bad.length > 40 ? `${bad.length} characters` : JSON.stringify(bad);
    return badValue(`${title} for ${kind}`, property, { good, bad, better }, [expected, `found ${found}`]);
  });
}

const positive: StandardSchema<{ max: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const { max } = value as { max: number };
      return max > 0 ? { value: { max } } : { issues: [{ message: `expected more than 0, found ${max}`, path: ['max'] }] };
    },
  },
};

/** Quotes what it was given, as parsers do. */
function quoting(text: string): number {
  if (text.startsWith('good')) return text.length;
  throw new TypeError(`cannot read ${text}`);
}

function thrower(text: string): string {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- that is the bad input
  if (text === 'bad') throw null;
  return text;
}

function later(text: string): unknown {
  return text === 'bad' ? Promise.reject(new Error('late')) : text;
}

const texts: readonly Row[] = [
  ...refuse('a boolean', (c, k) => c.getBooleanProperty(k, true), 'true', 'no', 'expected a boolean', 'maybe', '', '2', 'truе'),
  ...refuse('an integer', (c, k) => c.getIntProperty(k, 1), '5', '6', 'expected an integer', 'five', '', '5.0', '0x10', '1e3', '1_000', '9007199254740993', '٥', '5 000'),
  ...refuse('a number', (c, k) => c.getNumberProperty(k, 1), '5.5', '6', 'expected a number', 'NaN', 'Infinity', '1,5', '0x10', '1e999', '9'.repeat(400), '--1'),
  ...refuse('a bigint', (c, k) => c.getBigIntProperty(k, 1n), '5', '6', 'expected an integer', '5n', '1e3', ''),
  ...refuse('a duration', (c, k) => c.getDurationProperty(k, 1), '5s', '6s', 'expected a duration', '5 parsecs', '-5s', '5M', '1m 1h', 'PT', 'P1Y', '', '9e99s'),
  ...refuse('a size', (c, k) => c.getBytesProperty(k, 1), '5KB', '6KB', 'expected a size in bytes', '5 apples', '-5', '1.5', '9999999PB', ''),
  ...refuse('a date', (c, k) => c.getDateProperty(k, '2024-01-01'), '2024-02-29', '2024-03-01', 'expected an ISO 8601 date', '2023-02-29', '29.02.2024', '2024-01-01T25:00Z', '9'.repeat(30), 'now'),
  ...refuse('a URL', (c, k) => c.getUrlProperty(k, 'http://a/'), 'http://b/', 'http://c/', 'expected an absolute URL', '/relative', 'http://', '', 'http://a b/'),
  ...refuse('one of two words', (c, k) => c.getEnumProperty(k, ['on', 'off'], 'on'), 'on', 'off', 'expected one of "on", "off"', 'ON', '', '__proto__', 'constructor'),
  ...refuse('a list of integers', (c, k) => c.getListProperty(k, [1], int), '1,2', '3', 'expected comma-separated items, each an integer', '1,x,3', 'a;b'),
  ...refuse('a set of integers', (c, k) => c.getSetProperty(k, [1], int), '1,2', '3', 'expected comma-separated items, each an integer', '1,1,x'),
  ...refuse('a map', (c, k) => c.getMapProperty(k, { a: 'x' }), 'a=1', 'b=2', 'expected comma-separated key=value pairs', 'a=1,b', '=1'),
  ...refuse('a map of integers', (c, k) => c.getMapProperty(k, { a: 1 }, int), 'a=1', 'b=2', 'expected comma-separated key=value pairs, each value an integer', 'a=x'),
  ...refuse('JSON', (c, k) => c.getJsonProperty(k, undefined, null), '{"a": 1}', '[2]', 'expected JSON', '{', "{'a': 1}", '', '{"a": 1,}', '['.repeat(100_000)),
  ...refuse('JSON with a schema', (c, k) => c.getJsonProperty(k, positive, { max: 1 }), '{"max": 1}', '{"max": 2}', 'expected JSON that satisfies its schema', '{"max": 0}', '[]', 'null', '7'),
  ...refuse('a parser of your own', (c, k) => c.getProperty(k, quoting, 0), 'good', 'good too', 'expected a value that its parser accepts', 'bad'),
  ...refuse('a parser that throws null', (c, k) => c.getProperty(k, thrower, ''), 'good', 'better', 'expected a value that its parser accepts', 'bad'),
  ...refuse('a parser that is asynchronous', (c, k) => c.getProperty<unknown>(k, later, ''), 'good', 'better', 'expected a value that its parser accepts', 'bad'),
  ...refuse('Number as a parser', (c, k) => c.getProperty(k, Number, 0), '1', '2', 'expected a value that its parser accepts', 'x'),
  ...refuse('a contextual number', (c, k) => c.getContextualProperty(k, 1), '[{"value": 2}]', '3', 'expected a value, or a JSON list', 'x', '[{"if": 7, "value": 1}]', '[{"value": "x"}]', '[{}]', '[1]', '[{"value": 1'),
];

const key = 'db.password';
const isSecret = ['db.password: ', 'found ***'];
const masked = (name: string, property: Property, good: string, better: string, bad = secret): Row => badValue(name, property, { good, bad, better }, isSecret, { key });

const secrets: readonly Row[] = [
  masked('a secret that is no integer', (c, k) => c.getIntProperty(k, 1), '1', '2'),
  masked('a secret that is no boolean', (c, k) => c.getBooleanProperty(k, false), 'true', 'false'),
  masked('a secret that is no URL', (c, k) => c.getUrlProperty(k, 'http://a/'), 'http://b/', 'http://c/'),
  masked('a secret that is no JSON', (c, k) => c.getJsonProperty(k, undefined, null), '1', '2', `{"a": "${secret}`),
  masked('a secret that a schema refuses', (c, k) => c.getJsonProperty(k, positive, { max: 1 }), '{"max": 1}', '{"max": 2}', `{"max": "${secret}"}`),
  masked('a secret in a list of integers', (c, k) => c.getListProperty(k, [1], int), '1', '2', `1,${secret}`),
  masked('a secret whose parser quotes it', (c, k) => c.getProperty(k, quoting, 0), 'good', 'good too'),
  {
    name: 'a secret that its validation quotes',
    code: 'CALUMMA_VALIDATION',
    says: ['db.password: *** was refused by its validation'],
    origin: 'memory:db.password',
    moves: 'text',
    stage: (lab) =>
      badCall('', { code: 'CALUMMA_VALIDATION', says: [] }, (_config, _lab, source) => source.set(key, secret), {
        properties: (config) => [
          config.getStringProperty(key, 'default').validate((text) => {
            if (text === secret) throw new RangeError(`not ${text}`);
          }),
        ],
      }).stage(lab),
  },
  {
    name: 'a secret that a derived property quotes',
    code: 'CALUMMA_CONVERSION',
    says: ['db.password: the function given to map() failed'],
    moves: 'text',
    stage: (lab) =>
      badCall('', { code: 'CALUMMA_CONVERSION', says: [] }, (_config, _lab, source) => source.set(key, secret), {
        properties: (config) => [config.getStringProperty(key, 'default').map((text) => {
          if (text === secret) throw new RangeError(`not ${text}`);
          return text.length;
        })],
      }).stage(lab),
  },
  {
    ...badValue('a value that a secret is filled into', (c, k) => c.getIntProperty(k, 1), { good: '1', bad: `\${db.password}`, better: '2' }, ['found ***']),
    stage(lab) {
      return badCall('', { code: 'CALUMMA_CONVERSION', says: [] }, (_config, _lab, source) => source.replace({ subject: 'good', value: '${db.password}', 'db.password': secret }), {
        properties: (config) => [config.getIntProperty('value', 1)],
      }).stage(lab);
    },
  },
];

const wrong = (name: string, says: readonly string[], act: (config: Config) => unknown): Row => badCall(name, { code: 'CALUMMA_OPTION', says }, act);

const asynchronous = { '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('late')) } } as unknown as StandardSchema<{ max: number }>;

const defaults: readonly Row[] = [
  wrong('a default that is no boolean', ['a: expected a boolean', 'as default, found "yes"'], (c) => c.getBooleanProperty('a', 'yes' as never)),
  wrong('a default that is no integer', ['a: expected an integer as default, found 1.5'], (c) => c.getIntProperty('a', 1.5)),
  wrong('a default that is NaN', ['a: expected an integer as default, found NaN'], (c) => c.getIntProperty('a', NaN)),
  wrong('a default that is no number', ['a: expected a number as default, found "1"'], (c) => c.getNumberProperty('a', '1' as never)),
  wrong('a default that is no bigint', ['a: expected an integer as default, found 1'], (c) => c.getBigIntProperty('a', 1 as never)),
  wrong('a default that is no text', ['a: expected a text as default, found 7'], (c) => c.getStringProperty('a', 7 as never)),
  wrong('a default that is no duration', ['expected a duration', 'found "5 parsecs"'], (c) => c.getDurationProperty('a', '5 parsecs')),
  wrong('a duration below nothing as default', ['a: expected a duration', 'found -1'], (c) => c.getDurationProperty('a', -1)),
  wrong('an object as default of a duration', ['the default: expected a duration', 'found {}'], (c) => c.getDurationProperty('a', {} as never)),
  wrong('a default that is no size', ['expected a size in bytes', 'found "5 apples"'], (c) => c.getBytesProperty('a', '5 apples')),
  wrong('a size of Infinity as default', ['a: expected a size in bytes', 'found Infinity'], (c) => c.getBytesProperty('a', Infinity)),
  wrong('a default that is no date', ['expected an ISO 8601 date', 'found "soon"'], (c) => c.getDateProperty('a', 'soon')),
  wrong('an invalid Date as default', ['a: expected an ISO 8601 date', 'found an object (Date)'], (c) => c.getDateProperty('a', new Date(NaN))),
  wrong('a default that is no URL', ['expected an absolute URL', 'found "a b"'], (c) => c.getUrlProperty('a', 'a b')),
  wrong('a default that is not allowed', ['a: expected one of "x", "y" as default, found "z"'], (c) => c.getEnumProperty<string>('a', ['x', 'y'], 'z')),
  wrong('allowed words that are no list', ['getEnumProperty("a")', 'a list of the allowed texts'], (c) => c.getEnumProperty('a', 'xy' as never, 'x')),
  wrong('a default that is no list', ['a: expected an array as default, found "x"'], (c) => c.getListProperty('a', 'x' as never)),
  wrong('a default that is no set', ['a: expected a Set or an array as default, found 7'], (c) => c.getSetProperty('a', 7 as never)),
  wrong('a default that is no map', ['a: expected a Map or an object as default, found an array'], (c) => c.getMapProperty('a', [] as never)),
  wrong('an element parser that is a word', ['the parser of "a"', 'found a string'], (c) => c.getListProperty('a', [], 'int' as never)),
  wrong('no parser', ['the parser of "a"', 'expected a function'], (c) => c.getProperty('a', null as never, 1)),
  wrong('a schema that is none', ['getJsonProperty("a")', 'a Standard Schema'], (c) => c.getJsonProperty('a', {} as never, null)),
  wrong('a contextual default that is an object', ['getContextualProperty("a")', 'a string, number or boolean'], (c) => c.getContextualProperty('a', {} as never)),
  wrong('a chain of nothing', ['at least one property'], (c) => c.getChainedProperty([])),
  wrong('a chain of texts', ['a property made by a Config'], (c) => c.getChainedProperty(['x' as never])),
  wrong('a chain that is no list', ['getChainedProperty(properties)', 'a list'], (c) => c.getChainedProperty(7 as never)),
  wrong('a fallback that is no property', ['a property made by a Config'], (c) => c.getIntProperty('a', 1).orElse(7 as never)),
  wrong('a number as a name', ['the name of a property', 'expected a string, found a number'], (c) => c.getIntProperty(7 as never, 1)),
  wrong('undefined as a name', ['the name of a property', 'found undefined'], (c) => c.getStringProperty(undefined as never, '')),
  wrong('an object as a name', ['the name of a property', 'found an object'], (c) => c.getListProperty({} as never, [])),
  wrong('a symbol as a name', ['the name of a property', 'found a symbol'], (c) => c.getBooleanProperty(Symbol('a') as never, true)),
  wrong('a validation that is no function', ['validate() of subject', 'expected a function'], (c) => c.getStringProperty('subject', '').validate(7 as never)),
  wrong('a map() that is no function', ['map() of subject', 'expected a function'], (c) => c.getStringProperty('subject', '').map('x' as never)),
  wrong('a map() that never works', ['map() of missing.subject', 'takes at least the default'], (c) =>
    c.getStringProperty('missing.subject', '').map(() => {
      throw new Error('never');
    }),
  ),
];

/** Getters never throw for what is in the configuration, so this is told as the value's fault. */
const asyncSchema: Row = {
  name: 'a schema that is asynchronous',
  code: 'CALUMMA_CONVERSION',
  says: ['db.password: expected JSON that satisfies its schema, found ***'],
  stage: (lab) =>
    badCall('', { code: 'CALUMMA_CONVERSION', says: [] }, (config) => {
      expect(config.getJsonProperty('db.password', asynchronous, { max: 1 }).get()).toEqual({ max: 1 });
    }).stage(lab),
};

export const valueRows: readonly Row[] = [...texts, ...secrets, ...defaults, asyncSchema];
