import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

/** Who may import whom: the folder on the left only what stands on the right, besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  formats: ['core'],
  sources: ['core', 'formats', 'zookeeper'],
  runtime: ['core'],
  testing: ['core'],
  zookeeper: [],
  default: ['core', 'formats', 'sources', 'runtime'],
  sidecar: ['index.ts'],
  // What the page knows of the sidecar are the types of its answers.
  page: ['sidecar'],
  cli: ['index.ts', 'entries', 'sidecar'],
  entries: ['sources', 'testing', 'zookeeper', 'sidecar'],
  'index.ts': ['core', 'formats', 'sources', 'runtime', 'default'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function sourceFiles(): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
}

/** The file that an import of `….js` means. */
function fileOf(from: string, target: string): string {
  const path = relative(src, join(src, dirname(from), target)).replace(/\.js$/, '.ts');
  return existsSync(join(src, path)) ? path : `${path}x`;
}

function localImports(): Import[] {
  return sourceFiles().flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith('.'))
      .map((target) => ({ from: file, to: fileOf(file, target) })),
  );
}

const roomOf = (file: string): string => file.split('/')[0]!;

it('imports go one way: core ← formats ← sources, core ← runtime, and the default instance puts them together', () => {
  const imports = localImports();
  expect(imports.length).toBeGreaterThan(50);
  const wrong = imports.filter(({ from, to }) => {
    const room = roomOf(from);
    return roomOf(to) !== room && !(allowed[room] ?? []).includes(roomOf(to));
  });
  expect(wrong).toEqual([]);
});

it('the core and the formats touch neither the outside world nor a clock', () => {
  const pure = sourceFiles().filter((file) => ['core', 'formats'].includes(roomOf(file)));
  expect(pure.length).toBeGreaterThan(10);
  for (const file of pure) {
    const outside = importsOf(file).filter((target) => target.startsWith('node:') && !['node:module', 'node:buffer'].includes(target));
    expect({ file, outside }).toEqual({ file, outside: [] });
    const text = readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect({ file, clock: /\b(process\.|Date\.now\(|setTimeout\(|console\.)/.exec(text)?.[0] }).toEqual({ file, clock: undefined });
  }
});

it('no module imports itself in a circle at run time', () => {
  const edges = new Map<string, string[]>();
  for (const file of sourceFiles()) {
    const text = readFileSync(join(src, file), 'utf8').replace(/import type [\s\S]*?;|export type \{[\s\S]*?;/g, '');
    const targets = [...text.matchAll(/from\s*'(\.[^']+)'/g)].map((match) => fileOf(file, match[1]!));
    edges.set(file, targets);
  }
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) throw new Error(`circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
    if (done.has(file)) return;
    for (const target of edges.get(file) ?? []) walk(target, [...path, file]);
    done.add(file);
  };
  expect(() => {
    for (const file of edges.keys()) walk(file, []);
  }).not.toThrow();
});
