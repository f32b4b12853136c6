import { createRequire } from 'node:module';
import type Libsql from 'libsql';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { sqlite } from '../src/entries/sqlite.js';
import * as calumma from '../src/index.js';
import { docstringExamples, globalsFor, runExample } from './examples.js';
import { onServers } from './server-examples.js';

const examples = docstringExamples('src').filter(({ name }) => !onServers(name));
const Database = createRequire(import.meta.url)('libsql') as typeof Libsql;

it('the docstrings have examples', () => {
  expect(examples.length).toBeGreaterThan(20);
});

it.each(examples)('the example at $name runs', async ({ name, code }) => {
  const file = name.replace(/:\d+$/, '');
  // An example may use what stands beside it without an import.
  const own = (await import(`../${file}`)) as Record<string, unknown>;
  await expect(runExample(code, { calumma }, globalsFor(code, worldOf({ ...calumma, ...own })), files)).resolves.toBeDefined();
  await calumma.resetDefaultConfig();
});

const files = { 'calumma.yaml': 'layers: [env]\n', 'config/application.properties': 'gateway.limit = 50\n' };

/** What examples take for granted: a config, a property, a limiter, a signal. */
function worldOf(exported: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const config = calumma.createConfig({ layers: [calumma.memory({ 'gateway.limit': '5', allowed: '^a$' })], onError: () => undefined });
  return {
    sqlite,
    database: new Database(':memory:'),
    ...exported,
    z,
    config,
    limit: config.getIntProperty('gateway.limit', 100),
    limiter: { setRate: () => undefined },
    signal: AbortSignal.timeout(200),
    scope: { lookup: () => 'b', env: () => undefined, sys: () => undefined, context: () => undefined },
    collection: { find: () => ({ toArray: () => Promise.resolve([]) }), watch: () => ({ on: () => ({ on: () => undefined }), close: () => undefined }) },
    openRig: () => ({ source: calumma.memory(), close: () => undefined }),
  };
}
