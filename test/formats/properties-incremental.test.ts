import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.js';
import { runToEnd } from '../../src/core/slices.js';
import type { IncrementalDocument } from '../../src/formats/format.js';
import { properties } from '../../src/formats/properties.js';

const pieces = ['a', 'b', 'c', '=', ':', '\\', '\n', '\n', '\n', '\r', '\r\n', '#', ' ', 'u', '0', '1', 'é', 'a=1\n', 'b=2\n', 'c=3\r\n', '\\\n', '\\u0041'];
const text = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''));
const entry = fc.tuple(fc.nat(30), fc.constantFrom('1', '22', 'x\\\n y', '\\n', '')).map(([key, value]) => `k${key}=${value}`);
const comment = fc.constantFrom('', '#', '# note \\', '!');
const lines = fc.uniqueArray(entry, { selector: (line) => line.split('=')[0], maxLength: 30 });

/** A place and a length as parts of the whole, and what stands there afterwards. */
const edit = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(4), fc.array(fc.oneof(entry, comment), { maxLength: 3 }));

describe('a .properties document that follows its file', () => {
  test('random texts: the patch leads from the one to the other', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 2, maxLength: 5 }), (texts) => {
        follows(texts);
      }),
      { numRuns: 4_000 },
    );
  });

  test('random edits of a text: the patch leads from the one to the other', () => {
    const edited = fc.tuple(text, fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3), text), { maxLength: 4 }));
    fc.assert(
      fc.property(edited, ([first, edits]) => {
        const texts = [first];
        for (const [where, drop, insert] of edits) {
          const before = texts.at(-1)!;
          const at = Math.floor(where * before.length);
          texts.push(before.slice(0, at) + insert.slice(0, 6) + before.slice(at + drop));
        }
        follows(texts);
      }),
      { numRuns: 4_000 },
    );
  });

  test('random edits of lines, many at a time: the patch leads from the one to the other', () => {
    fc.assert(
      fc.property(lines, fc.array(fc.array(edit, { maxLength: 5 }), { maxLength: 4 }), fc.constantFrom('\n', '\r\n'), fc.boolean(), (first, rounds, end, bom) => {
        const states = [first];
        for (const round of rounds) {
          const next = [...states.at(-1)!];
          for (const [where, drop, insert] of round) next.splice(Math.floor(where * next.length), drop, ...insert);
          states.push(next);
        }
        follows(states.map((state, index) => (bom && index % 2 === 0 ? '\ufeff' : '') + state.join(end)));
      }),
      { numRuns: 4_000 },
    );
  });

  test('scattered changes, insertions, removals and moves in a large file change those keys alone', () => {
    const before = Array.from({ length: 20_000 }, (_, i) => `key.${i}=value ${i}`);
    const after = before.flatMap((line, i) => {
      if (i % 997 === 0) return [`${line} changed`];
      if (i % 1499 === 0) return [];
      if (i % 1999 === 0) return [line, ...Array.from({ length: 300 }, (_, n) => `new.${i}.${n}=1`)];
      return [line];
    });
    after.push(...after.splice(5_000, 20));
    const { document, set, remove } = follows([`${before.join('\n')}\n`, `${after.join('\n')}\n`]);
    expect(set.size).toBe(21 + 10 * 300);
    expect(remove.size).toBe(13);
    expect(document.entries.size).toBe(20_000 - 13 + 3_000);
  });

  test('the same bytes change nothing', () => {
    const document = open('a=1\n');
    expect(runToEnd(document.update(Buffer.from('a=1\n')))).toMatchObject({ set: new Map(), remove: new Set() });
  });

  test('a comment or a blank line changes nothing', () => {
    const { set, remove } = follows(['a=1\nb=2\n', '# note\na=1\n\n! other\nb=2\n']);
    expect([set.size, remove.size]).toEqual([0, 0]);
  });

  test('removing the last of two entries uncovers the first', () => {
    expect(follows(['a=1\nb=2\na=3\n', 'a=1\nb=2\n']).set).toEqual(new Map([['a', '1']]));
  });

  test('adding an entry above one with its key changes nothing, below it wins', () => {
    expect(follows(['a=1\nb=2\n', 'b=0\na=1\nb=2\n']).set.size).toBe(0);
    expect(follows(['a=1\nb=2\n', 'a=1\nb=2\na=0\n']).set).toEqual(new Map([['a', '0']]));
  });

  test('a malformed \\u in a changed line is an error with its place, and leaves the document as it was', () => {
    const document = open('a=1\nb=2\nc=3\n');
    expect(() => runToEnd(document.update(Buffer.from('a=1\nb=2\nc=\\u00\n')))).toThrow(FormatError);
    expect(() => runToEnd(document.update(Buffer.from('a=1\nb=2\nc=\\u00\n')))).toThrow('line 3, column 3');
    expect(document.entries).toEqual(new Map([['a', '1'], ['b', '2'], ['c', '3']])); // prettier-ignore
    const next = runToEnd(document.update(Buffer.from('a=1\nb=2\nc=4\n')));
    expect(next.set).toEqual(new Map([['c', '4']]));
  });

  test('a patch that is not committed leaves nothing behind', () => {
    const document = open('a=1\nb=2\n');
    runToEnd(document.update(Buffer.from('a=9\n')));
    expect(document.entries).toEqual(new Map([['a', '1'], ['b', '2']])); // prettier-ignore
    expect(document.locate('b')).toEqual({ line: 2, column: 1 });
  });

  test('Latin-1 stays Latin-1', () => {
    const document = runToEnd(properties.incremental!.open(Buffer.from('a=\xe9\nb=1\n', 'latin1'), 'latin1'));
    expect(document.entries.get('a')).toBe('\xe9');
    expect(runToEnd(document.update(Buffer.from('a=\xe9\nb=\xff\n', 'latin1'))).set).toEqual(new Map([['b', '\xff']]));
  });

  test('long work is done in slices', () => {
    const text = Array.from({ length: 100_000 }, (_, i) => `service.${i}.limit=some longer value to be read ${i}`).join('\n');
    const slices = properties.incremental!.open(Buffer.from(text), 'utf8');
    expect(slices.next().done).toBe(false);
    expect(runToEnd(slices).entries.size).toBe(100_000);
  });

  test('two hundred reloads with a changed key each keep next to nothing', () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `service.${i}.limit=some longer value to be read ${i}`);
    const document = open(lines.join('\n'));
    const before = heapInUse();
    for (let i = 0; i < 200; i++) {
      lines[i * 97] = `service.${i * 97}.limit=changed in round ${i}`;
      runToEnd(document.update(Buffer.from(lines.join('\n')))).commit();
    }
    expect((heapInUse() - before) / 200).toBeLessThan(50_000);
  });
});

/** Leads a document through texts, and compares each step with a reading from the start. */
function follows(texts: readonly string[]) {
  const first = texts.findIndex((text) => parsed(text) instanceof Map);
  const document = open(texts[first] ?? '');
  let last = { set: new Map<string, string>() as ReadonlyMap<string, string>, remove: new Set<string>() as ReadonlySet<string> };
  for (const next of texts.slice(first + 1)) {
    const expected = parsed(next);
    const before = new Map(document.entries);
    if (expected instanceof FormatError) {
      expect(() => runToEnd(document.update(Buffer.from(next)))).toThrow(expected.message);
      expect(document.entries).toEqual(before);
      continue;
    }
    const update = runToEnd(document.update(Buffer.from(next)));
    const applied = new Map(before);
    for (const key of update.remove) expect(applied.delete(key)).toBe(true);
    for (const [key, value] of update.set) {
      expect(before.get(key)).not.toBe(value);
      applied.set(key, value);
    }
    expect(applied).toEqual(expected);
    expect(document.entries).toEqual(before);
    update.commit();
    expect(document.entries).toEqual(expected);
    for (const key of ['a', 'b', 'k1']) expect(document.locate(key)).toEqual(properties.locate!(next, key));
    last = update;
  }
  return { document, ...last };
}

function open(content: string): IncrementalDocument {
  return runToEnd(properties.incremental!.open(Buffer.from(content), 'utf8'));
}

function parsed(content: string): ReadonlyMap<string, string> | FormatError {
  try {
    return properties.parse(content);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

function heapInUse(): number {
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}
