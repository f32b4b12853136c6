import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type { Round } from '../../../src/sources/watch/contract.js';
import { observe } from '../../../src/sources/watch/observer.js';
import { countingHints, put, scratch, show, watching } from './rig.js';

describe('an observer', () => {
  it('leaves no watch and nothing that keeps the process alive when it is aborted', async () => {
    const folder = scratch();
    const before = process.getActiveResourcesInfo().filter(isOurs).sort();
    const hints = countingHints();
    const eye = await watching({ files: [join(folder, 'a'), join(folder, 'not', 'there')], folders: [folder] }, { hints });
    expect(hints.open.size).toBeGreaterThan(0);
    await eye.abort();
    expect(hints.open.size).toBe(0);
    await expect.poll(() => process.getActiveResourcesInfo().filter(isOurs).sort()).toEqual(before);
  });

  it('leaves no watch when its consumer walks away, or was aborted before it began', async () => {
    const file = join(scratch(), 'file');
    const hints = countingHints();
    const observer = observe({ files: [file], folders: [] }, { hints });
    for await (const round of observer.rounds(new AbortController().signal)) {
      expect(show(round.files.get(file))).toBe('(missing)');
      break;
    }
    expect(hints.open.size).toBe(0);
    for await (const round of observer.rounds(AbortSignal.abort())) expect.fail(`a round after the end: ${String(round.files.size)}`);
    expect(hints.open.size).toBe(0);
  });

  it('ends at once when it is aborted while the consumer is busy, and loses no watch to a look under way', async () => {
    const file = join(scratch(), 'file');
    put(file, '1');
    for (let delay = 0; delay < 12; delay++) {
      const hints = countingHints();
      const stop = new AbortController();
      const rounds = observe({ files: [file], folders: [] }, { hints }).rounds(stop.signal)[Symbol.asyncIterator]();
      const first = rounds.next();
      for (let turn = 0; turn < delay; turn++) await new Promise(setImmediate);
      stop.abort();
      await first;
      expect((await rounds.next()).done).toBe(true);
      expect(hints.open.size).toBe(0);
    }
  });

  it('keeps what happens while the consumer is busy, and tells only the last state', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=1\n');
    const stop = new AbortController();
    const rounds = observe({ files: [file], folders: [] }, { pollMs: 60_000 }).rounds(stop.signal)[Symbol.asyncIterator]();
    await rounds.next();
    for (let turn = 2; turn <= 5; turn++) {
      writeFileSync(file, `a=${turn}\n`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const next: IteratorResult<Round, unknown> = await rounds.next();
    expect(next.done === true ? 'ended' : show(next.value.files.get(file))).toBe('a=5\n');
    stop.abort();
    expect((await rounds.next()).done).toBe(true);
  });

  it('can be run again, and tells everything again', async () => {
    const file = join(scratch(), 'file');
    put(file, 'a=1\n');
    const observer = observe({ files: [file], folders: [] });
    for (let run = 0; run < 2; run++) {
      for await (const round of observer.rounds(new AbortController().signal)) {
        expect(show(round.files.get(file))).toBe('a=1\n');
        break;
      }
    }
  });

  it('does not keep a script alive that forgot to close it', async () => {
    const folder = scratch();
    const entry = transpiled('sources/watch/observer.ts', folder);
    const file = join(folder, 'watched', 'file');
    put(file, 'a=1\n');
    const script = `import { observe } from ${JSON.stringify(entry)};
      const keep = setTimeout(() => {}, 60_000);
      for await (const round of observe({ files: [${JSON.stringify(file)}], folders: [] }).rounds(new AbortController().signal)) {
        console.log(round.files.size);
        clearTimeout(keep);
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data) => (output += String(data)));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(output).toBe('1\n');
    // 13: the loop still waited when nothing was left to keep the process alive.
    expect(code).toBe(13);
  });
});

describe('setPaths', () => {
  it('drops the watches of what is no longer watched, though nothing else is', async () => {
    const file = join(scratch(), 'file');
    const hints = countingHints();
    const eye = await watching({ files: [file] }, { hints });
    eye.observer.setPaths({ files: [], folders: [] });
    await expect.poll(() => hints.open.size).toBe(0);
  });

  it('adds and drops paths while it runs', async () => {
    const folder = scratch();
    const [a, b, c] = [join(folder, 'one', 'a'), join(folder, 'two', 'b'), join(folder, 'three', 'c')];
    for (const path of [a, b, c]) put(path, '1\n');
    const hints = countingHints();
    const eye = await watching({ files: [a, b] }, { hints });
    const later = eye.mark();
    eye.observer.setPaths({ files: [b, c], folders: [] });
    await eye.sees(c, '1\n');
    expect(later().flatMap(({ files }) => [...files.keys()])).toEqual([c]);
    expect(hints.open.has(join(folder, 'one'))).toBe(false);
    writeFileSync(a, '2\n');
    writeFileSync(b, '2\n');
    await eye.sees(b, '2\n');
    writeFileSync(c, '2\n');
    await eye.sees(c, '2\n');
    expect(eye.told(a)).toEqual(['1\n']);
  });

  it('answers new paths at once, missing ones and folders too', async () => {
    const folder = scratch();
    const eye = await watching({ files: [] }, { removalGraceMs: 60_000 });
    const later = eye.mark();
    put(join(folder, 'sub', 'a'), '1\n');
    eye.observer.setPaths({ files: [join(folder, 'none')], folders: [join(folder, 'sub')] });
    await eye.sees(join(folder, 'none'), '(missing)');
    expect(later()).toHaveLength(1);
    expect(eye.listing(join(folder, 'sub'))).toEqual(['a']);
    expect(eye.now(join(folder, 'sub', 'a'))).toBe('1\n');
  });

  it('tells a path that was dropped and comes back as if it were new', async () => {
    const file = join(scratch(), 'file');
    put(file, '1\n');
    const eye = await watching({ files: [file] });
    eye.observer.setPaths({ files: [], folders: [] });
    eye.observer.setPaths({ files: [file], folders: [] });
    await eye.until('it is told again', () => eye.told(file).length === 2);
  });
});

/** The test runner has pipes and timers of its own. */
function isOurs(resource: string): boolean {
  return resource.startsWith('FS');
}

/** The module and what it imports as JavaScript, for a process without the test runner. */
function transpiled(module: string, folder: string): string {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const done = new Set<string>();
  const transpile = (path: string): void => {
    if (done.has(path)) return;
    done.add(path);
    const source = readFileSync(new URL(`../../../src/${path}`, import.meta.url), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    });
    const target = join(folder, path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
    for (const [, imported] of outputText.matchAll(/from '(\.[^']+)\.js'/g)) transpile(`${join(dirname(path), imported ?? '')}.ts`);
  };
  transpile(module);
  return join(folder, module.replace(/\.ts$/, '.js'));
}
