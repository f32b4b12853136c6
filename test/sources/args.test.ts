import { describe, expect, it } from 'vitest';

import { args } from '../../src/sources/args.js';
import { plain, thrownBy } from './following.js';

function parsed(...argv: string[]): Record<string, string> {
  const reading = args({ argv }).readNow!();
  return reading.kind === 'full' ? plain(reading.entries) : {};
}

describe('args', () => {
  it.each<[string, string[], Record<string, string>]>([
    ['--key=value', ['--gateway.limit=50'], { 'gateway.limit': '50' }],
    ['--key value', ['--gateway.limit', '50'], { 'gateway.limit': '50' }],
    ['an empty value', ['--a=', '--b', ''], { a: '', b: '' }],
    ['a value with = in it', ['--a=b=c'], { a: 'b=c' }],
    ['a bare flag', ['--a', '--b'], { a: 'true', b: 'true' }],
    ['a negative number as value', ['--a', '-5', '--b', '-.5', '--c', '-x'], { a: '-5', b: '-.5', c: 'true' }],
    ['--no-flag as an ordinary key', ['--no-color'], { 'no-color': 'true' }],
    ['nothing behind --', ['--a=1', '--', '--b=2'], { a: '1' }],
    ['-- as no value', ['--a', '--', 'b'], { a: 'true' }],
    ['-k=v, and no other short option', ['-k=v', '-x', '-y', 'z'], { k: 'v' }],
    ['no positional words', ['start', '--a=1', 'stop'], { a: '1' }],
    ['the last of several', ['--a=1', '--a', '2'], { a: '2' }],
    ['no option without a name', ['--=x', '-=x', '-'], {}],
    ['any key', ['--__proto__=x', '--Ä.ö=1'], Object.fromEntries([['__proto__', 'x'], ['Ä.ö', '1']])],
  ])('reads %s', (_, argv, wanted) => {
    expect(parsed(...argv)).toEqual(wanted);
  });

  it('gives each key the spelling it was written in as its origin', () => {
    const { locate } = args({ argv: ['--gateway.limit', '50', '-k=v'] }).readNow!();
    expect(['gateway.limit', 'k', 'other'].map((key) => locate?.(key))).toEqual(['args:--gateway.limit', 'args:-k', undefined]);
  });

  it('reads the command line of the process by itself', () => {
    expect(args().name).toBe('args');
    expect(args({ name: 'cli' }).name).toBe('cli');
  });

  it.each<[unknown, string]>([
    [{ argv: '--a=1' }, 'args({ argv }): expected a list of strings, found a string'],
    [{ argv: ['--a', 1] }, 'args({ argv: [1] }): expected a string, found a number'],
    [{ argv: null }, 'args({ argv }): expected a list of strings, found null'],
    [{ name: '' }, 'args({ name }): expected a non-empty string, found an empty string'],
    [{ argc: 1 }, 'args(options): expected argv, name, found "argc"'],
  ])('refuses %j', (options, message) => {
    expect(thrownBy(() => args(options as object))).toEqual({ code: 'CALUMMA_OPTION', message });
  });
});
