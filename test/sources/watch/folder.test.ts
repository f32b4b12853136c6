import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countingHints, elsewhere, put, scratch, unprivileged, watching } from './rig.js';
import { chmodSync } from 'node:fs';

describe('a watched folder', () => {
  it('tells the files directly in it, links to files included, with their contents', async () => {
    const folder = scratch();
    for (const name of ['b', 'a', '.hidden', '..data-like', 'sub/inner']) put(join(folder, name), `${name}\n`);
    symlinkSync('a', join(folder, 'link'));
    symlinkSync('nowhere', join(folder, 'dangling'));
    symlinkSync('sub', join(folder, 'link-to-folder'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const eye = await watching({ folders: [folder] });
    expect(eye.rounds).toHaveLength(1);
    expect(eye.listing(folder)).toEqual(['a', 'b', 'link']);
    expect([...eye.rounds[0]!.files.keys()].sort()).toEqual(['a', 'b', 'link'].map((name) => join(folder, name)));
    expect(eye.now(join(folder, 'link'))).toBe('a\n');
  });

  it('tells a new file and the new listing in one round, and later what is written to the file', async () => {
    const folder = scratch();
    put(join(folder, 'a'), '1\n');
    const eye = await watching({ folders: [folder] });
    const later = eye.mark();
    put(join(folder, 'b'), '1\n');
    await eye.sees(join(folder, 'b'), '1\n');
    expect(later()).toHaveLength(1);
    expect(later()[0]?.folders.get(folder)).toEqual(['a', 'b']);
    writeFileSync(join(folder, 'b'), '2\n');
    await eye.sees(join(folder, 'b'), '2\n');
    expect(later().at(-1)?.folders.size).toBe(0);
  });

  it('lists a file that was deleted until its grace is over, and tells both in one round', async () => {
    const folder = scratch();
    for (const name of ['a', 'b']) put(join(folder, name), '1\n');
    const eye = await watching({ folders: [folder] });
    const later = eye.mark();
    unlinkSync(join(folder, 'b'));
    await eye.sees(join(folder, 'b'), '(missing)');
    expect(later()).toHaveLength(1);
    expect(later()[0]?.folders.get(folder)).toEqual(['a']);
    put(join(folder, 'b'), '2\n');
    await eye.sees(join(folder, 'b'), '2\n');
    expect(eye.listing(folder)).toEqual(['a', 'b']);
  });

  it('follows a rename inside it', async () => {
    const folder = scratch();
    put(join(folder, 'a'), '1\n');
    const eye = await watching({ folders: [folder] });
    renameSync(join(folder, 'a'), join(folder, 'b'));
    await eye.sees(join(folder, 'b'), '1\n');
    await eye.sees(join(folder, 'a'), '(missing)');
    expect(eye.listing(folder)).toEqual(['b']);
  });

  it('is told as no folder at once when there is none, and comes with its files', async () => {
    const folder = join(scratch(), 'not', 'yet');
    const eye = await watching({ folders: [folder] });
    expect(eye.listing(folder)).toBeUndefined();
    expect(eye.rounds[0]?.folders.has(folder)).toBe(true);
    put(join(folder, 'a'), '1\n');
    await eye.sees(join(folder, 'a'), '1\n');
    expect(eye.listing(folder)).toEqual(['a']);
  });

  it('goes away with its files after the grace, in one round, and comes back', async () => {
    const folder = join(scratch(), 'config');
    for (const name of ['a', 'b']) put(join(folder, name), '1\n');
    const eye = await watching({ folders: [folder] });
    const later = eye.mark();
    rmSync(folder, { recursive: true });
    await eye.until('the folder is gone', () => eye.listing(folder) === undefined);
    expect(later()).toHaveLength(1);
    expect(eye.now(join(folder, 'a'))).toBe('(missing)');
    expect(eye.now(join(folder, 'b'))).toBe('(missing)');
    put(join(folder, 'a'), '1\n');
    await eye.sees(join(folder, 'a'), '1\n');
    expect(eye.listing(folder)).toEqual(['a']);
  });

  it('is silent when it is removed and made again with the same files', async () => {
    const root = scratch();
    const [folder, sentinel] = [join(root, 'config'), join(root, 'sentinel')];
    const make = (): void => ['a', 'b'].forEach((name) => put(join(folder, name), '1\n'));
    make();
    const eye = await watching({ folders: [folder], files: [sentinel] });
    const later = eye.mark();
    rmSync(folder, { recursive: true });
    make();
    put(sentinel, '1');
    await eye.sees(sentinel, '1');
    expect(later().flatMap(({ files, folders }) => [...files.keys(), ...folders.keys()])).toEqual([sentinel]);
  });

  it('is believed at once when the link it is reached by is swapped', async () => {
    const root = scratch();
    const folder = join(root, 'config');
    for (const name of ['a', 'b', 'c']) {
      put(join(root, 'v1', name), '1\n');
      if (name !== 'b') put(join(root, 'v2', name), '2\n');
    }
    symlinkSync('v1', folder);
    const eye = await watching({ folders: [folder] }, { removalGraceMs: 60_000 });
    const later = eye.mark();
    symlinkSync('v2', `${folder}.new`);
    renameSync(`${folder}.new`, folder);
    await eye.sees(join(folder, 'b'), '(missing)');
    expect(later()).toHaveLength(1);
    expect(eye.listing(folder)).toEqual(['a', 'c']);
    expect(eye.now(join(folder, 'c'))).toBe('2\n');
    unlinkSync(join(root, 'v2', 'c'));
    writeFileSync(join(folder, 'a'), '3\n');
    await eye.sees(join(folder, 'a'), '3\n');
    expect(eye.listing(folder)).toEqual(['a', 'c']);
  });

  it('loses a file at once with the link it was reached by, though the file was written a moment before', async () => {
    const root = scratch();
    const folder = join(root, 'config');
    for (const path of ['v1/a', 'v1/b', 'v2/a']) put(join(root, path), '1\n');
    symlinkSync('v1', folder);
    symlinkSync('v2', `${folder}.new`);
    const eye = await watching({ folders: [folder] }, { removalGraceMs: 60_000 });
    // What was just written is left alone until it has settled, so the swap is seen before the loss.
    writeFileSync(join(folder, 'b'), '2\n');
    await new Promise((resolve) => setTimeout(resolve, 5));
    renameSync(`${folder}.new`, folder);
    await eye.sees(join(folder, 'b'), '(missing)');
    expect(eye.listing(folder)).toEqual(['a']);
  });

  it('of 200 files that change at once tells them in a round or few, and ends in the last state', async () => {
    const folder = scratch();
    const paths = Array.from({ length: 200 }, (_, index) => join(folder, `file-${index}`));
    for (const path of paths) put(path, '0\n');
    const hints = countingHints();
    const eye = await watching({ folders: [folder], files: [paths[0]!] }, { hints });
    expect(hints.open.get(folder)).toBe(1);
    expect(hints.open.size).toBeLessThanOrEqual(folder.split('/').length);
    const later = eye.mark();
    for (const path of paths) writeFileSync(path, '1\n');
    await eye.until('all are at 1', () => paths.every((path) => eye.now(path) === '1\n'));
    expect(later().length).toBeLessThanOrEqual(3);
    await elsewhere(`for (let turn = 2; turn <= 4; turn++) for (let i = 0; i < 200; i++) fs.writeFileSync(args[0] + '/file-' + i, turn + '\\n')`, folder);
    await eye.until('all are at 4', () => paths.every((path) => eye.now(path) === '4\n'));
  });

  it('of 200 files that are replaced by older ones at once tells them in few rounds', async () => {
    const folder = scratch();
    const paths = Array.from({ length: 200 }, (_, index) => join(folder, `file-${index}`));
    for (const path of paths) {
      put(path, '0\n');
      put(`${path}.new`, '1\n');
      utimesSync(`${path}.new`, 1, 1);
    }
    const eye = await watching({ files: paths });
    const later = eye.mark();
    for (const path of paths) renameSync(`${path}.new`, path);
    await eye.until('all are at 1', () => paths.every((path) => eye.now(path) === '1\n'));
    expect(later().length).toBeLessThanOrEqual(5);
  });

  it('that cannot be listed is unreadable and keeps its files, and recovers', async () => {
    const folder = join(scratch(), 'config');
    put(join(folder, 'a'), '1\n');
    const may = (mode: number): void => {
      const euid = process.geteuid?.() ?? 0;
      if (euid === 65_534) process.seteuid?.(0);
      chmodSync(join(folder, '..'), 0o755);
      chmodSync(folder, mode);
      if (euid === 65_534) process.seteuid?.(65_534);
    };
    may(0o755);
    await unprivileged(async () => {
      const eye = await watching({ folders: [folder] });
      may(0o311);
      await eye.sees(folder, '(EACCES)');
      expect(eye.now(join(folder, 'a'))).toBe('1\n');
      const later = eye.mark();
      may(0o755);
      await eye.until('it is listed again', () => later().length > 0);
      expect(later()[0]?.folders.get(folder)).toEqual(['a']);
      await eye.abort();
    });
  });

  it('is no folder when a file stands in its place', async () => {
    const folder = join(scratch(), 'config');
    put(folder, 'a file');
    const eye = await watching({ folders: [folder] });
    expect(eye.listing(folder)).toBeUndefined();
    rmSync(folder);
    mkdirSync(folder);
    await eye.until('it is a folder', () => eye.listing(folder) !== undefined);
    expect(eye.listing(folder)).toEqual([]);
  });
});
