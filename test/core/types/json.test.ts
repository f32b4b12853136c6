import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../../../src/core/errors.js';
import { json, jsonType } from '../../../src/core/types/index.js';
import type { ValueType } from '../../../src/core/types/index.js';

const failure = (type: ValueType<unknown>, text: string): ConfigError => {
  try {
    type.parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error('it was no ConfigError');
};

describe('json', () => {
  it.each(['null', 'true', '0', '-1.5e3', '"a"', '[]', '{}', ' {"a":[1,{"b":null}]} ', '"\\ud83d\\ude00"', '{"a":1,"a":2}'])('reads %s', (text) => {
    expect(json().parse(text)).toEqual(JSON.parse(text));
  });

  it.each(['', ' ', 'a', "'a'", '{a:1}', '[1,]', '{"a":1,}', '01', '.5', '+1', 'NaN', 'undefined', '// c\n1', '"a', '{"a"', '1 2', '"\n"', '\u00a01'])('refuses %j', (text) => {
    expect(failure(json(), text).message).toMatch(/^expected JSON/);
  });

  it('tells where a text breaks off, and nothing of what it says', () => {
    const error = failure(json(), '{"password": "hunter2", }');
    expect(error.message).toBe('expected JSON: it breaks off at character 25');
    for (const text of ['hunter2', '{"a": hunter2}', '["hunter2" "b"]', '{"hunter2', '"hunter2', 'hunter2 at position 7']) {
      const { message, cause } = failure(json(), text);
      expect(message).not.toContain('hunter2');
      expect(cause).toBeUndefined();
    }
  });

  it('freezes what it gives, through and through', () => {
    const value = json().parse('{"a":[{"b":{}}]}') as { a: { b: object }[] };
    expect([value, value.a, value.a[0], value.a[0]?.b].every(Object.isFrozen)).toBe(true);
  });

  it('keeps __proto__ an ordinary key', () => {
    const value = json().parse('{"__proto__":{"polluted":true}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect('polluted' in value).toBe(false);
  });

  it('takes depth as it comes', () => {
    const text = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const type = json();
    expect(type.equals(type.parse(text), type.parse(text))).toBe(true);
  });

  it('reads back what JSON.stringify wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const type = json();
        const text = JSON.stringify(value);
        expect(JSON.stringify(type.parse(text))).toBe(text);
        expect(type.equals(type.parse(text), type.parse(text))).toBe(true);
      }),
    );
  });

  it('throws nothing but ConfigErrors, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json().map((text) => text.slice(0, -1))), (text) => {
        try {
          json().parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });

  it('is a spec with and without default', () => {
    expect(json()).toMatchObject({ id: 'json', default: undefined });
    expect(json(undefined, { a: 1 }).default).toEqual({ a: 1 });
  });
});

describe('json with a schema', () => {
  const zod = z.object({ max: z.number().default(5), hosts: z.array(z.string()).optional() });
  const valibot = v.object({ max: v.number(), hosts: v.optional(v.array(v.string())) });

  it('gives what the schema makes of it', () => {
    expect(json(zod).parse('{}')).toEqual({ max: 5 });
    expect(json(valibot).parse('{"max":1}')).toEqual({ max: 1 });
    expect(json(z.string().transform((text) => text.length)).parse('"abc"')).toBe(3);
  });

  it.each([
    ['zod', jsonType<unknown>(zod)],
    ['valibot', jsonType<unknown>(valibot)],
  ])('names every issue of %s by its path', (_name, type) => {
    const error = failure(type, '{"max":"x","hosts":["a",2]}');
    expect(error.code).toBe('CALUMMA_VALIDATION');
    expect(error.message).toMatch(/^max: .+; hosts\[1\]: .+$/);
  });

  it('leaves what was found out of the messages', () => {
    expect(failure(json(v.object({ pin: v.literal('x') })), '{"pin":"hunter2"}').message).not.toContain('hunter2');
    expect(failure(json(v.number()), '"hunter2"').message).not.toContain('hunter2');
    expect(failure(json(v.object({ pin: v.pipe(v.number(), v.maxValue(5)) })), '{"pin":123456}').message).not.toContain('123456');
    const quoting = z.string().refine(() => false, { error: (issue) => `not ${String(issue.input)}` });
    expect(failure(json(quoting), '"hunter2"').message).toBe('not ***');
  });

  it('refuses a schema that has to be waited for', () => {
    const slow = z.string().refine(() => Promise.resolve(true));
    expect(failure(json(slow), '"a"').code).toBe('CALUMMA_OPTION');
    expect(failure(json(v.pipeAsync(v.string(), v.checkAsync(() => Promise.resolve(false)))), '"a"').code).toBe('CALUMMA_OPTION');
  });

  it('leaves instances of classes as the schema made them', () => {
    const day = json(z.string().transform((text) => ({ at: new Date(text) }))).parse('"2024-01-01"');
    expect(Object.isFrozen(day)).toBe(true);
    expect(day.at.getTime()).toBe(Date.parse('2024-01-01'));
  });

  it('tells schemas apart by identity', () => {
    expect(json(zod).id).toBe(json(zod).id);
    expect(json(zod).id).not.toBe(json(z.object({})).id);
  });

  it('keeps the default as it was given', () => {
    expect(json(zod, { max: 1 }).default).toEqual({ max: 1 });
  });
});
