import { expect } from 'vitest';

import { type Config, memory } from '../../../src/index.js';
import { type Row, secret } from '../row.js';
import { badCall } from '../stages.js';

type Listen = (config: Config, listener: (...args: never[]) => unknown) => unknown;

const kinds: readonly (readonly [what: string, listen: Listen])[] = [
  ['a property', (config, listener) => config.getStringProperty('subject', '').onChange(listener as never)],
  ['a key', (config, listener) => config.onChange('subject', listener as never)],
  ['everything below a prefix', (config, listener) => config.onChange('*', listener as never)],
  ['the config', (config, listener) => config.on('change', listener as never)],
];

/* eslint-disable @typescript-eslint/only-throw-error, @typescript-eslint/prefer-promise-reject-errors -- that is the bad input */
const ways: readonly (readonly [how: string, says: string, act: () => unknown])[] = [
  ['throws', 'threw: out of order', () => { throw new Error('out of order'); }],
  ['throws null', 'threw: null', () => { throw null; }],
  ['throws what has no words', 'threw: ', () => { throw Object.create(null); }],
  ['rejects', 'rejected: too late', () => Promise.reject(new Error('too late'))],
  ['rejects with undefined', 'rejected: undefined', () => Promise.reject(undefined)],
  ['gives a thenable that throws', 'threw: no then', () => ({ then: () => { throw new Error('no then'); } })],
  ['parses a secret', 'threw: what was read does not parse', () => JSON.parse(secret) as unknown],
];
/* eslint-enable @typescript-eslint/only-throw-error, @typescript-eslint/prefer-promise-reject-errors */

/** A listener that fails: what it listens to has moved, and those before and behind it are told. */
function failing(what: string, listen: Listen, how: string, says: string, act: () => unknown): Row {
  return {
    name: `a listener of ${what} that ${how}`,
    code: 'CALUMMA_LISTENER',
    says: ['a listener of ', says],
    moves: 'others',
    stage() {
      const source = memory({ subject: 'good' });
      const told: string[] = [];
      return {
        layers: [source],
        async harm(config) {
          listen(config, () => told.push('before'));
          let failed = false;
          listen(config, () => {
            if (failed) return undefined;
            failed = true;
            return act();
          });
          listen(config, () => told.push('behind'));
          source.set('subject', 'moved');
          await Promise.resolve();
          expect(config.get('subject')).toBe('moved');
          expect(told).toEqual(['before', 'behind']);
        },
        heal: () => source.set('subject', 'healed'),
      };
    },
  };
}

const noListener = (name: string, act: (config: Config) => unknown): Row =>
  badCall(name, { code: 'CALUMMA_OPTION', says: ['expected a function as listener'] }, act);

const wrong = (name: string, says: readonly string[], act: (config: Config) => unknown): Row => badCall(name, { code: 'CALUMMA_OPTION', says }, act);

const misuse: readonly Row[] = [
  noListener('a listener of a property that is a text', (c) => c.getStringProperty('subject', '').onChange('log' as never)),
  noListener('a listener of a key that is undefined', (c) => c.onChange('subject', undefined as never)),
  noListener('a listener of the config that is null', (c) => c.on('change', null as never)),
  noListener('a listener of errors that is an object', (c) => c.on('error', {} as never)),
  wrong('an event nobody knows', ["expected 'change', 'error' or 'state', found \"chnage\""], (c) => c.on('chnage' as never, () => undefined)),
  wrong('an event that is __proto__', ["expected 'change', 'error' or 'state', found \"__proto__\""], (c) => c.on('__proto__' as never, () => undefined)),
  wrong('an event that is a symbol', ["expected 'change', 'error' or 'state'"], (c) => c.on(Symbol('change') as never, () => undefined)),
  wrong('a pattern that is a number', ['onChange(pattern)', 'found a number'], (c) => c.onChange(7 as never, () => undefined)),
  wrong('a pattern that is a RegExp', ['onChange(pattern)', 'found an object (RegExp)'], (c) => c.onChange(/a/ as never, () => undefined)),
  wrong('a signal that is none', ['the signal of', 'an AbortSignal'], (c) => c.on('change', () => undefined, { signal: 'stop' as never })),
  wrong('options of a listener that are null', ['the options of', 'found null'], (c) => c.onChange('subject', () => undefined, null as never)),
  wrong('a signal of a property that is none', ['the signal of', 'an AbortSignal'], (c) => c.getStringProperty('subject', '').onChange(() => undefined, { signal: 7 as never })),
  wrong('a prefix of an event that is a number', ['prefix', 'a string'], (c) => c.on('change', () => undefined, { prefix: 7 as never })),
];

/** `onError` is the end of the line. */
const reporters: readonly Row[] = (['throws', 'rejects'] as const).map((how) => ({
  name: `an onError and a listener of errors that ${how}`,
  code: 'CALUMMA_CONVERSION',
  says: ['value: expected an integer, found "bad"'],
  moves: 'text',
  stage() {
    const source = memory({ subject: 'good', value: '1' });
    return {
      layers: [source],
      properties: (config) => [config.getIntProperty('value', 0)],
      options: {
        onError() {
          if (how === 'throws') throw new Error('nobody hears this');
          return Promise.reject(new Error('nobody hears this'));
        },
      },
      harm(config) {
        config.on('error', () => {
          if (how === 'throws') throw new Error('nobody hears this');
          return Promise.reject(new Error('nobody hears this'));
        });
        source.set('value', 'bad');
      },
      heal: () => source.replace({ subject: 'healed', value: '2' }),
    };
  },
}));

export const listenerRows: readonly Row[] = [
  ...kinds.flatMap(([what, listen]) => ways.map(([how, says, act]) => failing(what, listen, how, says, act))),
  ...misuse,
  ...reporters,
];
