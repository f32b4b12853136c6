import { describe, expect, test } from 'vitest';

import type { Row } from './row.js';
import { callRows, descriptionRows } from './rows/calls.js';
import { fileSystemRows } from './rows/file-system.js';
import { formatRows } from './rows/formats.js';
import { interpolationRows } from './rows/interpolation.js';
import { keyRows } from './rows/keys.js';
import { layerRows } from './rows/layers.js';
import { listenerRows } from './rows/listeners.js';
import { optionRows } from './rows/options.js';
import { sourceRows } from './rows/sources.js';
import { valueRows } from './rows/values.js';
import { runRow } from './runner.js';

const table: Readonly<Record<string, readonly Row[]>> = {
  'a text that does not parse:': formatRows,
  'a file that is none:': fileSystemRows,
  'a value that is not of its type:': valueRows,
  'an option that is wrong:': optionRows,
  'a source that misbehaves:': sourceRows,
  'a layer, a guard or a feed:': layerRows,
  'a listener that fails:': listenerRows,
  'a ${…} that cannot be filled in:': interpolationRows,
  'a key or an override:': keyRows,
  'a call that makes no sense:': callRows,
  'a description that is wrong:': descriptionRows,
};

const rows = Object.values(table).flat();

describe.each(Object.entries(table))('%s', (_, part) => {
  test.concurrent.each(part)('$name', (row) => runRow(row));
});

test('the table has no row twice, and more than 150', () => {
  expect(rows.map(({ name }) => name)).toEqual([...new Set(rows.map(({ name }) => name))]);
  expect(rows.length).toBeGreaterThanOrEqual(150);
});
