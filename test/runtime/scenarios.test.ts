import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { play } from './scenario.js';

const folder = path.resolve(import.meta.dirname, '../../fixtures/scenarios');
const scenarios = readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe('the scenario', () => {
  it.each(scenarios)('%s prints what it says', async (name) => {
    const [script = '', output] = readFileSync(path.join(folder, name), 'utf8').split(/^Output:\n/m);
    expect(output).toBeDefined();
    expect((await play(script)).join('\n').replaceAll(/ +$/gm, '')).toBe(output!.replaceAll(/^ {2}/gm, '').trimEnd());
  });

  it('is told in at least twelve files', () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(12);
  });
});
