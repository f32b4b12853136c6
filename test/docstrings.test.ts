import { expect, it } from 'vitest';
import { z } from 'zod';
import * as calumma from '../src/index.js';
import { docstringExamples, runExample } from './examples.js';

const examples = docstringExamples('src');

it('the docstrings have examples', () => {
  expect(examples.length).toBeGreaterThan(20);
});

it.each(examples)('the example at $name runs', async ({ name, code }) => {
  const file = name.replace(/:\d+$/, '');
  // An example may use what stands beside it without an import.
  const own = (await import(`../${file}`)) as Record<string, unknown>;
  await expect(runExample(code, { calumma }, scopeOf({ ...calumma, ...own }, code), files)).resolves.toBeDefined();
  await calumma.resetDefaultConfig();
});

const files = { 'calumma.yaml': 'layers: [env]\n', 'config/application.properties': 'gateway.limit = 50\n' };

/** What examples take for granted: a config, a property, a limiter, a signal. */
function scopeOf(exported: Readonly<Record<string, unknown>>, code: string): Record<string, unknown> {
  const config = calumma.createConfig({ layers: [calumma.memory({ 'gateway.limit': '5', allowed: '^a$' })], onError: () => undefined });
  const world: Record<string, unknown> = {
    ...exported,
    z,
    config,
    limit: config.getIntProperty('gateway.limit', 100),
    limiter: { setRate: () => undefined },
    signal: AbortSignal.timeout(200),
    scope: { lookup: () => 'b', env: () => undefined, sys: () => undefined, context: () => undefined },
  };
  // A name that the example declares itself would be declared twice.
  const declared = new Set([...code.matchAll(/\b(?:const|let|function|class)\s+(?:\{([^}]*)\}|(\w+))/g)].flatMap((match) => (match[1] ?? match[2] ?? '').split(',').map((word) => word.trim())));
  return Object.fromEntries(Object.entries(world).filter(([name]) => !declared.has(name) && /^[A-Za-z_$][\w$]*$/.test(name)));
}
