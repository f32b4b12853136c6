import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InterpolationError, MissingKeyError } from '../../src/core/errors.js';
import { interpolate, maxLength, mayInterpolate } from '../../src/core/interpolate.js';
import type { Interpolation, Scope } from '../../src/core/interpolate.js';

const outside: Omit<Scope, 'lookup'> = {
  env: (name) => new Map([['HOME', '/home/me'], ['EMPTY', ''], ['SHELL', '${a}']]).get(name),
  sys: (name) => new Map([['hostname', 'box'], ['pid', '42']]).get(name),
  context: (name) => new Map([['environment', 'prod']]).get(name),
};

const scopeOf = (entries: ReadonlyMap<string, string>): Scope => ({ ...outside, lookup: (key) => entries.get(key) });

const fill = (raw: string, entries: Readonly<Record<string, string>> = {}): Interpolation =>
  interpolate('me', raw, scopeOf(new Map([...Object.entries(entries), ['me', raw]])));

const messages = (filled: Interpolation): string[] => filled.problems.map((problem) => problem.message);

describe('interpolation', () => {
  const entries = { a: '1', b: 'a', 'a.a': 'nested', empty: '', deep: 'x${a}y', deeper: '<${deep}>', literal: '$${a}', '': 'nothing', '@own': 'mine', $: 'dollar' };
  it.each<[string, string]>([
    ['', ''],
    ['plain', 'plain'],
    ['$', '$'],
    ['$a {a} }', '$a {a} }'],
    ['${a}', '1'],
    ['<${a}>', '<1>'],
    ['${a}${a}', '11'],
    ['${empty}', ''],
    ['${empty:x}', ''],
    ['${deeper}', '<x1y>'],
    ['${missing:}', ''],
    ['${missing:x}', 'x'],
    ['${missing: x }', ' x '],
    ['${missing:-1}', '-1'],
    ['${missing:a:b}', 'a:b'],
    ['${missing:http://h:80/?q=1}', 'http://h:80/?q=1'],
    ['${missing:${a}}', '1'],
    ['${missing:${also:${a}}}', '1'],
    ['${missing:<${a}>}', '<1>'],
    ['${a:${missing}}', '1'],
    ['${a.${b}}', 'nested'],
    ['${${b}}', '1'],
    ['${${b}.${b}}', 'nested'],
    ['${a.${gone:a}}', 'nested'],
    ['${a.${gone:b}:no}', 'no'],
    ['${}', 'nothing'],
    ['${ a :blank}', 'blank'],
    ['${:x}', 'nothing'],
    ['${env:HOME}', '/home/me'],
    ['${env:NONE:x}', 'x'],
    ['${env:NONE:a:b}', 'a:b'],
    ['${env:NONE:}', ''],
    ['${env:EMPTY:x}', ''],
    ['${env:${which:HOME}}', '/home/me'],
    ['${env:NONE:${a}}', '1'],
    ['${env:SHELL}', '${a}'],
    ['${sys:hostname}-${sys:pid}', 'box-42'],
    ['${sys:cwd:none}', 'none'],
    ['${envy:x}', 'x'],
    ['${@environment}', 'prod'],
    ['${@region:none}', 'none'],
    ['${@own}', 'mine'],
    ['$${a}', '${a}'],
    ['$${a} ${a}', '${a} 1'],
    ['$$${a}', '$${a}'],
    ['$${a.${b}}', '${a.a}'],
    ['$${', '${'],
    ['${literal}', '${a}'],
    ['${missing:$${a}}', '${a}'],
    ['${a:$${a}}', '1'],
    ['${missing:$${${a}}}', '${1}'],
    ['${missing:{"x":1}}', '{"x":1}'],
    ['${a:{"x":{}}}', '1'],
    ['${$}', 'dollar'],
    ['price: $5 ${a}', 'price: $5 1'],
    ['${a}}', '1}'],
    ['{${a}}', '{1}'],
  ])('reads %j as %j', (raw, expected) => {
    const filled = fill(raw, entries);
    expect(filled.value).toBe(expected);
    expect(messages(filled)).toEqual([]);
  });

  it.each<[string, string, string[]]>([
    ['${gone}', '${gone}', ['me: mentions ${gone}, which is set nowhere and has no default']],
    ['a ${gone} ${a}', 'a ${gone} 1', ['me: mentions ${gone}, which is set nowhere and has no default']],
    ['${gone}${gone}', '${gone}${gone}', ['me: mentions ${gone}, which is set nowhere and has no default']],
    ['${a.${gone}}', '${a.${gone}}', ['me: mentions ${gone}, which is set nowhere and has no default']],
    ['${a.${gone}:x}', 'x', ['me: mentions ${gone}, which is set nowhere and has no default']],
    ['${gone:${lost}}', '${lost}', ['me: mentions ${lost}, which is set nowhere and has no default']],
    ['${env:NONE}', '${env:NONE}', ['me: mentions ${env:NONE}, which is set nowhere and has no default']],
    ['${sys:user}', '${sys:user}', ['me: mentions ${sys:user}, which is set nowhere and has no default']],
    ['${@region}', '${@region}', ['me: mentions ${@region}, which is set nowhere and has no default']],
    ['${holey}', 'h ${gone}', ['holey: mentions ${gone}, which is set nowhere and has no default']],
    ['${__proto__}', '${__proto__}', ['me: mentions ${__proto__}, which is set nowhere and has no default']],
    ['${a', '${a', ['me: the ${ at character 1 is not closed']],
    ['${a} ${', '1 ${', ['me: the ${ at character 6 is not closed']],
    ['x ${a ${a} y', 'x ${a ${a} y', ['me: the ${ at character 3 is not closed']],
    ['${gone:{}', '${gone:{}', ['me: the ${ at character 1 is not closed']],
    ['${me}', '${me}', ['me: mentions itself: me -> me']],
    ['${me:x}', '${me:x}', ['me: mentions itself: me -> me']],
    ['${ring}', '${ring}', ['ring: mentions itself: ring -> ring2 -> ring']],
    ['${back} ${a}', '${back} 1', ['me: mentions itself: me -> back -> me']],
    ['${gone:${ring}}', '${gone:${ring}}', ['ring: mentions itself: ring -> ring2 -> ring']],
    ['${a.${ring}:x}', '${a.${ring}:x}', ['ring: mentions itself: ring -> ring2 -> ring']],
  ])('leaves standing what it cannot resolve in %j', (raw, value, problems) => {
    const filled = fill(raw, { a: '1', holey: 'h ${gone}', ring: '${ring2}', ring2: 'x${ring}', back: '${me}' });
    expect(filled.value).toBe(value);
    expect(messages(filled)).toEqual(problems);
  });

  it('gives problems the class that a caller tells them by', () => {
    const { problems } = fill('${gone} ${me} ${', {});
    expect(problems.map((problem) => problem.constructor)).toEqual([InterpolationError, MissingKeyError, InterpolationError]);
    expect(problems[1]).toMatchObject({ key: 'me', missing: 'gone', code: 'CALUMMA_MISSING_KEY' });
  });

  it('names every key it consulted, present or not', () => {
    const { mentions } = fill('${a} ${gone:${b}} ${c:${unasked}} ${env:HOME} ${n.${b}}', { a: '${deep}', b: 'x', c: '', deep: '1', 'n.x': '' });
    expect([...mentions].sort()).toEqual(['a', 'b', 'c', 'deep', 'gone', 'n.x']);
  });

  it('tells its steps in the order they were taken', () => {
    expect(fill('${a} ${gone:${b}} ${env:HOME} ${@environment} ${lost}', { a: '<${b}>', b: 'x' }).trail).toEqual([
      { expression: '${a}', key: 'a', value: '<x>', from: 'key', depth: 1 },
      { expression: '${b}', key: 'b', value: 'x', from: 'key', depth: 2 },
      { expression: '${gone:${b}}', key: 'gone', value: 'x', from: 'default', depth: 1 },
      { expression: '${b}', key: 'b', value: 'x', from: 'key', depth: 2 },
      { expression: '${env:HOME}', value: '/home/me', from: 'env', depth: 1 },
      { expression: '${@environment}', value: 'prod', from: 'context', depth: 1 },
      { expression: '${lost}', key: 'lost', value: undefined, from: 'nothing', depth: 1 },
    ]);
  });

  it('quotes no value in a problem, neither one looked up nor a default', () => {
    const entries = { password: 'hunter2', ring: '${ring:hunter2}' };
    const raws = ['${a.${password}}', '${a.${x:hunter2}}', '${${password}} ${', '${ring}', '${a.${b.${password}:hunter2}:${lost}}'];
    for (const raw of raws) {
      const filled = fill(raw, entries);
      expect(filled.problems).not.toEqual([]);
      expect(messages(filled).join()).not.toContain('hunter2');
    }
  });

  it('looks a key up once however often it is mentioned', () => {
    const asked: string[] = [];
    const entries = new Map([['a', '${c}'], ['b', '${c}'], ['c', '1']]);
    const lookup = (key: string): string | undefined => {
      asked.push(key);
      return entries.get(key);
    };
    expect(interpolate('me', '${a}${b}${c}', { ...outside, lookup }).value).toBe('111');
    expect(asked).toEqual(['a', 'c', 'b']);
  });
});

describe('the limits of interpolation', () => {
  const chain = (length: number): Map<string, string> =>
    new Map(Array.from({ length }, (_, at) => [`k${at}`, at + 1 === length ? 'end' : `\${k${at + 1}}`] as const));

  it('follows a hundred levels and no more', () => {
    expect(interpolate('me', '${k0}', scopeOf(chain(100))).value).toBe('end');
    const tooDeep = interpolate('me', 'x ${k0}', scopeOf(chain(101)));
    expect(tooDeep.value).toBe('x ${k0}');
    expect(messages(tooDeep)).toEqual(['k99: its references go more than 100 levels deep']);
  });

  it('reads a hundred references inside each other and no more', () => {
    const nest = (depth: number): string => `${'${a:'.repeat(depth)}x${'}'.repeat(depth)}`;
    expect(fill(nest(100)).value).toBe('x');
    expect(fill(nest(101)).value).toBe(nest(101));
    expect(messages(fill(nest(101)))).toEqual(['me: references are nested more than 100 levels deep']);
  });

  it('leaves a text alone that would grow beyond a mebibyte', () => {
    const laughs = new Map([['l0', 'ha'.repeat(5)]]);
    for (let at = 1; at < 30; at += 1) laughs.set(`l${at}`, `\${l${at - 1}}`.repeat(10));
    const filled = interpolate('me', '${l29}', scopeOf(laughs));
    expect(filled.value).toBe('${l29}');
    expect(messages(filled)).toEqual([expect.stringContaining(`grows beyond ${maxLength} characters`)]);
    expect(interpolate('me', '${l4}', scopeOf(laughs)).value).toHaveLength(100_000);
  });

  it('stops names that grow without showing', () => {
    const filled = fill('${x.${big}:}'.repeat(100), { big: 'b'.repeat(500_000) });
    expect(filled.value).toBe('${x.${big}:}'.repeat(100));
    expect(messages(filled)).toEqual([expect.stringContaining('puts together more than')]);
  });

  it.each(['${', '$', '${a', '${a:', '$${', '}', '${a}', '${a:{', '${gone}', '{', '${env:'])('reads 100 kB of %j in no time', (part) => {
    const raw = part.repeat(Math.ceil(100_000 / part.length));
    const before = performance.now();
    fill(raw, { a: '1' });
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe('the laws of interpolation', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'a.b', '@zone', ''];
  const name = fc.constantFrom(...names);
  const { text } = fc.letrec<{ text: string; part: string }>((tie) => ({
    part: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('x', 'a', '.', '$', '{', '}', ':', '$${', '${', 'env:'),
      name.map((key) => `\${${key}}`),
      fc.tuple(name, tie('text')).map(([key, fallback]) => `\${${key}:${fallback}}`),
      tie('text').map((key) => `\${${key}}`),
    ),
    text: fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.join('')),
  }));
  const graph = fc.array(fc.tuple(name, text)).map((pairs) => new Map(pairs));

  it('ends on any graph, with a problem for whatever is left standing', () => {
    fc.assert(
      fc.property(graph, text, (entries, raw) => {
        const { value, problems, trail } = interpolate('a', raw, scopeOf(new Map([...entries, ['a', raw]])));
        expect(typeof value).toBe('string');
        const stands = trail.some((step) => step.value === undefined);
        if (stands) expect(problems).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves a text without ${ as it is', () => {
    fc.assert(
      fc.property(fc.string(), graph, (raw, entries) => {
        fc.pre(!mayInterpolate(raw));
        expect(interpolate('me', raw, scopeOf(entries))).toEqual({ value: raw, mentions: new Set(), problems: [], trail: [] });
      }),
    );
  });

  it('moves only when a key moves that it mentions', () => {
    fc.assert(
      fc.property(graph, text, name, fc.option(text, { nil: undefined }), (entries, raw, moved, after) => {
        const before = interpolate('me', raw, scopeOf(entries));
        fc.pre(!before.mentions.has(moved));
        const next = new Map(entries);
        if (after === undefined) next.delete(moved);
        else next.set(moved, after);
        expect(interpolate('me', raw, scopeOf(next))).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  it('reads back any text whose ${ were escaped', () => {
    fc.assert(
      fc.property(text, (raw) => {
        fc.pre(!raw.includes('$$'));
        expect(fill(raw.replaceAll('${', () => '$${')).value).toBe(raw);
      }),
    );
  });
});
