import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors.js';
import { contextualType, evaluate, parseRules } from '../../../src/core/types/index.js';

const limits = JSON.stringify([
  { if: { environment: ['prod'], region: ['eu', 'us'] }, value: 100, comment: 'busy', runtimeEval: false },
  { if: { environment: ['prod'] }, value: 50 },
  { if: { user: 'me' }, value: '25' },
  { value: 10 },
]);

describe('contextual rules', () => {
  it.each<[Record<string, string | undefined>, number]>([
    [{ environment: 'prod', region: 'eu' }, 100],
    [{ environment: 'prod', region: 'us', zone: 'a' }, 100],
    [{ environment: 'prod', region: 'asia' }, 50],
    [{ environment: 'prod' }, 50],
    [{ environment: 'prod', region: undefined }, 50],
    [{ user: 'me' }, 25],
    [{ user: 'you' }, 10],
    [{ environment: 'PROD' }, 10],
    [{}, 10],
  ])('in %j give %j', (context, expected) => {
    expect(evaluate(parseRules(limits, 1), context)).toBe(expected);
  });

  it('give nothing when no rule fits', () => {
    expect(evaluate(parseRules('[]', 1), {})).toBeUndefined();
    expect(evaluate(parseRules('[{"if":{"a":["x"]},"value":1}]', 1), { a: 'y' })).toBeUndefined();
    expect(evaluate(parseRules('[{"if":{"a":[]},"value":1}]', 1), { a: 'x' })).toBeUndefined();
    expect(evaluate(parseRules('[{"if":{"constructor":["x"]},"value":1}]', 1), {})).toBeUndefined();
  });

  it('fit always with an empty condition', () => {
    expect(evaluate(parseRules('[{"if":{},"value":1},{"value":2}]', 0), {})).toBe(1);
  });

  it('know dimensions by the names Archaius gave them too', () => {
    const rules = parseRules('[{"if":{"@environment":["prod"]},"value":"x"}]', '');
    expect(evaluate(rules, { environment: 'prod' })).toBe('x');
    expect(evaluate(rules, { '@environment': 'prod' })).toBe('x');
    expect(evaluate(rules, { environment: 'test' })).toBeUndefined();
  });

  it.each<[string, string | number | boolean, string | number | boolean]>([
    ['5', 1, 5],
    [' 1.5 ', 1, 1.5],
    ['yes', false, true],
    ['a, b', 'x', 'a, b'],
    [' a ', 'x', ' a '],
    ['{"a":1}', 'x', '{"a":1}'],
    ['', 'x', ''],
    ['[{"value":"007"}]', 1, 7],
    ['[{"value":"off"}]', true, false],
    ['\n [{"value":"a,b"}]', '', 'a,b'],
    ['[{"value":""}]', 'x', ''],
    ['[{"value":false}]', true, false],
    ['[{"value":0}]', 5, 0],
  ])('read %j for the default %j as %j', (text, sample, expected) => {
    expect(evaluate<unknown>(parseRules(text, sample), {})).toBe(expected);
  });

  it.each<[string, string | number | boolean, RegExp]>([
    ['abc', 1, /the value is no number/],
    ['', 1, /the value is no number/],
    ['maybe', true, /the value is no boolean/],
    ['[', 1, /JSON/],
    ['[beta] hello', 'x', /JSON/],
    ['[1]', 1, /entry 1 is no object/],
    ['[null]', 1, /entry 1 is no object/],
    ['[[]]', 1, /entry 1 is no object/],
    ['[{}]', 1, /entry 1 has no value/],
    ['[{"value":1},{"if":{}}]', 1, /entry 2 has no value/],
    ['[{"value":null}]', 1, /the value of entry 1 is no number/],
    ['[{"value":true}]', 1, /the value of entry 1 is no number/],
    ['[{"value":"x"}]', 1, /the value of entry 1 is no number/],
    ['[{"value":1}]', 'a', /the value of entry 1 is no string/],
    ['[{"value":1}]', true, /the value of entry 1 is no boolean/],
    ['[{"value":1,"when":{}}]', 1, /entry 1 has a field "when"; allowed are if, value, comment, runtimeEval/],
    ['[{"value":1,"__proto__":{}}]', 1, /entry 1 has a field "__proto__"/],
    ['[{"value":1,"if":[]}]', 1, /the if of entry 1 is no object/],
    ['[{"value":1,"if":null}]', 1, /the if of entry 1 is no object/],
    ['[{"value":1,"if":{"a":1}}]', 1, /"a" in entry 1 is neither a text nor a list of texts/],
    ['[{"value":1,"if":{"a":["x",1]}}]', 1, /"a" in entry 1 is neither a text nor a list of texts/],
    ['[{"value":1,"comment":1}]', 1, /the comment of entry 1 is no text/],
    ['[{"value":1,"runtimeEval":"yes"}]', 1, /the runtimeEval of entry 1 is no boolean/],
  ])('refuse %j for the default %j', (text, sample, message) => {
    expect(() => parseRules(text, sample)).toThrow(message);
    expect(() => parseRules(text, sample)).toThrow(ConfigError);
  });

  it('quote no value in an error', () => {
    for (const text of ['hunter2', '[{"value":"hunter2"}]', '[hunter2]']) {
      expect(() => parseRules(text, 1)).toThrow(ConfigError);
      expect(() => parseRules(text, 1)).not.toThrow('hunter2');
    }
  });

  it('keep what entries say besides', () => {
    expect(parseRules('[{"value":1,"comment":"c","runtimeEval":true}]', 1)).toEqual([{ if: new Map(), value: 1, comment: 'c', runtimeEval: true }]);
  });

  it('are a type whose values are the same when their rules are', () => {
    const type = contextualType(1);
    expect(type.id).toBe('contextual<number>');
    expect(type.equals(type.parse(limits), type.parse(` ${limits}`))).toBe(true);
    expect(type.equals(type.parse(limits), type.parse('10'))).toBe(false);
  });

  it('throw nothing but ConfigErrors, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.array(fc.jsonValue()).map((value) => JSON.stringify(value))), (text) => {
        try {
          parseRules(text, 1);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });
});
