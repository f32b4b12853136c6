import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { put, scratch, watching } from './rig.js';

describe('a file whose folders change', () => {
  it('is found when its folder is removed and made again', async () => {
    const folder = join(scratch(), 'config');
    const file = join(folder, 'file');
    put(file, 'a=1\n');
    const eye = await watching({ files: [file] }, { removalGraceMs: 5_000 });
    for (let turn = 2; turn <= 4; turn++) {
      rmSync(folder, { recursive: true });
      put(file, `a=${turn}\n`);
      await eye.sees(file, `a=${turn}\n`);
      writeFileSync(file, `b=${turn}\n`);
      await eye.sees(file, `b=${turn}\n`);
    }
    expect(eye.told(file)).not.toContain('(missing)');
  });

  for (const levels of [1, 2, 3]) {
    it(`is found when the folder ${levels} above it is renamed away and another one put in`, async () => {
      const folder = scratch();
      const below = join(...['config', 'deep', 'deeper'].slice(0, levels), 'file');
      const file = join(folder, 'app', below.slice('config'.length + 1));
      const rest = relative(join(folder, 'app'), file);
      put(file, 'a=1\n');
      put(join(folder, 'next', rest), 'a=2\n');
      put(join(folder, 'after', rest), 'a=3\n');
      const eye = await watching({ files: [file] });
      renameSync(join(folder, 'app'), join(folder, 'old'));
      renameSync(join(folder, 'next'), join(folder, 'app'));
      await eye.sees(file, 'a=2\n');
      renameSync(join(folder, 'app'), join(folder, 'older'));
      renameSync(join(folder, 'after'), join(folder, 'app'));
      await eye.sees(file, 'a=3\n');
      const later = eye.mark();
      writeFileSync(join(folder, 'old', rest), 'a=not ours\n');
      writeFileSync(file, 'a=4\n');
      await eye.sees(file, 'a=4\n');
      expect(later()).toHaveLength(1);
    });
  }

  it('is found when three folders above it do not exist yet', async () => {
    const folder = scratch();
    const file = join(folder, 'one', 'two', 'three', 'file');
    const eye = await watching({ files: [file] });
    expect(eye.now(file)).toBe('(missing)');
    const later = eye.mark();
    mkdirSync(join(folder, 'one'));
    mkdirSync(join(folder, 'one', 'two'));
    put(file, 'a=1\n');
    await eye.sees(file, 'a=1\n');
    writeFileSync(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
    expect(later()).toHaveLength(2);
  });

  it('is found when its folders are made one at a time, each after the last was noticed', async () => {
    const folder = scratch();
    const [file, sentinel] = [join(folder, 'one', 'two', 'three', 'file'), join(folder, 'sentinel')];
    const eye = await watching({ files: [file, sentinel] });
    for (const part of ['one', 'one/two', 'one/two/three']) {
      mkdirSync(join(folder, part));
      writeFileSync(sentinel, part);
      await eye.sees(sentinel, part);
    }
    writeFileSync(file, 'a=1\n');
    await eye.sees(file, 'a=1\n');
  });

  it('is found when a file that stood in place of its folder gives way', async () => {
    const folder = scratch();
    const [file, blocker] = [join(folder, 'config', 'file'), join(folder, 'config')];
    put(blocker, 'I am a file');
    const eye = await watching({ files: [file] });
    expect(eye.now(file)).toBe('(missing)');
    rmSync(blocker);
    put(file, 'a=1\n');
    await eye.sees(file, 'a=1\n');
  });

  it('may be given relative to the working folder', async () => {
    const file = relative(process.cwd(), join(scratch(), 'file'));
    put(file, 'a=1\n');
    const eye = await watching({ files: [file] });
    writeFileSync(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
  });
});
