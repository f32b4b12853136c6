import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { transpileModule, ModuleKind, ScriptTarget } from 'typescript';

export interface Example {
  readonly name: string;
  readonly code: string;
}

const root = resolve(import.meta.dirname, '..');

/** The TypeScript blocks of a Markdown file. */
export function markdownExamples(file: string): Example[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => ({ name: `${file}:${lineAt(text, match.index)}`, code: match[1]! }));
}

/** The `@example`s in the docstrings of a folder. */
export function docstringExamples(folder: string): Example[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files.sort().flatMap((file) => {
    const text = readFileSync(join(root, folder, file), 'utf8');
    return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => examplesIn(comment[0], `${folder}/${file}:${lineAt(text, comment.index)}`));
  });
}

/** What an example says it prints, one entry a line. */
export function promised(code: string): string[] {
  return [...code.matchAll(/prints (.*?)\s*$/gm)].map((match) => match[1]!);
}

/** An example as a module body: in a folder of its own, with its imports taken from `modules`. */
export async function runExample(code: string, modules: Readonly<Record<string, object>>, globals: Readonly<Record<string, unknown>> = {}, files: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'calumma-example-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const cwd = process.cwd();
  const printed: string[] = [];
  const console = { log: (...words: unknown[]) => printed.push(words.map(String).join(' ')) };
  const body = transpileModule(asBody(code), { compilerOptions: { target: ScriptTarget.ES2022, module: ModuleKind.ESNext } }).outputText;
  const names = ['modules', 'console', ...Object.keys(globals)];
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- examples are code of this project
  const run = new Function(...names, `return (async () => {${body}\n})()`) as (...values: unknown[]) => Promise<void>;
  try {
    process.chdir(folder);
    await run(modules, console, ...Object.values(globals));
    await settled(printed, promised(code).length);
    return printed;
  } finally {
    process.chdir(cwd);
    rmSync(folder, { recursive: true });
  }
}

// What an example prints from a callback comes when the file watch has seen the edit.
async function settled(printed: readonly string[], count: number): Promise<void> {
  for (const end = Date.now() + 5_000; printed.length < count && Date.now() < end; ) await new Promise((next) => setTimeout(next, 10));
}

function asBody(code: string): string {
  return code.replace(/^import \{([^}]*)\} from '([^']+)';$/gm, (_, names: string, from: string) => `const {${names.replaceAll(' as ', ': ').replaceAll(/\btype \w+,?/g, '')}} = modules[${JSON.stringify(from)}];`);
}

function examplesIn(comment: string, name: string): Example[] {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*)? ?/, '').replace(/\s*\*\/$/, ''));
  const examples: Example[] = [];
  for (const [index, line] of lines.entries()) {
    const at = line.indexOf('@example');
    if (at < 0) continue;
    const rest = lines.slice(index + 1);
    const end = rest.findIndex((next) => next.startsWith('@'));
    examples.push({ name, code: [line.slice(at + '@example'.length), ...(end < 0 ? rest : rest.slice(0, end))].join('\n').trim() });
  }
  return examples;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Those of `world` that can be names of variables, without what the example declares itself: it would be declared twice. */
export function globalsFor(code: string, world: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const declared = new Set([...code.matchAll(/\b(?:const|let|function|class)\s+(?:[{[]([^}\]]*)[}\]]|(\w+))/g)].flatMap((match) => (match[1] ?? match[2] ?? '').split(',').map((word) => word.trim())));
  return Object.fromEntries(Object.entries(world).filter(([name]) => !declared.has(name) && /^[A-Za-z_$][\w$]*$/.test(name)));
}
