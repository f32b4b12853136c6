import * as fs from 'node:fs';
import * as timers from 'node:timers/promises';
import { expect, it } from 'vitest';
import * as zod from 'zod';
import * as database from '../src/entries/database.js';
import * as sidecar from '../src/entries/sidecar.js';
import * as sqlite from '../src/entries/sqlite.js';
import * as testing from '../src/entries/testing.js';
import * as calumma from '../src/index.js';
import { markdownExamples, promised, runExample } from './examples.js';
import { needsServer } from './server-examples.js';

const readme = fs.readFileSync(`${import.meta.dirname}/../README.md`, 'utf8');

const examples = markdownExamples('README.md').filter(({ code }) => !needsServer(code));

it('the README has examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(5);
});

it.each(examples)('the example in $name runs and prints what it says', async ({ code }) => {
  const printed = await runExample(code, { calumma, 'calumma/database': database, 'calumma/sidecar': sidecar, 'calumma/sqlite': sqlite, 'calumma/testing': testing, 'node:fs': fs, 'node:timers/promises': timers, zod });
  expect([...printed].sort()).toEqual([...promised(code)].sort());
  await calumma.resetDefaultConfig();
});

it('the README lists every error code, and none that does not exist', () => {
  const listed = [...readme.matchAll(/^\| `(CALUMMA_[A-Z_]+)` \| (.*) \|$/gm)].map((match) => [match[1], match[2]]);
  expect(Object.fromEntries(listed)).toEqual(calumma.errorCodes);
});

it('every error code is given by some line of the source', () => {
  const source = fs.readdirSync(`${import.meta.dirname}/../src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => fs.readFileSync(`${import.meta.dirname}/../src/${name}`, 'utf8'))
    .join('\n');
  const unused = Object.keys(calumma.errorCodes).filter((code) => !source.includes(`'${code}'`));
  expect(unused).toEqual([]);
});
