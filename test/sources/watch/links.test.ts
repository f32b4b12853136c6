import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { put, scratch, watching } from './rig.js';

/** As `ln -sfn` should: the link is never missing. */
function swapLink(target: string, link: string): void {
  symlinkSync(target, `${link}.new`);
  renameSync(`${link}.new`, link);
}

function putOld(path: string, text: string): void {
  put(path, text);
  utimesSync(path, 1_000_000, 1_000_000);
}

describe('a path through symlinks', () => {
  it('is followed when the link is swapped to another file, and when that file is written', async () => {
    const folder = scratch();
    const [one, two, link] = [join(folder, 'x', 'one'), join(folder, 'y', 'two'), join(folder, 'link')];
    putOld(one, 'a=1\n');
    putOld(two, 'a=2\n');
    symlinkSync(one, link);
    const eye = await watching({ files: [link] });
    swapLink(two, link);
    await eye.sees(link, 'a=2\n');
    writeFileSync(two, 'a=3\n');
    await eye.sees(link, 'a=3\n');
    renameSync(one, two);
    await eye.sees(link, 'a=1\n');
  });

  it('is followed when the target in another folder is written in place or replaced', async () => {
    const folder = scratch();
    const [target, link] = [join(folder, 'other', 'target'), join(folder, 'here', 'link')];
    put(target, 'a=1\n');
    mkdirSync(dirname(link));
    symlinkSync(relative(dirname(link), target), link);
    const eye = await watching({ files: [link] });
    writeFileSync(target, 'a=2\n');
    await eye.sees(link, 'a=2\n');
    put(`${target}.new`, 'a=3\n');
    renameSync(`${target}.new`, target);
    await eye.sees(link, 'a=3\n');
    writeFileSync(target, 'a=4\n');
    await eye.sees(link, 'a=4\n');
  });

  it('is followed when the link becomes a file and a link again', async () => {
    const folder = scratch();
    const [target, link] = [join(folder, 'target'), join(folder, 'link')];
    put(target, 'a=1\n');
    symlinkSync('target', link);
    const eye = await watching({ files: [link] });
    put(`${link}.new`, 'a=2\n');
    renameSync(`${link}.new`, link);
    await eye.sees(link, 'a=2\n');
    swapLink('target', link);
    await eye.sees(link, 'a=1\n');
  });

  it('is followed when a folder on the way is a link and is swapped, at any depth', async () => {
    const folder = scratch();
    putOld(join(folder, 'r1', 'etc', 'file'), 'a=1\n');
    putOld(join(folder, 'r2', 'etc', 'file'), 'a=2\n');
    putOld(join(folder, 'r3', 'etc', 'file'), 'a=3\n');
    symlinkSync('r1', join(folder, 'current'));
    symlinkSync('current', join(folder, 'app'));
    const file = join(folder, 'app', 'etc', 'file');
    const eye = await watching({ files: [file] });
    swapLink('r2', join(folder, 'current'));
    await eye.sees(file, 'a=2\n');
    swapLink('r3', join(folder, 'app'));
    await eye.sees(file, 'a=3\n');
    writeFileSync(join(folder, 'r3', 'etc', 'file'), 'a=4\n');
    await eye.sees(file, 'a=4\n');
  });

  it('comes to life when what a dangling link points at is made', async () => {
    const folder = scratch();
    const link = join(folder, 'link');
    symlinkSync(join('not', 'yet', 'there'), link);
    const eye = await watching({ files: [link] });
    expect(eye.now(link)).toBe('(missing)');
    put(join(folder, 'not', 'yet', 'there'), 'a=1\n');
    await eye.sees(link, 'a=1\n');
  });

  it('goes up from where a link leads, as the kernel does, and not from where it stands', async () => {
    const folder = scratch();
    put(join(folder, 'far', 'file'), 'far\n');
    put(join(folder, 'file'), 'near\n');
    mkdirSync(join(folder, 'far', 'deep'));
    symlinkSync(join('far', 'deep'), join(folder, 'link'));
    const path = `${folder}/link/../file`;
    const eye = await watching({ files: [path] });
    expect(eye.now(path)).toBe('far\n');
    writeFileSync(join(folder, 'far', 'file'), 'farther\n');
    await eye.sees(path, 'farther\n');
  });

  it('is unreadable in a loop of links, and recovers', async () => {
    const folder = scratch();
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    symlinkSync('two', one);
    symlinkSync('one', two);
    const eye = await watching({ files: [one] });
    expect(eye.now(one)).toBe('(ELOOP)');
    put(`${two}.new`, 'a=1\n');
    renameSync(`${two}.new`, two);
    await eye.sees(one, 'a=1\n');
  });
});

describe('a Kubernetes volume', () => {
  const names = Array.from({ length: 12 }, (_, index) => `key-${index}`);

  /** What kubelet's AtomicWriter leaves behind: names → ..data → a dated folder. */
  function volume(folder: string): (version: number, options: { keep: boolean; names?: string[] }) => void {
    let before: string | undefined;
    return (version, { keep, names: now = names }) => {
      const dated = `..2024_01_01_${version}`;
      for (const name of now) put(join(folder, dated, name), `${name}=${version}\n`);
      swapLink(dated, join(folder, '..data'));
      for (const name of names) {
        if (!now.includes(name)) rmSync(join(folder, name), { force: true });
        else if (before === undefined) symlinkSync(join('..data', name), join(folder, name));
      }
      if (before !== undefined && !keep) rmSync(join(folder, before), { recursive: true });
      before = dated;
    };
  }

  for (const keep of [false, true]) {
    it(`tells all files of a swap in one round when the old folder is ${keep ? 'kept' : 'removed'}`, async () => {
      const folder = scratch();
      const publish = volume(folder);
      publish(1, { keep });
      const files = names.map((name) => join(folder, name));
      const eye = await watching({ files, folders: [folder] });
      expect(eye.listing(folder)).toEqual([...names].sort());
      for (let version = 2; version <= 5; version++) {
        const later = eye.mark();
        publish(version, { keep });
        await eye.sees(files[11]!, `key-11=${version}\n`);
        expect(later()).toHaveLength(1);
        expect([...later()[0]!.files.keys()].sort()).toEqual([...files].sort());
      }
    });
  }

  it('loses a key at once with the swap that takes it away', async () => {
    const folder = scratch();
    const publish = volume(folder);
    publish(1, { keep: false });
    const eye = await watching({ folders: [folder] }, { removalGraceMs: 60_000 });
    const left = names.slice(1);
    const later = eye.mark();
    publish(2, { keep: false, names: left });
    await eye.sees(join(folder, names[0]!), '(missing)');
    expect(eye.listing(folder)).toEqual([...left].sort());
    expect(later()).toHaveLength(1);
    expect(eye.now(join(folder, 'key-5'))).toBe('key-5=2\n');
  });
});
