import { renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Walker } from '../../../src/sources/watch/place.js';
import { thisMoment } from '../../../src/sources/watch/settle.js';
import { TrackedFile } from '../../../src/sources/watch/tracked-file.js';
import { put, scratch, show } from './rig.js';

const times = { settleMs: 20, removalGraceMs: 2_000 };

function putOld(path: string, text: string): void {
  put(path, text);
  utimesSync(path, 1_000_000, 1_000_000);
}

async function looked(path: string): Promise<TrackedFile> {
  const file = new TrackedFile(path, path, undefined);
  file.notice(await new Walker().walk(path), thisMoment());
  return file;
}

describe('a file under observation', () => {
  it('is read at once when it was finished long ago, and then believed', async () => {
    const path = join(scratch(), 'file');
    putOld(path, 'a=1\n');
    const file = await looked(path);
    expect(file.wantsReading(thisMoment(), times)).toBe(true);
    expect(await file.read()).toBe(true);
    expect(file.isReady(thisMoment(), times)).toBe(true);
    expect(show(file.accept(thisMoment()))).toBe('a=1\n');
  });

  it('is looked at again when it was replaced between the look and the reading', async () => {
    const path = join(scratch(), 'file');
    putOld(path, 'a=1\n');
    putOld(`${path}.new`, 'a=2\n');
    const file = await looked(path);
    renameSync(`${path}.new`, path);
    expect(await file.read()).toBe(false);
    expect(file.isReady(thisMoment(), times)).toBe(false);
  });

  it('rests while it is being written, so that a busy writer costs one look per settling time', async () => {
    const path = join(scratch(), 'file');
    writeFileSync(path, 'a=1\n');
    const file = await looked(path);
    expect(file.restsFor(thisMoment(), { ...times, settleMs: 60_000 })).toBeGreaterThan(500);
    expect(file.wantsReading(thisMoment(), { ...times, settleMs: 60_000 })).toBe(false);
  });

  it('holds others for the settling time after a link on its way was swapped, so that they come together', async () => {
    const folder = scratch();
    const path = join(folder, 'link', 'file');
    for (const name of ['v1', 'v2']) putOld(join(folder, name, 'file'), `${name}\n`);
    symlinkSync('v1', join(folder, 'link'));
    const file = await looked(path);
    await file.read();
    file.accept(thisMoment());
    expect(file.holdsOthers(thisMoment(), times)).toBe(false);
    symlinkSync('v2', join(folder, 'link.new'));
    renameSync(join(folder, 'link.new'), join(folder, 'link'));
    file.notice(await new Walker().walk(path), thisMoment());
    await file.read();
    const now = thisMoment();
    expect(file.isReady(now, times)).toBe(true);
    expect(file.holdsOthers(now, { ...times, settleMs: 10_000 })).toBe(true);
    expect(file.holdsOthers({ ...now, steady: now.steady + 30 }, times)).toBe(false);
  });
});
