import { describe, expect, it } from 'vitest';

import { inFolder } from './folder.js';
import { inProcess } from './in-process.js';

const { write } = inFolder();

describe('calumma watch', () => {
  /** Runs `watch` and takes step after step: the first when it watches, each other when there are as many lines as steps were taken. */
  const watching = async (args: readonly string[], steps: readonly (() => void)[]): Promise<string> => {
    const stopping = new AbortController();
    let taken = 0;
    const next = (stdout: string, stderr: string): void => {
      const lines = stdout.split('\n').length - 1;
      if (!stderr.includes('watching') || lines < taken) return;
      if (taken === steps.length) stopping.abort();
      else steps[taken++]?.();
    };
    const { code, stdout } = await inProcess(['watch', ...args], { isTTY: true, stop: stopping.signal, onOutput: (...written) => setImmediate(() => next(...written)) });
    expect(code).toBe(0);
    return stdout;
  };

  it('prints one line for each change: time, key, before → after, layer, and how long after the write', async () => {
    write('application.properties', 'gateway.limit=5', 'other=1');
    const stdout = await watching(['gateway'], [
      () => void write('application.properties', 'gateway.limit=6', 'other=2'),
      () => void write('application.properties', 'gateway.limit=6', 'gateway.name=a\\nb'),
    ]);
    const [first, second] = stdout.split('\n');
    expect(first).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}gateway\.limit {2}5 → 6 {2}files:application {2}\d+ ms$/);
    expect(second).toMatch(/ {2}gateway\.name {2}\(not set\) → a\\nb {2}files:application {2}\d+ ms$/);
    expect(stdout).not.toContain('other');
  });

  it('--json prints one object a line', async () => {
    write('application.properties', 'a=1');
    const stdout = await watching(['--json'], [() => void write('application.properties', 'b=1')]);
    const lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as { key: string });
    expect(lines.sort((x, y) => (x.key < y.key ? -1 : 1))).toMatchObject([{ key: 'a', before: '1', after: null, layer: 'files:application' }, { key: 'b', before: null, after: '1', lagMs: expect.any(Number) as number }]);
  });

  it('never shows a secret, nor what was filled from one and is not any more', async () => {
    write('application.properties', 'db.password=hunter2', 'db.url=pg://${db.password}@h');
    const stdout = await watching([], [
      () => void write('application.properties', 'db.password=hunter3', 'db.url=pg://nobody@h'),
      () => undefined,
    ]);
    expect(stdout).toContain('db.url  *** → pg://nobody@h');
    expect(stdout).toContain('db.password  *** → ***');
    expect(stdout).not.toContain('hunter');
  });
});
