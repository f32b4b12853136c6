import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { type ConfigError, DescriptionError, FormatError } from '../../src/core/errors.js';
import { readDescription } from '../../src/default/description.js';
import { schemaAccepts } from './schema.js';

interface BadDescription {
  readonly name: string;
  /** Lines. */
  readonly text: readonly string[];
  /** Where the first problem stands. */
  readonly line: number;
  readonly column: number;
  /** A part of the message; empty where the YAML library words it. */
  readonly message: string;
  /** Default: CALUMMA_DESCRIPTION. */
  readonly code?: 'CALUMMA_FORMAT';
  /** `cannot tell`: what is wrong is beyond a JSON Schema. */
  readonly schema?: 'refuses' | 'cannot tell';
  readonly env?: Readonly<Record<string, string>>;
  /** A secret in the text or the environment, which no error may show. */
  readonly absent?: string;
}

const table = JSON.parse(readFileSync(new URL('../../fixtures/description/bad.json', import.meta.url), 'utf8')) as BadDescription[];
const folder = mkdtempSync(path.join(tmpdir(), 'calumma-description-'));
const file = path.join(folder, 'calumma.yaml');

afterAll(() => rmSync(folder, { recursive: true }));

function errorOf({ text, env = {} }: BadDescription): ConfigError {
  writeFileSync(file, text.join('\n'));
  try {
    readDescription(file, env);
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error('it was accepted');
}

describe('a description is refused, with its place, for', () => {
  test.each(table)('$name', (bad) => {
    const error = errorOf(bad);
    const { code = 'CALUMMA_DESCRIPTION', line, column } = bad;
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(bad.message);
    expect(error.message).toContain(`${file}:${line}:${column}`);
    expect(error instanceof DescriptionError ? error.issues[0] : error).toMatchObject({ line, column });
    expect(error).toBeInstanceOf(code === 'CALUMMA_FORMAT' ? FormatError : DescriptionError);
    if (bad.absent !== undefined) expect(error.message).not.toContain(bad.absent);
  });
});

describe('the JSON Schema refuses the same, as far as it can tell:', () => {
  test.each(table.filter(({ schema }) => schema !== undefined))('$name', ({ text, schema }) => {
    expect(schemaAccepts(text.join('\n'))).toBe(schema === 'cannot tell');
  });
});

test('there are many bad descriptions', () => {
  expect(table.length).toBeGreaterThan(40);
});
