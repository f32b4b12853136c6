import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.js';
import { runToEnd } from '../../src/core/slices.js';
import { properties, renderProperties } from '../../src/formats/properties.js';

describe('.properties', () => {
  test('a leading byte order mark is dropped, a later one is text', () => {
    expect(properties.parse('\ufeffa=\ufeffb\n')).toEqual(new Map([['a', '\ufeffb']]));
    expect(open('\ufeffa=b').entries).toEqual(new Map([['a', 'b']]));
    expect(properties.locate?.('\ufeffa=b', 'a')).toEqual({ line: 1, column: 1 });
  });

  test('a malformed \\u is an error that names its place and quotes nothing', () => {
    const text = 'a=1\r\n# note\rpassword=se\\\n   cret \\u00gg\n';
    for (const read of readers) {
      const error = failure(() => read(text));
      expect(error).toMatchObject({ code: 'CALUMMA_FORMAT', line: 4, column: 9 });
      expect(error.message).not.toContain('cret');
    }
  });

  test('an error far down a long text names its place in the whole text', () => {
    const line = 'key=välue\r\n';
    const text = `\ufeff${line.repeat(60_000)}a=\\u12`;
    for (const read of readers) expect(failure(() => read(text))).toMatchObject({ line: 60_001, column: 3 });
  });

  test('an entry is located where its key starts, and the last of several counts', () => {
    const text = 'a=1\r\n\r  b : 2\\\n 3\n\\\n c=4\na=5\n';
    const places = { a: { line: 7, column: 1 }, b: { line: 3, column: 3 }, c: { line: 6, column: 2 } };
    for (const [key, place] of Object.entries(places)) {
      expect(properties.locate?.(text, key)).toEqual(place);
      expect(properties.locator?.(text)(key)).toEqual(place);
      expect(open(text).locate(key)).toEqual(place);
    }
    expect(properties.locate?.(text, 'd')).toBeUndefined();
  });

  test('a long text is read in pieces without a seam', () => {
    const lines = Array.from({ length: 40_002 }, (_, i) => (i % 7 === 0 ? `k${i}=x\\` : i % 5 === 0 ? `# note ${i} \\` : `k${i}=é value ${i}`));
    for (const end of ['\n', '\r', '\r\n']) {
      const text = lines.join(end);
      expect(open(text).entries).toEqual(properties.parse(text));
      expect(properties.parse(text).get('k40001')).toBe('é value 40001');
      expect(properties.parse(text).get('k14')).toBe('x# note 15 k16=é value 16');
      expect(open(text).locate('k40001')).toEqual({ line: 40_002, column: 1 });
    }
  });

  test('what a text without end or order costs grows with its length alone', () => {
    for (const text of ['#\\\r'.repeat(1_000_000), 'a\\\n'.repeat(1_000_000), 'a\r'.repeat(1_000_000), 'a'.repeat(3_000_000)]) {
      expect(properties.parse(text).size).toBeLessThan(2);
      expect(open(text).entries).toEqual(properties.parse(text));
    }
  });

  test('what is rendered reads back the same', () => {
    const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...' \t\n\r\f\\=:#!aé\0\u2028\ufeff\ud83d\ude00'.split('')) }));
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, anyText)), (entries) => {
        const text = renderProperties(entries);
        expect(properties.parse(text)).toEqual(new Map(entries));
        expect(open(text).entries).toEqual(new Map(entries));
      }),
      { numRuns: 2_000 },
    );
  });
});

function open(text: string) {
  return runToEnd(properties.incremental!.open(Buffer.from(text), 'utf8'));
}

const readers = [(text: string) => properties.parse(text), (text: string) => open(text)];

function failure(act: () => unknown): FormatError {
  try {
    act();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
