import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { z } from 'zod';
import { ConversionError, type DynamicProperty, int, memory, oneOf, values } from '../../src/index.js';
import { rig } from './rig.js';

describe('the getters', () => {
  const point = z.object({ x: z.number() });
  const { config, errors } = rig([
    values({
      string: ' text ', boolean: 'Yes', int: ' 42 ', number: '1.5e3', bigint: '9007199254740993', duration: '1m30s', bytes: '10KB',
      date: '2024-02-29T12:00Z', url: 'https://example.org/a', enum: 'random', list: 'a, b\\,c', ints: '1,2', set: 'a,b,a', map: 'a=1,b=x=y',
      json: '{"x":1}', own: 'abc', contextual: '[{"if":{"region":["eu"]},"value":5},{"value":1}]',
    }),
  ]);

  it.each<[string, DynamicProperty<unknown>, unknown]>([
    ['string', config.getStringProperty('string', ''), ' text '],
    ['boolean', config.getBooleanProperty('boolean', false), true],
    ['int', config.getIntProperty('int', 0), 42],
    ['number', config.getNumberProperty('number', 0), 1500],
    ['bigint', config.getBigIntProperty('bigint', 0n), 9007199254740993n],
    ['duration', config.getDurationProperty('duration', 0), 90_000],
    ['bytes', config.getBytesProperty('bytes', 0), 10_240],
    ['date', config.getDateProperty('date', '2000-01-01'), new Date('2024-02-29T12:00:00Z')],
    ['url', config.getUrlProperty('url', 'http://localhost'), new URL('https://example.org/a')],
    ['enum', config.getEnumProperty('enum', ['random', 'round-robin'], 'round-robin'), 'random'],
    ['list', config.getListProperty('list', []), ['a', 'b,c']],
    ['list of ints', config.getListProperty('ints', [], int), [1, 2]],
    ['set', config.getSetProperty('set', []), new Set(['a', 'b'])],
    ['map', config.getMapProperty('map', {}), new Map([['a', '1'], ['b', 'x=y']])],
    ['json', config.getJsonProperty('json', undefined, null), { x: 1 }],
    ['json with a zod schema', config.getJsonProperty('json', point, { x: 0 }), { x: 1 }],
    ['json with a valibot schema', config.getJsonProperty('json', v.object({ x: v.number() }), { x: 0 }), { x: 1 }],
    ['own parser', config.getProperty('own', (text) => text.length, 0), 3],
    ['own type', config.getProperty('int', int, 0), 42],
    ['contextual', config.getContextualProperty('contextual', 0), 1],
  ])('give a live %s', (_, property, expected) => {
    expect(property.get()).toEqual(expected);
    expect(property.isSet).toBe(true);
    expect(errors).toEqual([]);
  });

  const parse = (text: string): string => text;
  it.each<[string, () => object]>([
    ['string', () => config.getStringProperty('same', 'a')],
    ['boolean', () => config.getBooleanProperty('same', true)],
    ['int', () => config.getIntProperty('same', 1)],
    ['NaN as a number', () => config.getNumberProperty('same', NaN)],
    ['bigint', () => config.getBigIntProperty('same', 1n)],
    ['duration', () => config.getDurationProperty('same', '1s')],
    ['bytes', () => config.getBytesProperty('same', '1k')],
    ['date', () => config.getDateProperty('same', '2024-01-01')],
    ['url', () => config.getUrlProperty('same', 'http://localhost')],
    ['enum', () => config.getEnumProperty('same', ['a', 'b'], 'a')],
    ['list', () => config.getListProperty('same', ['a'])],
    ['list of ints', () => config.getListProperty('same', [1], int)],
    ['list with a parser', () => config.getListProperty('same', ['1'], parse)],
    ['set', () => config.getSetProperty('same', new Set(['a']))],
    ['map', () => config.getMapProperty('same', { a: '1' })],
    ['json', () => config.getJsonProperty('same', undefined, { a: [1] })],
    ['json with a schema', () => config.getJsonProperty('same', point, { x: 1 })],
    ['own parser', () => config.getProperty('same', parse, 'a')],
  ])('give the same handle for the same name, type and default: %s', (_, get) => {
    expect(get()).toBe(get());
  });

  it('give another handle for another type, default, allowed text or parser', () => {
    const handles = [
      config.getIntProperty('other', 1), config.getIntProperty('other', 2), config.getNumberProperty('other', 1), config.getNumberProperty('other', -0),
      config.getNumberProperty('other', 0), config.getStringProperty('other', '1'), config.getListProperty('other', ['1']), config.getListProperty('other', [1], int),
      config.getSetProperty('other', ['1']), config.getEnumProperty('other', ['1'], '1'), config.getEnumProperty('other', ['1', '2'], '1'),
      config.getProperty('other', (text) => text, ''), config.getProperty('other', (text) => text, ''), config.getProperty('other', oneOf(['1']), '1'),
    ];
    // oneOf(['1']) and the enum of the same text and default are one type
    expect(new Set(handles).size).toBe(handles.length - 1);
  });

  it('do not let a default be moved from outside', () => {
    const list = ['a'];
    const date = new Date(0);
    const [items, moment] = [config.getListProperty('unset', list), config.getDateProperty('unset', date)];
    list.push('b');
    date.setTime(5);
    expect(items.get()).toEqual(['a']);
    expect(moment.get().getTime()).toBe(0);
  });
});

describe('a property', () => {
  it('follows its key through set, change, removal and return', () => {
    const feed = memory();
    const { config } = rig([feed]);
    const limit = config.getIntProperty('limit', 7);
    expect([limit.name, limit.default, limit.get(), limit.raw, limit.isSet, limit.origin, limit.changedAt]).toEqual(['limit', 7, 7, undefined, false, undefined, undefined]);
    feed.set('limit', '8');
    expect([limit.get(), limit.raw, limit.isSet, limit.origin]).toEqual([8, '8', true, 'memory:limit']);
    feed.delete('limit');
    expect([limit.get(), limit.raw, limit.isSet, limit.origin]).toEqual([7, undefined, false, undefined]);
  });

  it('says when it last began to answer differently', () => {
    const feed = memory({ a: '1' });
    const { config } = rig([feed]);
    const property = config.getIntProperty('a', 0);
    expect(property.changedAt).toBeUndefined();
    const start = Date.now();
    feed.set('a', '2');
    const at = property.changedAt!;
    expect(at.getTime()).toBeGreaterThanOrEqual(start);
    feed.set('a', '02');
    feed.set('b', '1');
    expect(property.changedAt).toEqual(at);
  });

  it('tells nobody when the text changes and the value does not', () => {
    const feed = memory({ a: '1', l: 'a,b' });
    const { config } = rig([feed]);
    const heard: unknown[] = [];
    config.getIntProperty('a', 0).onChange((now) => heard.push(now));
    config.getListProperty('l', []).onChange((now) => heard.push(now));
    feed.replace({ a: ' +1 ', l: ' a , b ' });
    expect(heard).toEqual([]);
    expect(config.getIntProperty('a', 0).raw).toBe(' +1 ');
  });

  it('keeps the last good value when the text does not parse, and reports it once', () => {
    const feed = memory({ 'gateway.limit': '5' }, { name: 'feed' });
    const { config, errors } = rig([feed]);
    const limit = config.getIntProperty('gateway.limit', 1);
    feed.set('gateway.limit', '5o');
    feed.set('other', '1');
    feed.set('other', '2');
    expect([limit.get(), limit.raw, limit.isSet]).toEqual([5, '5o', true]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(ConversionError);
    expect(errors[0]).toMatchObject({ code: 'CALUMMA_CONVERSION', key: 'gateway.limit', expected: 'an integer', origin: 'feed:gateway.limit' });
    expect(errors[0]!.message).toBe('gateway.limit: expected an integer, found "5o" (feed:gateway.limit)');
    feed.set('gateway.limit', '6');
    expect(limit.get()).toBe(6);
  });

  it('gives its default until the first good value, and again when the key goes', () => {
    const feed = memory({ a: 'bad' });
    const { config, codes } = rig([feed]);
    const property = config.getIntProperty('a', 3);
    expect([property.get(), property.isSet]).toEqual([3, false]);
    feed.set('a', '4');
    feed.set('a', 'worse');
    expect([property.get(), property.isSet]).toEqual([4, true]);
    feed.delete('a');
    expect([property.get(), property.isSet]).toEqual([3, false]);
    feed.set('a', 'again');
    expect([property.get(), property.isSet]).toEqual([3, false]);
    expect(codes()).toEqual(['CALUMMA_CONVERSION', 'CALUMMA_CONVERSION', 'CALUMMA_CONVERSION']);
  });

  it('never shows a secret in what it reports, nor in the cause', () => {
    const feed = memory({ 'db.password': 'hunter2' });
    const { config, errors } = rig([feed]);
    const refuse = (text: string): void => {
      if (text !== '') throw new Error(`cannot read ${text}`);
    };
    config.getIntProperty('db.password', 0);
    config.getProperty('db.password', refuse, undefined);
    config.getStringProperty('db.password', '').map((text) => refuse(text));
    config.getStringProperty('db.password', '').validate((text) => refuse(text));
    expect(errors).toHaveLength(4);
    for (const error of errors) {
      expect(error.message).toContain('db.password');
      expect(error.message + String(error.cause) + JSON.stringify(error)).not.toContain('hunter2');
    }
    expect(config.getStringProperty('db.password', '').get()).toBe('');
  });

  it('masks a secret when it is printed or turned into JSON', () => {
    const { config } = rig([values({ token: 'hunter2', a: '1' })]);
    const [token, a] = [config.getStringProperty('token', ''), config.getIntProperty('a', 0)];
    expect(JSON.stringify({ token, a })).toBe('{"token":"***","a":1}');
    const inspect = Symbol.for('nodejs.util.inspect.custom');
    expect([token, a].map((property) => (property as unknown as Record<symbol, () => string>)[inspect]!())).toEqual([
      'DynamicProperty(token = ***)',
      'DynamicProperty(a = 1)',
    ]);
  });

  it('is not stopped by a type of one\'s own whose equality throws', () => {
    const feed = memory({ a: '1', b: '1' });
    const { config } = rig([feed]);
    const broken = { id: 'broken', expected: 'a text', parse: (text: string) => text, equals: () => { throw new Error('no'); } };
    const [a, b] = [config.getProperty('a', broken, ''), config.getIntProperty('b', 0)];
    feed.replace({ a: '2', b: '2' });
    expect([a.get(), b.get()]).toEqual(['2', 2]);
    feed.replace({});
    expect([a.get(), b.get()]).toEqual(['', 0]);
  });

  it('hands out lists, sets, maps and JSON that cannot be changed for others', () => {
    const { config } = rig([values({ list: 'a', json: '{"a":[1]}' })]);
    const list = config.getListProperty('list', []).get() as string[];
    const json = config.getJsonProperty('json', undefined, null).get() as { a: number[] };
    expect(() => list.push('b')).toThrow(TypeError);
    expect(() => json.a.push(2)).toThrow(TypeError);
  });
});

describe('validate()', () => {
  it('keeps the last good value when a check throws or says false, and names the reason', () => {
    const feed = memory({ port: '80' });
    const { config, errors } = rig([feed]);
    const port = config.getIntProperty('port', 1);
    const same = port.validate((value) => value > 0).validate((value) => {
      if (value > 65_535) throw new RangeError('ports end at 65535');
    });
    expect(same).toBe(port);
    feed.set('port', '-5');
    feed.set('port', '70000');
    expect(port.get()).toBe(80);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['CALUMMA_VALIDATION', 'port: "-5" was refused by its validation (memory:port)'],
      ['CALUMMA_VALIDATION', 'port: "70000" was refused by its validation: ports end at 65535 (memory:port)'],
    ]);
    expect(errors[1]!.cause).toBeInstanceOf(RangeError);
  });

  it('falls to the default when the value of now is refused: nothing better was ever seen', () => {
    const { config, codes } = rig([values({ port: '-5' })]);
    const heard: unknown[] = [];
    const port = config.getIntProperty('port', 1);
    port.onChange((now, before) => heard.push([before, now]));
    port.validate((value) => value > 0);
    expect([port.get(), port.isSet, heard, codes()]).toEqual([1, false, [[-5, 1]], ['CALUMMA_VALIDATION']]);
  });

  it('refuses an asynchronous check, and lets its rejection end nowhere', async () => {
    const { config, errors } = rig([values({ a: '1' })]);
    const a = config.getIntProperty('a', 0);
    a.validate(() => Promise.reject(new Error('late')));
    await new Promise((resolve) => setImmediate(resolve));
    expect([a.get(), a.isSet]).toEqual([0, false]);
    expect(errors[0]!.message).toContain('asynchronous');
  });
});
