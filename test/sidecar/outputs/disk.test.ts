import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { currentOf, eventually, jsonOf, rig, scratch, until, versionsIn } from './rig.js';

/** A disk of 1 MB; `undefined` and a line that says so where nothing can be mounted. */
function smallDisk(): string | undefined {
  const disk = path.join(scratch(), 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch (error) {
    process.stderr.write(`Nothing can be mounted here (${(error as Error).message}): skipped tests of outputs on a full and a read-only disk\n`);
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', disk]));
  return disk;
}

describe('an output', () => {
  it('on a full disk leaves the files as they are, and goes on when there is room', async (test) => {
    const disk = smallDisk();
    if (disk === undefined) return test.skip('nothing can be mounted here');
    const to = path.join(disk, 'out');
    const { output, feed, events } = rig({ a: '1' }, { to });
    await until(output, 'written');
    const before = currentOf(to);
    feed.set('a', 'x'.repeat(2_000_000));
    await until(output, 'failed');
    expect(output.status.error).toContain('ENOSPC');
    expect([currentOf(to), versionsIn(to)]).toEqual([before, [before]]);
    writeFileSync(path.join(disk, 'somebody'), 'x'.repeat(500_000));
    feed.set('a', 'y'.repeat(600_000));
    await eventually(() => output.status.state === 'failed');
    expect(jsonOf(to)).toEqual({ a: '1' });
    rmSync(path.join(disk, 'somebody'));
    feed.set('a', 'z'.repeat(600_000));
    await until(output, 'written');
    expect(events.map(({ kind }) => kind)).toEqual(['written', 'failed', 'written']);
  });

  it('on a disk that was made read-only leaves the files as they are', async (test) => {
    const disk = smallDisk();
    if (disk === undefined) return test.skip('nothing can be mounted here');
    const to = path.join(disk, 'out');
    const { output, feed } = rig({ a: '1' }, { to });
    await until(output, 'written');
    execFileSync('mount', ['-o', 'remount,ro', disk], { stdio: 'ignore' });
    feed.set('a', '2');
    await until(output, 'failed');
    expect(output.status.error).toContain('EROFS');
    expect(jsonOf(to)).toEqual({ a: '1' });
    execFileSync('mount', ['-o', 'remount,rw', disk], { stdio: 'ignore' });
    feed.set('a', '3');
    await until(output, 'written');
    expect(jsonOf(to)).toEqual({ a: '3' });
  });
});
