import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors.js';
import {
  bigint,
  boolean,
  bytes,
  bytesDefault,
  date,
  dateDefault,
  duration,
  durationDefault,
  enumType,
  href,
  hrefDefault,
  int,
  number,
  oneOf,
  string,
} from '../../../src/core/types/index.js';
import type { ValueType } from '../../../src/core/types/index.js';

const ms = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const K = 1024;

interface Grammar {
  readonly type: ValueType<unknown>;
  readonly accepts: readonly (readonly [text: string, value: unknown])[];
  readonly refuses: readonly string[];
}

const utc = (text: string): Date => new Date(text);
const level = enumType(['low', 'high', ' odd ']);

/** What no type but string and the enum takes for a value, whatever it is. */
const rubbish = ['', ' ', '\t\n', 'abc', 'null', 'undefined', '\0', '{}', '[]', '١٢', '１', '1 2', '1,2', '- 1', '--1', '+', '-', '.', '1.2.3', '0x10', '1_000', '1e', 'NaN', 'Infinity', '-Infinity', '∞'];

const grammars: Record<string, Grammar> = {
  boolean: {
    type: boolean,
    accepts: [
      ...['true', 'TRUE', 'True', 'yes', 'Yes', 'on', 'ON', 't', 'T', 'y', 'Y', '1', ' true ', '\ttrue\n', '\u00a0true'].map((text) => [text, true] as const),
      ...['false', 'FALSE', 'no', 'No', 'off', 'OFF', 'f', 'F', 'n', 'N', '0', ' false '].map((text) => [text, false] as const),
    ],
    refuses: [...rubbish, '2', '-1', '00', '01', 'enabled', 'truth', 'tr ue', 'wahr', 'yess', 'constructor', '__proto__'],
  },
  int: {
    type: int,
    accepts: [
      ['0', 0],
      ['-0', 0],
      ['+5', 5],
      ['-5', -5],
      ['007', 7],
      ['010', 10],
      [' 12 ', 12],
      ['\t12\r\n', 12],
      ['\ufeff12', 12],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
      ['-9007199254740991', Number.MIN_SAFE_INTEGER],
      [`${'0'.repeat(100)}1`, 1],
    ],
    refuses: [...rubbish, '12.0', '12.', '.5', '1e3', '0b1', '0o7', '12n', '12px', '9007199254740992', '-9007199254740992', '9'.repeat(400), '1\n2', '৫', '²', '(5)'],
  },
  number: {
    type: number,
    accepts: [
      ['0', 0],
      ['1.5', 1.5],
      ['.5', 0.5],
      ['5.', 5],
      ['-.5', -0.5],
      ['+1.25', 1.25],
      ['1e3', 1_000],
      ['1E3', 1_000],
      ['1.e2', 100],
      ['1e+3', 1_000],
      ['1e-3', 0.001],
      ['007', 7],
      [' 1.5 ', 1.5],
      ['1e308', 1e308],
      ['1e-400', 0],
      ['9007199254740993', 9007199254740992],
    ],
    refuses: [...rubbish, '1.5f', '1.5d', '0x1p3', '1e400', '-1e400', '1e1.5', 'e5', '.e5', '1,5', '12px', '50%', '9'.repeat(400), '٫5', '1.٥'],
  },
  bigint: {
    type: bigint,
    accepts: [
      ['0', 0n],
      ['-0', 0n],
      ['+5', 5n],
      ['-5', -5n],
      ['007', 7n],
      [' 12 ', 12n],
      ['9007199254740993', 9007199254740993n],
      ['9'.repeat(60), BigInt('9'.repeat(60))],
    ],
    refuses: [...rubbish, '12n', '1.0', '1e3', '0b1', '0o7', '৫'],
  },
  duration: {
    type: duration,
    accepts: [
      ['0', 0],
      ['250', 250],
      ['1.5', 1.5],
      ['500ms', 500],
      ['10s', 10 * ms.s],
      ['5m', 5 * ms.m],
      ['2h', 2 * ms.h],
      ['1d', ms.d],
      ['1w', ms.w],
      ['1.5s', 1_500],
      ['.5s', 500],
      ['1.001s', 1_001],
      ['0.3s', 300],
      ['0.4ms', 0.4],
      ['1h30m', ms.h + 30 * ms.m],
      ['1h 30m', ms.h + 30 * ms.m],
      ['1w2d3h4m5s6ms', ms.w + 2 * ms.d + 3 * ms.h + 4 * ms.m + 5 * ms.s + 6],
      ['5 s', 5_000],
      [' 5s ', 5_000],
      ['5S', 5_000],
      ['5Ms', 5],
      ['5MS', 5],
      ['2H', 2 * ms.h],
      ['007s', 7_000],
      ['PT10S', 10_000],
      ['pt10s', 10_000],
      ['PT0.5S', 500],
      ['PT0,5S', 500],
      ['PT5M', 5 * ms.m],
      ['P1DT2H', ms.d + 2 * ms.h],
      ['P1W', ms.w],
      ['P1D', ms.d],
      ['PT1H30M5.25S', ms.h + 30 * ms.m + 5_250],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ],
    refuses: [
      ...rubbish, '-5s', '-5', '+5s', '-PT5S', 'PT-5S', '5M', '1H30M', '5 minutes', '5min', '5sec', '1y', '5us', 's', 'ms', '30m1h', '1s1s', '1h30', '1h,30m', '1e3', '1e3s',
      'P', 'PT', 'P1DT', 'P1Y', 'P1M', 'P1.5DT2H', 'PT1.5H30M', 'PT5S3M', 'P5S', 'T5S', '9007199254740992', '999999999999w', `${'9'.repeat(400)}s`, '٥s', '5ſ', '5 s x',
    ],
  },
  bytes: {
    type: bytes,
    accepts: [
      ['0', 0],
      ['512', 512],
      ['512B', 512],
      ['512b', 512],
      ['512 B', 512],
      ['10KB', 10 * K],
      ['10kb', 10 * K],
      ['10KiB', 10 * K],
      ['10k', 10 * K],
      ['10MB', 10 * K ** 2],
      ['10MiB', 10 * K ** 2],
      ['10M', 10 * K ** 2],
      ['1.5 GB', 1.5 * K ** 3],
      ['1.5GiB', 1.5 * K ** 3],
      ['.5KB', 512],
      ['2TB', 2 * K ** 4],
      ['1PB', K ** 5],
      ['0.3KB', 307],
      [' 10MB ', 10 * K ** 2],
      ['007KB', 7 * K],
      ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ],
    refuses: [...rubbish, '-5', '+5', '-5KB', '1.5', '1.5B', 'KB', '10EB', '10 K B', '10KBs', '10iB', '10i', '10ki', '10bytes', '1e3', '1e3KB', '9007199254740992', '9'.repeat(400), '５KB', '10\u212aB'],
  },
  date: {
    type: date,
    accepts: [
      ['2024-02-29', utc('2024-02-29T00:00:00Z')],
      ['2024-02-29T12:30', utc('2024-02-29T12:30:00Z')],
      ['2024-02-29T12:30Z', utc('2024-02-29T12:30:00Z')],
      ['2024-02-29T12:30:15', utc('2024-02-29T12:30:15Z')],
      ['2024-02-29T12:30:15.250Z', utc('2024-02-29T12:30:15.250Z')],
      ['2024-02-29T12:30:15.25Z', utc('2024-02-29T12:30:15.250Z')],
      ['2024-02-29T12:30:15.123456789Z', utc('2024-02-29T12:30:15.123Z')],
      ['2024-02-29T12:30:15,5Z', utc('2024-02-29T12:30:15.500Z')],
      ['2024-02-29 12:30:15Z', utc('2024-02-29T12:30:15Z')],
      ['2024-02-29t12:30:15z', utc('2024-02-29T12:30:15Z')],
      ['2024-02-29T12:30:15+02:00', utc('2024-02-29T10:30:15Z')],
      ['2024-02-29T12:30:15-0530', utc('2024-02-29T18:00:15Z')],
      ['2024-02-29T23:59:59Z', utc('2024-02-29T23:59:59Z')],
      ['0099-01-01', utc('0099-01-01T00:00:00Z')],
      ['0000-01-01', utc('0000-01-01T00:00:00Z')],
      ['9999-12-31', utc('9999-12-31T00:00:00Z')],
      ['0', new Date(0)],
      ['1700000000000', new Date(1_700_000_000_000)],
      ['-1', new Date(-1)],
      ['2024', new Date(2024)],
      ['8640000000000000', new Date(8.64e15)],
      [' 2024-02-29 ', utc('2024-02-29T00:00:00Z')],
    ],
    refuses: [
      ...rubbish, '2024-02-30', '2023-02-29', '1900-02-29', '2024-13-01', '2024-00-01', '2024-01-00', '2024-01-32', '2024-04-31', '2024-1-1', '24-01-01', '2024/01/01', '2024-01', '01.02.2024', '20240101T10',
      '2024-01-01T24:00', '2024-01-01T12:60', '2024-01-01T12:30:60', '2024-01-01T12', '2024-01-01T12:30:', '2024-01-01T12:30:15.', '2024-01-01T12:30:15.1234567890Z', '2024-01-01Z', '2024-01-01T12:30+24:00',
      '2024-01-01T12:30+02:60', '2024-01-01T12:30+2', '2024-01-01T12:30 Z', '2024-01-01  12:30', '+002024-01-01', 'Jan 1 2024', 'today', '8640000000000001', '1e3', '1.5', '9'.repeat(400), '٢٠٢٤-٠١-٠١',
    ],
  },
  href: {
    type: href,
    accepts: [
      ['http://localhost', new URL('http://localhost/')],
      ['https://user:pw@host:8443/a?b=c#d', new URL('https://user:pw@host:8443/a?b=c#d')],
      [' https://host/ ', new URL('https://host/')],
      ['HTTP://HOST', new URL('http://host/')],
      ['file:///etc/passwd', new URL('file:///etc/passwd')],
      ['redis://host:6379/0', new URL('redis://host:6379/0')],
      ['mailto:a@b', new URL('mailto:a@b')],
      ['http://[::1]:80/', new URL('http://[::1]/')],
      ['http://münchen/', new URL('http://xn--mnchen-3ya/')],
    ],
    refuses: [...rubbish, 'host', '/path', '//host/path', 'http://', 'http://a b/', 'http://host:99999', 'http://[::1', '?q', '://host', 'www.example.com'],
  },
  enum: {
    type: level,
    accepts: [
      ['low', 'low'],
      ['high', 'high'],
      [' low ', 'low'],
      ['high\n', 'high'],
      [' odd ', ' odd '],
    ],
    refuses: [...rubbish, 'LOW', 'Low', 'lower', 'lo', 'low high', 'odd', 'constructor', '__proto__', 'toString'],
  },
};

describe.each(Object.entries(grammars))('%s', (_name, { type, accepts, refuses }) => {
  it.each(accepts.map(([text, value]) => ({ text, value })))('reads $text as $value', ({ text, value }) => {
    expect(type.parse(text)).toEqual(value);
    expect(type.equals(type.parse(text), type.parse(text))).toBe(true);
  });

  it.each(refuses.map((text) => [text]))('refuses %j', (text) => {
    expect(() => type.parse(text)).toThrow(expect.objectContaining({ code: 'CALUMMA_CONVERSION', message: expect.stringContaining(type.expected) as string }) as Error);
  });

  it('says what it expected without quoting what it found', () => {
    expect(() => type.parse('hunter2')).toThrow(ConfigError);
    expect(() => type.parse('hunter2')).not.toThrow('hunter2');
  });

  it('throws nothing but ConfigErrors, whatever the text', () => {
    const likely = fc.string({ unit: fc.constantFrom(...Array.from('0123456789+-.eE kKmMsShdwPTZ:/bBi,')) });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), likely), (text) => {
        try {
          type.parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });

  it.each(['9', ' ', '.', '-', '1s', '1h ', 'P', '1.', 'a', '0', '1K', ':', '1e', '\\', ','])('reads or refuses 100 kB of %j in no time', (part) => {
    const text = part.repeat(Math.ceil(100_000 / part.length));
    const before = performance.now();
    for (const candidate of [text, `1${text}`, `${text}!`, `1${text}!`]) {
      try {
        type.parse(candidate);
      } catch {
        // refused, in time
      }
    }
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe('string', () => {
  it.each(['', ' ', ' a ', 'a\n', '\0', '١', '\ud800', 'a'.repeat(100_000)].map((text) => [text]))('keeps the text as it is', (text) => {
    expect(string.parse(text)).toBe(text);
  });
});

describe('what was written is read back', () => {
  const law = <T>(name: string, values: fc.Arbitrary<T>, type: ValueType<T>, write: (value: T) => string): void => {
    it(name, () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(type.equals(type.parse(write(value)), value)).toBe(true);
          expect(type.equals(type.parse(` ${write(value)}\n`), value)).toBe(true);
        }),
      );
    });
  };
  law('booleans', fc.boolean(), boolean, String);
  law('integers', fc.maxSafeInteger(), int, String);
  law('numbers', fc.double({ noNaN: true, noDefaultInfinity: true }), number, String);
  law('bigints', fc.bigInt(), bigint, String);
  law('bytes', fc.maxSafeNat(), bytes, String);
  law('bytes with a unit', fc.nat(1_000_000), bytes, (value) => `${value / 1024} KiB`);
  law('durations', fc.maxSafeNat(), duration, (value) => `${value}ms`);
  law('durations in seconds', fc.nat(1_000_000_000), duration, (value) => `${value / 1_000}s`);
  law('dates', fc.date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') }), date, (value) => value.toISOString());
  law('dates as ms', fc.date({ noInvalidDate: true }), date, (value) => String(value.getTime()));
  law('URLs', fc.webUrl().map((text) => new URL(text)), href, String);
});

describe('specs', () => {
  it('carry the type itself and the default', () => {
    expect(int(100)).toEqual({ type: int, default: 100 });
    expect(int(100).type).toBe(int);
    expect(Object.isFrozen(int(100))).toBe(true);
  });

  it('take defaults as text where that reads better', () => {
    expect(duration('2s').default).toBe(2_000);
    expect(duration(250).default).toBe(250);
    expect(durationDefault('1m')).toBe(60_000);
    expect(bytes('10MB').default).toBe(10 * K * K);
    expect(bytesDefault(5)).toBe(5);
    expect(date('2024-02-29').default).toEqual(utc('2024-02-29T00:00:00Z'));
    expect(href('http://localhost').default.href).toBe('http://localhost/');
  });

  it('refuse a default that is no text of the type', () => {
    for (const make of [() => duration('soon'), () => bytes('big'), () => date('2024-02-30'), () => href('host')]) {
      expect(make).toThrow(expect.objectContaining({ code: 'CALUMMA_OPTION' }) as Error);
    }
  });

  it('copy defaults that could be changed from outside', () => {
    const moment = new Date(0);
    const place = new URL('http://a/');
    const copies = [dateDefault(moment), hrefDefault(place)];
    moment.setTime(1);
    place.pathname = '/b';
    expect(copies).toEqual([new Date(0), new URL('http://a/')]);
  });

  it('give a new Date and a new URL to each parse', () => {
    expect(date.parse('0')).not.toBe(date.parse('0'));
    expect(href.parse('http://a')).not.toBe(href.parse('http://a'));
  });

  it('name types by what tells them apart', () => {
    expect([string, boolean, int, number, bigint, duration, bytes, date, href].map((type) => type.id)).toEqual(
      ['string', 'boolean', 'int', 'number', 'bigint', 'duration', 'bytes', 'date', 'href'],
    );
    expect(oneOf(['a', 'b']).id).toBe('enum<"a"|"b">');
    expect(enumType(['a|b']).id).not.toBe(enumType(['a', 'b']).id);
  });

  it('let an enum go without a default', () => {
    expect(oneOf(['a', 'b'])).toMatchObject({ default: undefined, expected: 'one of "a", "b"' });
    expect(oneOf(['a', 'b'], 'a').default).toBe('a');
    expect(oneOf(['a', 'b'], 'a').type.parse('b')).toBe('b');
  });

  it('compare values, not objects', () => {
    expect(date.equals(new Date(1), new Date(1))).toBe(true);
    expect(date.equals(new Date(1), new Date(2))).toBe(false);
    expect(href.equals(new URL('http://a'), new URL('http://a/'))).toBe(true);
    expect(number.equals(0, -0)).toBe(true);
    expect(int.equals(1, 2)).toBe(false);
  });
});
