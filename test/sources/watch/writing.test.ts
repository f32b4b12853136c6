import { appendFileSync, closeSync, ftruncateSync, openSync, renameSync, rmSync, statSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { elsewhere, put, scratch, watching } from './rig.js';

describe('a watched file', () => {
  it('is told in the first round, and a missing one as missing at once', async () => {
    const folder = scratch();
    const [here, gone] = [join(folder, 'here'), join(folder, 'gone')];
    put(here, 'a=1\n');
    const eye = await watching({ files: [here, gone] });
    expect(eye.rounds).toHaveLength(1);
    expect(eye.now(here)).toBe('a=1\n');
    expect(eye.now(gone)).toBe('(missing)');
  });

  it('is left out of the first round when it still holds the bytes that are known, though the round comes', async () => {
    const folder = scratch();
    const [same, other] = [join(folder, 'same'), join(folder, 'other')];
    put(same, 'a=1\n');
    put(other, 'b=2\n');
    const known = new Map([same, other].map((path) => [path, { kind: 'content', bytes: Buffer.from('a=1\n'), mtimeMs: 0 } as const]));
    const eye = await watching({ files: [same, other] }, {}, known);
    expect(eye.told(same)).toEqual([]);
    expect(eye.told(other)).toEqual(['b=2\n']);
    const alone = await watching({ files: [same] }, {}, known);
    expect(alone.rounds[0]?.files.size).toBe(0);
  });

  it('is followed when it is written in place, appended to and replaced by a rename, again and again', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=0\n');
    const eye = await watching({ files: [file] });
    for (let turn = 1; turn <= 3; turn++) {
      writeFileSync(file, `a=${turn}\n`);
      await eye.sees(file, `a=${turn}\n`);
      appendFileSync(file, 'b=1\n');
      await eye.sees(file, `a=${turn}\nb=1\n`);
      writeFileSync(`${file}.new`, `c=${turn}\n`);
      renameSync(`${file}.new`, file);
      await eye.sees(file, `c=${turn}\n`);
    }
    expect(eye.told(file)).toHaveLength(10);
  });

  it('tells when it was written', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=0\n');
    const eye = await watching({ files: [file] });
    const content = eye.rounds[0]?.files.get(file);
    expect(content?.kind === 'content' && content.mtimeMs).toBeCloseTo(statSync(file).mtimeMs, 2);
  });

  it('ends in the second of two writes that are 2 ms apart', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=0\n');
    const eye = await watching({ files: [file] });
    await elsewhere(`for (let i = 0; i < 12; i++) {
      fs.writeFileSync(args[0], 'a=first of ' + i + '\\n'); pause(2);
      fs.writeFileSync(args[0], 'a=second of ' + i + '\\n'); pause(i * 8);
    }`, file);
    await eye.sees(file, 'a=second of 11\n');
  });

  it('ends in the last of a burst of 100 writes, and of 100 renames', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=0\n');
    const eye = await watching({ files: [file] });
    await elsewhere(`for (let i = 1; i <= 100; i++) { fs.writeFileSync(args[0], 'a=' + i + '\\n'); if (i % 9 === 0) pause(1); }`, file);
    await eye.sees(file, 'a=100\n');
    await elsewhere(`for (let i = 1; i <= 100; i++) { fs.writeFileSync(args[0] + '.new', 'b=' + i + '\\n'); fs.renameSync(args[0] + '.new', args[0]); }`, file);
    await eye.sees(file, 'b=100\n');
  });

  it('is never told empty or torn when it is truncated and written 100 ms later, in two pieces', async () => {
    const file = join(scratch(), 'file');
    const versions = [0, 1, 2].map((n) => `${`key=${n}\n`.repeat(400)}end=${n}\n`);
    put(file, versions[0]!);
    const eye = await watching({ files: [file] });
    await elsewhere(`for (const text of args.slice(1)) {
      const fd = fs.openSync(args[0], 'r+'); fs.ftruncateSync(fd, 0); pause(100);
      fs.writeSync(fd, text.slice(0, 1203)); pause(100); fs.writeSync(fd, text.slice(1203)); fs.closeSync(fd); pause(60);
    }`, file, versions[1]!, versions[2]!);
    await eye.sees(file, versions[2]!);
    expect(versions).toEqual(expect.arrayContaining(eye.told(file)));
  });

  it('is believed to be empty when it stays so for half a second', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=1\n');
    const eye = await watching({ files: [file] });
    const start = performance.now();
    closeSync(openSync(file, 'w'));
    await eye.sees(file, '');
    expect(performance.now() - start).toBeGreaterThan(450);
  });

  it('is believed to be empty at once when it has been so for long', async () => {
    const file = join(scratch(), 'file');
    put(`${file}.new`, '');
    utimesSync(`${file}.new`, 1_000_000, 1_000_000);
    put(file, 'a=1\n');
    const eye = await watching({ files: [file] });
    const start = performance.now();
    renameSync(`${file}.new`, file);
    await eye.sees(file, '');
    expect(performance.now() - start).toBeLessThan(450);
  });

  it('is read when its content changes under the same size and mtime', async () => {
    const file = join(scratch(), 'file');
    const date = new Date(1_700_000_000_000);
    put(file, 'a=1\n');
    utimesSync(file, date, date);
    const eye = await watching({ files: [file] });
    writeFileSync(file, 'a=2\n');
    utimesSync(file, date, date);
    await eye.sees(file, 'a=2\n');
    put(`${file}.new`, 'a=3\n');
    utimesSync(`${file}.new`, date, date);
    renameSync(`${file}.new`, file);
    await eye.sees(file, 'a=3\n');
  });

  it('is read although its mtime lies in the future', async () => {
    const file = join(scratch(), 'file');
    const nextYear = Date.now() / 1000 + 31e6;
    put(file, 'a=1\n');
    utimesSync(file, nextYear, nextYear);
    const eye = await watching({ files: [file] });
    writeFileSync(file, 'a=2\n');
    utimesSync(file, nextYear, nextYear);
    await eye.sees(file, 'a=2\n');
  });

  it('is silent when it is touched, rewritten with the same bytes, or replaced by a copy', async () => {
    const folder = scratch();
    const [file, sentinel] = [join(folder, 'file'), join(folder, 'sentinel')];
    put(file, 'a=1\n');
    put(sentinel, '0');
    const eye = await watching({ files: [file, sentinel] });
    const later = eye.mark();
    const acts = [
      () => utimesSync(file, new Date(), new Date()),
      () => writeFileSync(file, 'a=1\n'),
      () => {
        writeFileSync(`${file}.new`, 'a=1\n');
        renameSync(`${file}.new`, file);
      },
    ];
    for (const [index, act] of acts.entries()) {
      act();
      writeFileSync(sentinel, `after ${index}`);
      await eye.sees(sentinel, `after ${index}`);
    }
    expect(later().flatMap(({ files }) => [...files.keys()])).toEqual([sentinel, sentinel, sentinel]);
  });

  it('is whole when it is replaced while it is being read', async () => {
    const file = join(scratch(), 'file');
    const version = (n: number): string => String(n).repeat(8_000_000);
    put(file, version(0));
    const eye = await watching({ files: [file] });
    await elsewhere(`for (let n = 1; n <= 6; n++) {
      fs.writeFileSync(args[0] + '.new', String(n).repeat(8e6)); fs.utimesSync(args[0] + '.new', 1, n); fs.renameSync(args[0] + '.new', args[0]); pause(n);
    }`, file);
    await eye.until('the last version comes', () => eye.now(file).startsWith('6'));
    for (const text of eye.told(file)) expect(text === version(Number(text[0]))).toBe(true);
  });

  it('is whole when it is written in place while it is being read', async () => {
    const file = join(scratch(), 'file');
    put(file, '0'.repeat(4_000_000));
    const eye = await watching({ files: [file] });
    await elsewhere(`const fd = fs.openSync(args[0], 'r+');
      for (let n = 1; n <= 5; n++) { for (let i = 0; i < 4; i++) fs.writeSync(fd, String(n).repeat(1e6), i * 1e6); pause(n * 7); }`, file);
    await eye.until('the last version comes', () => eye.now(file).startsWith('5'));
    for (const text of eye.told(file)) expect(new Set(text).size).toBe(1);
  });

  it('is told in the first round after a second, though somebody never stops writing to it', async () => {
    const folder = scratch();
    const [file, quiet] = [join(folder, 'file'), join(folder, 'quiet')];
    put(file, 'n=0\n');
    put(quiet, 'a=1\n');
    const writer = elsewhere(`for (let n = 1; n <= 600; n++) { fs.writeFileSync(args[0], 'n=' + n + '\\n'); pause(2); }`, file);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = process.cpuUsage();
    const eye = await watching({ files: [file, quiet] });
    const { user, system } = process.cpuUsage(before);
    expect(eye.now(quiet)).toBe('a=1\n');
    expect(eye.told(file)).toEqual([expect.stringMatching(/^n=/)]);
    // Waiting is not looking all the time.
    expect((user + system) / 1000).toBeLessThan(500);
    await writer;
    await eye.sees(file, 'n=600\n');
  });

  it('never holds the event loop for long, though it has 10 MB', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a'.repeat(10_000_000));
    const eye = await watching({ files: [file] });
    renameSync(file, `${file}.old`);
    writeFileSync(`${file}.old`, 'b'.repeat(10_000_000));
    let longest = 0;
    let last = performance.now();
    const ticking = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    renameSync(`${file}.old`, file);
    await eye.until('the new version comes', () => eye.rounds.length > 1);
    clearInterval(ticking);
    // Comparing 10 MB takes about a millisecond; the rest is room for a busy machine.
    expect(longest).toBeLessThan(60);
  });

  it('is followed when it is written under another name of the same file', async () => {
    const folder = scratch();
    const [file, twin] = [join(folder, 'here', 'file'), join(folder, 'there', 'twin')];
    put(file, 'a=1\n');
    put(twin, '');
    rmSync(twin);
    await elsewhere('fs.linkSync(args[0], args[1])', file, twin);
    const eye = await watching({ files: [file] });
    writeFileSync(twin, 'a=2\n');
    await eye.sees(file, 'a=2\n');
  });

  it('is told once by each of two observers', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=1\n');
    const [one, two] = [await watching({ files: [file] }), await watching({ files: [file] })];
    writeFileSync(file, 'a=2\n');
    await Promise.all([one.sees(file, 'a=2\n'), two.sees(file, 'a=2\n')]);
    await one.abort();
    writeFileSync(file, 'a=3\n');
    await two.sees(file, 'a=3\n');
    expect([one.told(file), two.told(file)]).toEqual([['a=1\n', 'a=2\n'], ['a=1\n', 'a=2\n', 'a=3\n']]);
  });

  it('waits for the writer that lets go of it for a moment between two halves', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=1\nb=1\n');
    const eye = await watching({ files: [file] });
    const descriptor = openSync(file, 'r+');
    ftruncateSync(descriptor, 0);
    writeSync(descriptor, 'a=2\nb');
    closeSync(descriptor);
    await elsewhere(`pause(120); fs.appendFileSync(args[0], '=2\\n')`, file);
    await eye.sees(file, 'a=2\nb=2\n');
    expect(eye.told(file)).toEqual(['a=1\nb=1\n', 'a=2\nb=2\n']);
  });
});
