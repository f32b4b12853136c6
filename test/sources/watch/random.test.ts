import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { FolderListing, Round } from '../../../src/sources/watch/contract.js';
import { listFolderNow, readFileNow } from '../../../src/sources/watch/read.js';
import { scratch, show, watching } from './rig.js';

/** mulberry32: the same seed, the same steps. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const seeds = [1, 2, 3, 4];
const folders = ['d', 'd/e', 'link', 'other'];
const names = ['a', 'b', 'c'];

/** One random act on a small tree; what does not apply (no such folder, a name that is taken) does nothing. */
function act(root: string, step: number, random: (below: number) => number): void {
  const pick = <T>(items: readonly T[]): T => items[random(items.length)]!;
  const folder = join(root, pick(folders));
  const file = join(folder, pick(names));
  const other = join(root, pick(folders), pick(names));
  const text = `step=${step}\n`.repeat(1 + random(3));
  const acts = [
    () => writeFileSync(file, text),
    () => writeFileSync(file, text, { flag: 'a' }),
    () => writeFileSync(file, ''),
    () => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
    () => renameSync(file, other),
    () => unlinkSync(file),
    () => mkdirSync(folder, { recursive: true }),
    () => rmSync(folder, { recursive: true }),
    () => renameSync(folder, join(root, 'aside')),
    () => renameSync(join(root, 'aside'), folder),
    () => symlinkSync(other, file),
    () => {
      symlinkSync(pick(['d', 'other', 'd/e']), join(root, 'link.new'));
      renameSync(join(root, 'link.new'), join(root, 'link'));
    },
    () => mkdirSync(file),
    () => rmSync(file, { recursive: true, force: true }),
  ];
  try {
    pick(acts)();
  } catch {
    // It did not apply.
  }
}

function listed(list: () => FolderListing): string {
  try {
    return list()?.join(' ') ?? 'none';
  } catch (error) {
    return `(${(error as NodeJS.ErrnoException).code ?? 'no code'})`;
  }
}

/** What was said last of a folder: its names, or why they cannot be had. */
function listingTold(rounds: readonly Round[], folder: string): string {
  const round = rounds.findLast(({ files, folders: listings }) => listings.has(folder) || files.has(folder));
  if (round === undefined) return 'untold';
  return round.folders.has(folder) ? listed(() => round.folders.get(folder)) : show(round.files.get(folder));
}

function diskState(paths: readonly string[], root: string): string[] {
  const contents = paths.map((path) => `${path.slice(root.length)}: ${show(readFileNow(path))}`);
  const listings = folders.map((folder) => `${folder}/: ${listed(() => listFolderNow(join(root, folder)))}`);
  return [...contents, ...listings];
}

describe('whatever happens to a tree', () => {
  it.each(seeds)('what was told ends as the disk is (seed %i)', async (seed) => {
    const root = scratch();
    const random = generator(seed);
    for (const folder of ['d/e', 'other']) mkdirSync(join(root, folder), { recursive: true });
    const paths = folders.flatMap((folder) => names.map((name) => join(root, folder, name)));
    const eye = await watching({ files: paths, folders: folders.map((folder) => join(root, folder)) }, { removalGraceMs: 60 });
    for (let step = 0; step < 200; step++) {
      act(root, step, random);
      // Mostly in the midst of things, now and then long enough for a round.
      if (random(4) === 0) await pause(random(10) === 0 ? 60 : random(8));
    }
    const told = (): string[] => [
      ...paths.map((path) => `${path.slice(root.length)}: ${eye.now(path)}`),
      ...folders.map((folder) => `${folder}/: ${listingTold(eye.rounds, join(root, folder))}`),
    ];
    const disk = diskState(paths, root);
    expect(eye.rounds.length).toBeGreaterThan(1);
    await eye
      .until('it is as the disk is', () => told().join('\n') === disk.join('\n'))
      .catch(() => expect(told()).toEqual(disk));
  });
});
