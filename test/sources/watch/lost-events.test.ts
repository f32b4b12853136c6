import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors.js';
import type { HintWatcher } from '../../../src/sources/watch/hints.js';
import { countingHints, put, scratch, watching } from './rig.js';

function refusal(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: no more`), { code });
}

describe('when events are lost', () => {
  it('the poll finds what was written, replaced and created', async () => {
    const folder = scratch();
    const [file, fresh] = [join(folder, 'file'), join(folder, 'sub', 'fresh')];
    put(file, 'a=1\n');
    const hints = countingHints();
    const eye = await watching({ files: [file, fresh], folders: [folder] }, { hints, pollMs: 50 });
    hints.deaf = true;
    writeFileSync(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
    put(`${file}.new`, 'a=3\n');
    renameSync(`${file}.new`, file);
    await eye.sees(file, 'a=3\n');
    put(fresh, 'b=1\n');
    await eye.sees(fresh, 'b=1\n');
    put(join(folder, 'other'), 'c=1\n');
    await eye.sees(join(folder, 'other'), 'c=1\n');
  });

  it('nothing is told twice by the poll', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=1\n');
    const eye = await watching({ files: [file] }, { events: false, pollMs: 5 });
    writeFileSync(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
    writeFileSync(file, 'a=3\n');
    await eye.sees(file, 'a=3\n');
    expect(eye.told(file)).toEqual(['a=1\n', 'a=2\n', 'a=3\n']);
  });

  it('nothing is lost between the look and the watch', async () => {
    const folder = scratch();
    const file = join(folder, 'new', 'file');
    const inner = countingHints();
    const hints: HintWatcher = {
      watch(path, ...rest) {
        // The folder comes after it was looked for and before anybody listens.
        put(file, 'a=1\n');
        return inner.watch(path, ...rest);
      },
    };
    const eye = await watching({ files: [file] }, { hints });
    await eye.sees(file, 'a=1\n');
    writeFileSync(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
  });

  it('without events no watch is set, and the poll does all', async () => {
    const file = join(scratch(), 'file');
    const hints = countingHints();
    const eye = await watching({ files: [file] }, { events: false, hints, pollMs: 20 });
    put(file, 'a=1\n');
    await eye.sees(file, 'a=1\n');
    expect(hints.open.size).toBe(0);
  });
});

describe('when watches cannot be set', () => {
  // The slow poll is out of reach once: what arrives, arrives by the quicker one of a degraded observer.
  for (const [code, pollMs] of [['ENOSPC', 100_000], ['EMFILE', 100]] as const) {
    it(`because of ${code}, files are polled, which is said once, until they can`, async () => {
      const file = join(scratch(), 'file');
      put(file, 'a=1\n');
      const hints = countingHints();
      hints.failure = refusal(code);
      const said: Error[] = [];
      const eye = await watching({ files: [file] }, { hints, onDegraded: (error) => said.push(error), pollMs });
      writeFileSync(file, 'a=2\n');
      await eye.sees(file, 'a=2\n');
      expect(said).toHaveLength(1);
      expect(said[0]).toBeInstanceOf(ConfigError);
      expect(said[0]).toMatchObject({ code: 'CALUMMA_WATCH', cause: hints.failure });
      expect(said[0]?.message).toContain(code);

      hints.failure = undefined;
      writeFileSync(file, 'a=3\n');
      await eye.sees(file, 'a=3\n');
      expect(hints.open.size).toBeGreaterThan(0);
      for (let turn = 4; turn < 8; turn++) {
        writeFileSync(file, `a=${turn}\n`);
        await eye.sees(file, `a=${turn}\n`);
      }
      expect(said).toHaveLength(1);
    });
  }

  it('for lack of permission on a folder above, nothing is said, since the others can', async () => {
    const folder = scratch();
    const file = join(folder, 'sub', 'file');
    put(file, 'a=1\n');
    const inner = countingHints();
    const hints = {
      watch: (...[path, ...rest]: Parameters<typeof inner.watch>) => {
        if (path === folder) throw refusal('EACCES');
        return inner.watch(path, ...rest);
      },
    };
    const said: Error[] = [];
    const eye = await watching({ files: [file] }, { hints, onDegraded: (error) => said.push(error) });
    writeFileSync(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
    expect(said).toEqual([]);
  });

  it('a watch that dies by itself is set again', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=1\n');
    const inner = countingHints();
    const deaths: (() => void)[] = [];
    const hints = {
      watch: (path: string, onHint: (name: string | undefined) => void, onLost: (error: Error) => void) => {
        const stop = inner.watch(path, onHint, onLost);
        deaths.push(() => {
          stop();
          onLost(new Error('died'));
        });
        return stop;
      },
    };
    const eye = await watching({ files: [file] }, { hints });
    for (const die of deaths.splice(0)) die();
    writeFileSync(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
    writeFileSync(file, 'a=3\n');
    await eye.sees(file, 'a=3\n');
    expect(deaths.length).toBeGreaterThan(0);
  });
});
