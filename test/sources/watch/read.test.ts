import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFolderNow, readFileNow } from '../../../src/sources/watch/read.js';
import { put, scratch, show, unprivileged } from './rig.js';

describe('reading a file now', () => {
  it('gives its bytes, through links, and whole when it is large or says it has no size', () => {
    const folder = scratch();
    put(join(folder, 'file'), 'a=1\n');
    symlinkSync('file', join(folder, 'link'));
    put(join(folder, 'large'), 'x'.repeat(3_000_000));
    put(join(folder, 'empty'), '');
    expect(show(readFileNow(join(folder, 'link')))).toBe('a=1\n');
    expect(show(readFileNow(join(folder, 'large')))).toHaveLength(3_000_000);
    expect(show(readFileNow(join(folder, 'empty')))).toBe('');
    expect(show(readFileNow('/proc/self/status'))).toContain('Pid:');
  });

  it('says that there is none, also when a file stands where a folder should', () => {
    const folder = scratch();
    put(join(folder, 'file'), '');
    symlinkSync('nowhere', join(folder, 'dangling'));
    for (const name of ['none', 'none/either', 'file/below', 'dangling']) expect(show(readFileNow(join(folder, name)))).toBe('(missing)');
  });

  it('says why it cannot be read, and never opens a pipe', () => {
    const folder = scratch();
    symlinkSync('loop', join(folder, 'loop'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(show(readFileNow(folder))).toBe('(EISDIR)');
    expect(show(readFileNow(join(folder, 'loop')))).toBe('(ELOOP)');
    expect(show(readFileNow(join(folder, 'pipe')))).toBe('(ENOTSUP)');
    expect(show(readFileNow(join(folder, 'x'.repeat(300))))).toBe('(ENAMETOOLONG)');
  });
});

describe('listing a folder now', () => {
  it('gives the names of files and of links to files, sorted, without those that begin with a dot', () => {
    const folder = scratch();
    for (const name of ['b', 'a', '.hidden', '..2024/x']) put(join(folder, name), '');
    mkdirSync(join(folder, 'sub'));
    for (const [name, target] of [['link', 'a'], ['dangling', 'none'], ['folder', 'sub'], ['loop', 'loop']] as const) {
      symlinkSync(target, join(folder, name));
    }
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(listFolderNow(folder)).toEqual(['a', 'b', 'link', 'loop']);
  });

  it('gives nothing when there is no folder', () => {
    const folder = scratch();
    put(join(folder, 'file'), '');
    expect(listFolderNow(join(folder, 'none'))).toBeUndefined();
    expect(listFolderNow(join(folder, 'file'))).toBeUndefined();
  });

  it('throws when the folder cannot be listed, which is not the same as empty', async () => {
    const folder = scratch();
    chmodSync(folder, 0o311);
    await unprivileged(() => {
      expect(() => listFolderNow(folder)).toThrow('EACCES');
      return Promise.resolve();
    });
  });
});
