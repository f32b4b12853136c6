import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { put, scratch, unprivileged, watching } from './rig.js';

describe('a file that goes away', () => {
  it('is told as missing only after it has been gone for the grace', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=1\n');
    const eye = await watching({ files: [file] }, { removalGraceMs: 300 });
    const start = performance.now();
    unlinkSync(file);
    await eye.sees(file, '(missing)');
    expect(performance.now() - start).toBeGreaterThan(290);
    put(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
  });

  it('was never away when it comes back within the grace, whatever it holds then', async () => {
    const folder = scratch();
    const [file, sentinel] = [join(folder, 'file'), join(folder, 'sentinel')];
    put(file, 'a=1\n');
    put(sentinel, '0');
    const eye = await watching({ files: [file, sentinel] }, { removalGraceMs: 400 });
    unlinkSync(file);
    writeFileSync(sentinel, 'gone');
    await eye.sees(sentinel, 'gone');
    writeFileSync(file, 'a=1\n');
    writeFileSync(sentinel, 'back');
    await eye.sees(sentinel, 'back');
    unlinkSync(file);
    writeFileSync(sentinel, 'gone again');
    await eye.sees(sentinel, 'gone again');
    writeFileSync(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
    expect(eye.told(file)).toEqual(['a=1\n', 'a=2\n']);
  });

  it('is followed when it is deleted and made again at once', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=0\n');
    const eye = await watching({ files: [file] });
    for (let turn = 1; turn <= 7; turn++) {
      unlinkSync(file);
      writeFileSync(file, `a=${turn}\n`);
      await eye.sees(file, `a=${turn}\n`);
    }
    expect(eye.told(file)).toHaveLength(8);
  });

  it('does not hold back what changes meanwhile', async () => {
    const folder = scratch();
    const [file, other] = [join(folder, 'file'), join(folder, 'other')];
    put(file, 'a=1\n');
    put(other, 'b=1\n');
    const eye = await watching({ files: [file, other] }, { removalGraceMs: 60_000 });
    unlinkSync(file);
    writeFileSync(other, 'b=2\n');
    await eye.sees(other, 'b=2\n');
    expect(eye.now(file)).toBe('a=1\n');
  });

  it('is missing in the first round of a later start without delay', async () => {
    const file = join(scratch(), 'file');
    const eye = await watching({ files: [file] }, { removalGraceMs: 60_000 });
    expect(eye.told(file)).toEqual(['(missing)']);
  });

  it('keeps its grace when it was known before the start', async () => {
    const file = join(scratch(), 'file');
    const known = new Map([[file, { kind: 'content', bytes: Buffer.from('a=1\n'), mtimeMs: 0 } as const]]);
    const eye = await watching({ files: [file] }, { removalGraceMs: 150 }, known);
    expect(eye.rounds[0]?.files.size).toBe(0);
    await eye.sees(file, '(missing)');
  });
});

describe('something else in place of the file', () => {
  it('is unreadable when it is a folder, and recovers', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=1\n');
    const eye = await watching({ files: [file] });
    unlinkSync(file);
    mkdirSync(file);
    await eye.sees(file, '(EISDIR)');
    rmdirSync(file);
    writeFileSync(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
    expect(eye.told(file)).toEqual(['a=1\n', '(EISDIR)', 'a=2\n']);
  });

  it('is not told when the folder was there for a moment only', async () => {
    const folder = scratch();
    const [file, sentinel] = [join(folder, 'file'), join(folder, 'sentinel')];
    put(file, 'a=1\n');
    const eye = await watching({ files: [file, sentinel] });
    unlinkSync(file);
    mkdirSync(file);
    writeFileSync(sentinel, '1');
    await eye.sees(sentinel, '1');
    rmdirSync(file);
    writeFileSync(file, 'a=2\n');
    await eye.sees(file, 'a=2\n');
    expect(eye.told(file)).toEqual(['a=1\n', 'a=2\n']);
  });

  it('is unreadable when it is a pipe, which is never opened, and recovers', async () => {
    const file = join(scratch(), 'file');
    execFileSync('mkfifo', [file]);
    const eye = await watching({ files: [file] });
    expect(eye.now(file)).toBe('(ENOTSUP)');
    put(`${file}.new`, 'a=1\n');
    renameSync(`${file}.new`, file);
    await eye.sees(file, 'a=1\n');
    unlinkSync(file);
    execFileSync('mkfifo', [file]);
    await eye.sees(file, '(ENOTSUP)');
  });

  it('is unreadable when it is a socket', async () => {
    const file = join(scratch(), 'file');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(file, resolve));
    const eye = await watching({ files: [file] });
    expect(eye.now(file)).toBe('(ENOTSUP)');
    await new Promise((resolve) => server.close(resolve));
  });

  it('is unreadable when the name is too long for any file', async () => {
    const file = join(scratch(), 'x'.repeat(300));
    const eye = await watching({ files: [file] });
    expect(eye.now(file)).toBe('(ENAMETOOLONG)');
  });

  it('is unreadable while nobody may read it, and recovers with the permission', async () => {
    const folder = scratch();
    const file = join(folder, 'file');
    put(file, 'a=1\n');
    const may = (mode: number): void => {
      // Root gives and takes the permission; the observer works as somebody else.
      const euid = process.geteuid?.() ?? 0;
      if (euid === 65_534) process.seteuid?.(0);
      chmodSync(folder, 0o755);
      chmodSync(file, mode);
      if (euid === 65_534) process.seteuid?.(65_534);
    };
    may(0o644);
    await unprivileged(async () => {
      const eye = await watching({ files: [file] });
      may(0o000);
      await eye.sees(file, '(EACCES)');
      may(0o644);
      await eye.sees(file, 'a=1\n');
      await eye.abort();
    });
    rmSync(file);
  });
});
