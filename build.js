// node build.js [folder]: bundles src/ into dist/, or the folder given.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';

const { dependencies, peerDependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/**
 * `import { open } from 'node:fs'` makes Node wrap every export of the module, used or not: 2 ms of a start for the nine
 * built-in modules we need. Asking for the module itself does not.
 */
const builtins = {
  name: 'builtins',
  renderChunk(code) {
    const asked = code.replace(/^import (?:([\w$]+)(?:, )?)?(\{[^}]*\})? from "(node:[\w/]+)";$/gm, (_, whole, names, name) => {
      const targets = [whole, names?.replaceAll(' as ', ': ')].filter((target) => target !== undefined);
      return targets.map((target) => `const ${target} = globalThis.process.getBuiltinModule("${name}");`).join(' ');
    });
    return { code: asked, map: null }; // every line stays a line
  },
};

const packages = Object.keys({ ...dependencies, ...peerDependencies });
// Each database is an entry of its own, so that the core brings no client along.
const entries = Object.fromEntries(readdirSync('src/entries').map((file) => [`entries/${path.parse(file).name}`, `src/entries/${file}`]));

/** The modules that loading `file` loads too, at once. */
function loadedWith(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, target] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)\.js';/gm)) {
    loadedWith(path.resolve(path.dirname(file), `${target}.ts`), seen);
  }
  return seen;
}

/** The packages that modules come from. */
function packagesOf(modules) {
  const names = modules.flatMap((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []);
  return [...new Set(names)].sort();
}

/** Packages that are put into our files come with their licences; one without a text of it says in its manifest which and whose it is. */
function licences(names) {
  return names.map((name) => {
    const folder = new URL(`node_modules/${name}/`, import.meta.url);
    const { version, license, author } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const text = file === undefined ? `${license}, ${author}` : readFileSync(new URL(file, folder), 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}
const core = loadedWith(path.resolve('src/index.ts'));

// tsc checks and writes the types; this puts the 150 modules into one file, because loading them one by one takes 40 ms
// of every start. Nothing is minified, and source maps lead back to src/.
const bundle = await rolldown({
  cwd: import.meta.dirname,
  input: { index: 'src/index.ts', 'cli/main': 'src/cli/main.ts', ...entries },
  platform: 'node',
  plugins: [builtins],
  external: [/^node:/, ...packages.map((name) => new RegExp(`^${name}(/|$)`))],
});
/** Of the command line, what every verb needs: also what a verb shares with another, or else it would come with that one. */
const main = path.resolve('src/cli/main.ts');
const shared = new Set([...loadedWith(main), ...['lines', 'signature', 'access/address', 'access/access'].map((name) => path.resolve(`src/cli/${name}.ts`))]);
shared.delete(main);
/** The verbs that need nothing of the library, and what asks a sidecar: the HTTP of Node is loaded for nothing else. */
const light = readdirSync('src/cli', { recursive: true, encoding: 'utf8' })
  .filter((file) => /^(access|actions)\/.*\.ts$/.test(file))
  .map((file) => path.resolve('src/cli', file))
  .filter((file) => ![...loadedWith(file)].some((id) => core.has(id)));
const isRemote = (id) => /\/(remote|remote-watch|http|event-stream)\.ts$/.test(id);
// All of the core in one chunk, also what the stores share with it: each file more costs every start.
const groups = [
  { name: 'core', test: (id) => core.has(id) || id.includes('rolldown/runtime'), priority: 3 },
  { name: 'cli', test: (id) => shared.has(id) || id.includes('/node_modules/commander/'), priority: 2 },
  { name: 'remote', test: (id) => light.includes(id) && isRemote(id), priority: 1 },
  { name: 'verbs', test: (id) => light.includes(id) && !isRemote(id) },
];
const codeSplitting = { groups };
const dir = process.argv[2] ?? 'dist';
const { output } = await bundle.write({ dir, sourcemap: true, comments: false, chunkFileNames: 'shared/[name].js', codeSplitting });
writeFileSync(path.join(dir, 'LICENSES.txt'), `Parts of these packages are in the files beside this one.\n\n${licences(packagesOf(output.flatMap(({ moduleIds = [] }) => moduleIds)))}`);
await buildPage(path.join(dir, 'page'));

/** The page of the sidecar: one script and one style sheet, with nothing in them that would have to be fetched from elsewhere. */
async function buildPage(target) {
  const page = await rolldown({ cwd: import.meta.dirname, input: 'src/page/main.tsx', platform: 'browser', tsconfig: 'src/page/tsconfig.json' });
  await page.write({ file: path.join(target, 'page.js'), format: 'es', minify: true, comments: false });
  await page.close();
  mkdirSync(target, { recursive: true });
  const source = (name) => readFileSync(path.join(import.meta.dirname, 'src/page', name), 'utf8');
  writeFileSync(path.join(target, 'index.html'), source('index.html'));
  writeFileSync(path.join(target, 'page.css'), smaller(source('page.css')));
  writeFileSync(path.join(target, 'licences.txt'), `Parts of these packages are in page.js.\n\n${licences(['preact', 'eventsource-parser'])}`);
}

/** Comments, ends of lines and indentation say nothing to a browser. */
function smaller(css) {
  return css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\s*\n\s*/g, '').replace(/\s*([{};])\s*/g, '$1');
}
