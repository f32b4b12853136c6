import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { boolean, createConfig, duration, env, int, list, memory, string, values } from '../../src/index.js';
import { afterGc, rig, thrownBy } from './rig.js';

describe('bind() with specs', () => {
  it('gives a frozen object whose fields are the values of now', () => {
    const feed = memory({ 'gateway.rate': '5', 'gateway.pool.hosts': 'a,b' });
    const { config } = rig([feed]);
    const gateway = config.bind('gateway', { rate: int(100), timeout: duration('2s'), pool: { hosts: list(string), open: boolean(true) } });
    expect(gateway).toEqual({ rate: 5, timeout: 2000, pool: { hosts: ['a', 'b'], open: true } });
    feed.replace({ 'gateway.rate': '6', 'gateway.pool.open': 'off' });
    expect(JSON.stringify(gateway)).toBe('{"rate":6,"timeout":2000,"pool":{"hosts":[],"open":false}}');
    expect([Object.keys(gateway), Object.isFrozen(gateway), Object.isFrozen(gateway.pool), { ...gateway }.rate]).toEqual([['rate', 'timeout', 'pool'], true, true, 6]);
    expect(() => Object.assign(gateway, { rate: 1 })).toThrow(TypeError);
  });

  it('keeps the last good value of each field, and reports the bad one', () => {
    const feed = memory({ 'g.a': '1', 'g.b': '1' });
    const { config, codes } = rig([feed]);
    const bound = config.bind('g', { a: int(0), b: int(0) });
    feed.replace({ 'g.a': 'x', 'g.b': '2' });
    expect([{ ...bound }, codes()]).toEqual([{ a: 1, b: 2 }, ['CALUMMA_CONVERSION']]);
  });

  it('takes awkward names', () => {
    const { config } = rig([values({ 'g.__proto__': '1', 'g.constructor': '2', g: '3' })]);
    const specs = Object.fromEntries(['__proto__', 'constructor', ''].map((name) => [name, int(0)]));
    const bound = config.bind('g', specs);
    expect(Object.entries(bound)).toEqual([['__proto__', 1], ['constructor', 2], ['', 3]]);
  });
});

const schemas = {
  zod: z.object({
    rate: z.coerce.number().max(100),
    pool: z.object({ hosts: z.array(z.string()).default([]) }).default({ hosts: [] }),
    password: z.string().optional(),
  }),
  valibot: v.object({
    rate: v.pipe(v.string(), v.transform(Number), v.maxValue(100)),
    pool: v.optional(v.object({ hosts: v.optional(v.array(v.string()), []) }), {}),
    password: v.optional(v.picklist(['open sesame'])),
  }),
};

describe.each(Object.entries(schemas))('bind() with a schema of %s', (_, schema) => {
  it('validates the tree as a whole and moves it as a whole, before any listener runs', () => {
    const feed = memory({ 'g.rate': '5', 'g.pool.hosts[0]': 'a', 'g.pool.hosts[1]': 'b' });
    const { config, errors } = rig([feed]);
    const bound = config.bind('g', schema);
    expect(bound).toEqual({ rate: 5, pool: { hosts: ['a', 'b'] } });
    const seen: unknown[] = [];
    config.getStringProperty('g.rate', '').onChange(() => seen.push(JSON.parse(JSON.stringify(bound))));
    feed.replace({ 'g.rate': '6', 'g.pool.hosts[0]': 'c' });
    expect([seen, errors]).toEqual([[{ rate: 6, pool: { hosts: ['c'] } }], []]);
  });

  it('keeps the last good state when the next is refused, says why, and moves on with the next good one', () => {
    const feed = memory({ 'g.rate': '5', 'g.pool.hosts[0]': 'a' });
    const { config, errors } = rig([feed]);
    const bound = config.bind('g', schema);
    feed.replace({ 'g.rate': '500', 'g.pool.hosts[0]': 'b' });
    expect([bound.rate, bound.pool.hosts]).toEqual([5, ['a']]);
    expect(errors.map((error) => error.code)).toEqual(['CALUMMA_VALIDATION']);
    expect(errors[0]!.message).toMatch(/^g: rate: /);
    feed.set('other', '1');
    expect(errors).toHaveLength(1);
    feed.set('g.rate', '50');
    expect([bound.rate, bound.pool.hosts]).toEqual([50, ['b']]);
  });

  it('throws when the present state is refused: there is no good one yet', () => {
    const { config } = rig([values({ 'g.rate': 'many' })]);
    expect(thrownBy(() => config.bind('g', schema)).code).toBe('CALUMMA_VALIDATION');
  });

  it('never shows a value in what it reports', () => {
    const feed = memory({ 'g.rate': '5' });
    const { config, errors } = rig([feed]);
    config.bind('g', schema);
    feed.replace({ 'g.rate': '5', 'g.password': 'hunter2', 'g.password.deeper': 'hunter2' });
    expect(errors).toHaveLength(1);
    expect(errors[0]!.message + String(errors[0]!.cause)).not.toContain('hunter2');
  });

  it('gives what looks like a frozen object', () => {
    const feed = memory({ 'g.rate': '5', 'g.pool.hosts[0]': 'a' });
    const bound = rig([feed]).config.bind('g', schema);
    const own = bound as { rate: number; pool: { hosts: string[] }; extra?: number };
    expect([Object.keys(bound), JSON.stringify(bound), { ...bound }, 'rate' in bound, 'other' in bound]).toEqual([
      ['rate', 'pool'], '{"rate":5,"pool":{"hosts":["a"]}}', { rate: 5, pool: { hosts: ['a'] } }, true, false,
    ]);
    for (const change of [() => (own.rate = 1), () => (own.extra = 1), () => Reflect.deleteProperty(own, 'rate') || fail(), () => own.pool.hosts.push('b'), () => (own.pool.hosts = []), () => Object.freeze(own), () => void Object.setPrototypeOf(own, null), () => Object.defineProperty(own, 'rate', { value: 1 })]) {
      expect(change).toThrow(TypeError);
    }
    expect(JSON.stringify(bound)).toBe('{"rate":5,"pool":{"hosts":["a"]}}');
  });
});

describe('what is bound to a schema', () => {
  it('may be the whole configuration, and keys named after prototypes', () => {
    const { config } = rig([values({ a: '1', '__proto__.b': '2' })]);
    expect(config.bind('', z.object({ a: z.string() })).a).toBe('1');
    const seen: unknown[] = [];
    config.bind('', { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => (seen.push(Object.keys(value as object)), { value: value as object }) } });
    expect(seen).toEqual([['a', '__proto__']]);
  });

  it('is refused when the schema is asynchronous', () => {
    const { config } = rig([values({})]);
    expect(thrownBy(() => config.bind('', z.object({}).refine(() => Promise.resolve(true)))).code).toMatch(/CALUMMA_(OPTION|VALIDATION)/);
  });

  it('costs nothing once nobody holds it', async () => {
    const feed = memory({ 'g.a': '1' });
    const { config } = rig([feed]);
    let validated = 0;
    const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => (validated++, { value: value as object }) } };
    let bound: unknown = config.bind('g', schema);
    feed.set('g.a', '2');
    expect([validated, bound]).toEqual([2, { a: '2' }]);
    bound = undefined;
    let n = 2;
    const forgotten = await afterGc(() => {
      const before = validated;
      feed.set('g.a', String(++n));
      return validated === before;
    });
    expect(forgotten).toBe(true);
  });
});

function fail(): never {
  throw new TypeError('could not be deleted');
}

describe('a list in a tree that is validated as a whole', () => {
  const schema = z.object({ hosts: z.array(z.string()), pool: z.object({ size: z.coerce.number() }) });
  const yaml = { hosts: 'a,b', 'hosts[0]': 'a', 'hosts[1]': 'b', 'pool.size': '5' };

  it('is the one of the highest layer, also where that says it in one text', () => {
    const feed = memory({});
    const config = createConfig({ layers: [feed, values(yaml)] });
    const bound = config.bind('', schema);
    expect(bound.hosts).toEqual(['a', 'b']);
    feed.set('hosts', 'x, y,z');
    expect(bound.hosts).toEqual(['x', 'y', 'z']);
    feed.delete('hosts');
    expect(bound.hosts).toEqual(['a', 'b']);
  });

  it('may come from the environment', () => {
    const config = createConfig({ layers: [env({ environment: { APP_HOSTS: 'x' } }), values({ 'app.hosts': 'a', 'app.hosts[0]': 'a', 'app.pool.size': '1' })] });
    expect(config.bind('app', schema).hosts).toEqual(['x']);
  });
});
