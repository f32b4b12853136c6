import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { env } from '../../src/sources/env.js';
import { follow, plain, thrownBy, until } from './following.js';

/** MicroProfile Config's three steps, as its text has them. */
function oracle(key: string, names: ReadonlySet<string>): string | undefined {
  const replaced = key.replace(/[^a-zA-Z0-9_]/g, '_');
  return [key, replaced, replaced.toUpperCase()].find((name) => names.has(name));
}

describe('env', () => {
  afterEach(() => {
    delete process.env.CALUMMA_TEST_LIMIT;
  });

  it('lists variables under their own names, those that are set', () => {
    const reading = env({ environment: { GATEWAY_LIMIT: '50', EMPTY: '', gone: undefined } }).readNow!();
    expect(reading.kind === 'full' && plain(reading.entries)).toEqual({ GATEWAY_LIMIT: '50', EMPTY: '' });
    expect(reading.locate?.('GATEWAY_LIMIT')).toBe('env:GATEWAY_LIMIT');
    expect(reading.locate?.('gateway.limit')).toBeUndefined();
  });

  it('is narrowed by a prefix, which names keep', () => {
    const reading = env({ prefix: 'GATEWAY_', environment: { GATEWAY_LIMIT: '50', PATH: '/bin' } }).readNow!();
    expect(reading.kind === 'full' && plain(reading.entries)).toEqual({ GATEWAY_LIMIT: '50' });
  });

  it.each<[string, string, string[], string | undefined]>([
    ['as it is', 'gateway.limit', ['gateway.limit', 'gateway_limit', 'GATEWAY_LIMIT'], 'gateway.limit'],
    ['with _ for what is no letter or digit', 'gateway.limit', ['GATEWAY_LIMIT', 'gateway_limit'], 'gateway_limit'],
    ['in upper case', 'gateway.max-rate[0]', ['GATEWAY_MAX_RATE_0_'], 'GATEWAY_MAX_RATE_0_'],
    ['in upper case with its own underscores', 'gateway.max_rate', ['GATEWAY_MAX_RATE'], 'GATEWAY_MAX_RATE'],
    ['not in mixed case', 'gateway.limit', ['Gateway_Limit', 'gateway_LIMIT'], undefined],
    ['not from upper to lower', 'PATH', ['path'], undefined],
    ['with _ for a letter that is not ASCII', 'größe', ['GR__E'], 'GR__E'],
  ])('answers a key %s', (_, key, names, wanted) => {
    const source = env({ environment: Object.fromEntries(names.map((name) => [name, 'x'])) });
    const reading = source.readNow!();
    expect(reading.kind === 'full' && source.spelling!(key, reading.entries)).toBe(wanted);
  });

  it('answers every key as the three steps of MicroProfile do', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '.', '_', '-', '0', 'é'), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(text), text, (names, key) => {
        const source = env({ environment: Object.fromEntries(names.map((name) => [name, 'x'])) });
        const reading = source.readNow!();
        expect(reading.kind === 'full' && source.spelling!(key, reading.entries)).toBe(oracle(key, new Set(names)));
      }),
    );
  });

  it('answers from the entries it is asked about', () => {
    const source = env({ environment: {} });
    expect(source.spelling!('a.b', new Map([['A_B', '1']]))).toBe('A_B');
    expect(source.spelling!('a.b', new Map([['a_b', '1']]))).toBe('a_b');
    expect(source.spelling!('a.b', new Map())).toBeUndefined();
  });

  it('reads the environment of the process again each time', async () => {
    const source = env({ prefix: 'CALUMMA_TEST_' });
    process.env.CALUMMA_TEST_LIMIT = '1';
    const reader = follow(source);
    await until(() => reader.entries.get('CALUMMA_TEST_LIMIT') === '1');
    process.env.CALUMMA_TEST_LIMIT = '2';
    const again = source.readNow!();
    expect(again.kind === 'full' && again.entries.get('CALUMMA_TEST_LIMIT')).toBe('2');
    await reader.stop();
    expect(reader.readings).toHaveLength(1);
  });

  it.each<[unknown, string]>([
    [{ prefix: 1 }, 'env({ prefix }): expected a string, found a number'],
    [{ environment: 'A=1' }, 'env({ environment }): expected an object of strings, found a string'],
    [{ environment: { A: 1 } }, 'env({ environment }): A: expected a string, found a number'],
    [{ environment: null }, 'env({ environment }): expected an object of strings, found null'],
    [{ name: 7 }, 'env({ name }): expected a non-empty string, found a number'],
    [{ prefx: 'A' }, 'env(options): expected prefix, environment, name, found "prefx"'],
  ])('refuses %j', (options, message) => {
    expect(thrownBy(() => env(options as object))).toEqual({ code: 'CALUMMA_OPTION', message });
  });
});
