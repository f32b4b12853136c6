import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { runToEnd } from '../../src/core/slices.js';
import type { Format, Position } from '../../src/formats/format.js';
import { requireFormatForPath } from '../../src/formats/registry.js';

const folder = new URL('../../fixtures/equivalents/', import.meta.url);
const cases = readdirSync(folder).map((name) => ({
  name,
  // As pairs: an object would lose `__proto__`.
  expected: Object.entries(JSON.parse(read(`${name}/expected.json`)) as Record<string, string>).sort(byKey),
  files: readdirSync(new URL(`${name}/`, folder)).filter((file) => file !== 'expected.json'),
}));

function read(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8');
}

/** Where a format says a key stands; one that follows changes may leave that to its document. */
function placeOf(format: Format, text: string, key: string): Position | undefined {
  if (format.locate !== undefined || format.incremental === undefined) return format.locate?.(text, key);
  return runToEnd(format.incremental.open(Buffer.from(text), 'utf8')).locate(key);
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

describe.each(cases)('the same data, $name, is the same entries', ({ name, expected, files }) => {
  test.each(files)('as %s', (file) => {
    const entries = requireFormatForPath(file).parse(read(`${name}/${file}`));
    expect([...entries].sort(byKey)).toEqual(expected);
  });

  test.each(files)('and every key of %s has a place', (file) => {
    const text = read(`${name}/${file}`);
    for (const [key] of expected) {
      const place = placeOf(requireFormatForPath(file), text, key);
      expect(place, key).toBeDefined();
      expect(place!.line).toBeGreaterThan(0);
      expect(place!.line).toBeLessThanOrEqual(text.split('\n').length);
    }
  });
});

test('there are equivalents, in every format', () => {
  expect(cases.length).toBeGreaterThanOrEqual(8);
  const extensions = new Set(cases.flatMap(({ files }) => files.map((file) => file.replace('data.', ''))));
  expect([...extensions].sort()).toEqual(['env', 'json', 'properties', 'toml', 'yaml']);
});
