import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { FormatError } from '../../src/core/errors.js';
import { formatNamed } from '../../src/formats/registry.js';

interface BadInput {
  readonly name: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** A part of the problem; empty where the library words it. */
  readonly problem: string;
}

const folder = new URL('../../fixtures/formats/bad/', import.meta.url);
const tables = readdirSync(folder).map((file) => ({
  format: file.replace('.json', ''),
  inputs: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as BadInput[],
}));

function errorOf(format: string, text: string): unknown {
  try {
    return formatNamed(format).parse(text);
  } catch (error) {
    return error;
  }
}

describe.each(tables)('$format refuses', ({ format, inputs }) => {
  test.each(inputs)('$name', ({ text, line, column, problem }) => {
    const error = errorOf(format, text);
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ code: 'CALUMMA_FORMAT', format, line, column });
    expect((error as FormatError).problem).toContain(problem);
  });
});

test('there are bad inputs for every format that can fail, a hundred altogether', () => {
  expect(tables.map(({ format }) => format)).toEqual(
    expect.arrayContaining(['dotenv', 'json', 'jsonc', 'toml', 'yaml']),
  );
  expect(tables.flatMap(({ inputs }) => inputs).length).toBeGreaterThan(100);
});
