import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { descriptionPath } from '../config.js';
import { type Config, ConfigError, type ConfigOptions, createConfig, DescriptionError, readDescription, standardOptions, type StandardSchema } from '../../index.js';
import { Failure, Misuse } from '../exit.js';
import { counted } from '../lines.js';
import type { ReadOptions } from '../options.js';
import type { Terminal } from '../terminal.js';

interface ValidateOptions extends ReadOptions {
  readonly schema?: string;
}

interface Problem {
  readonly code: string;
  readonly message: string;
}

interface Report {
  readonly layers: number;
  readonly keys: number;
  readonly problems: readonly Problem[];
}

export async function validate({ output }: Terminal, options: ValidateOptions): Promise<void> {
  const schema = options.schema === undefined ? undefined : await schemaIn(options.schema);
  const { layers, keys, problems } = await check(options, schema);
  const ok = problems.length === 0;
  if (options.json === true) output.json({ ok, layers, keys, problems });
  else for (const { message } of problems) output.problem(`✗ ${message}`);
  if (!ok) throw new Failure(`${counted(problems.length, 'problem')} found`);
  if (options.json !== true) output.line(output.style('green', `✓ ${counted(layers, 'layer')} with ${counted(keys, 'key')}, no problems`));
}

async function check({ config, namespace }: ValidateOptions, schema: StandardSchema<object> | undefined): Promise<Report> {
  const file = config ?? descriptionPath(process.env);
  let configs: Readonly<Record<string, ConfigOptions>>;
  try {
    configs = file === undefined ? { default: standardOptions(process.env) } : readDescription(file).configs;
  } catch (error) {
    return { layers: 0, keys: 0, problems: problemsOf(error) };
  }
  const names = Object.keys(configs).filter((name) => namespace === undefined || name === namespace);
  if (names.length === 0) throw new Failure(`no config is called ${JSON.stringify(namespace)}; there are ${Object.keys(configs).join(', ')}`);
  const reports = await Promise.all(names.map((name) => checkConfig(configs[name] ?? { layers: [] }, names.length > 1 ? `${name}: ` : '', schema)));
  const sum = (pick: (report: Report) => number): number => reports.reduce((total, report) => total + pick(report), 0);
  return { layers: sum((report) => report.layers), keys: sum((report) => report.keys), problems: reports.flatMap((report) => report.problems) };
}

/** What a description has all at once is one problem each. */
function problemsOf(error: unknown): Problem[] {
  if (!(error instanceof ConfigError)) throw error;
  if (!(error instanceof DescriptionError)) return [{ code: error.code, message: error.message }];
  return error.issues.map(({ message, line, column }) => ({ code: error.code, message: `${error.file}:${line}:${column}: ${message}` }));
}

const references: readonly string[] = ['CALUMMA_MISSING_KEY', 'CALUMMA_INTERPOLATION'];

async function checkConfig(options: ConfigOptions, lead: string, schema: StandardSchema<object> | undefined): Promise<Report> {
  const errors = new Map<string, Problem>();
  const note = ({ code, message }: Problem): void => void errors.set(message, { code, message: lead + message });
  // Without its disk cache: what an earlier run could read proves nothing.
  const { cacheDir: _, cache: __, ...bare } = options;
  // References are looked at key by key, below.
  const config = createConfig({ ...bare, onError: (error) => (references.includes(error.code) ? undefined : note(error)) });
  try {
    await config.ready().catch((error: unknown) => problemsOf(error).forEach(note));
    noteLayers(config, note);
    noteValues(config, note);
    if (schema !== undefined) noteSchema(config, schema, note);
    return { layers: config.layers.length, keys: config.keys().length, problems: [...errors.values()] };
  } finally {
    await config.close();
  }
}

type Note = (problem: Problem) => void;

/** A layer that is silent has reported nothing yet. */
function noteLayers(config: Config, note: Note): void {
  for (const { name, state, lastError } of config.health().layers) {
    if (state === 'loading') note({ code: 'CALUMMA_SOURCE', message: `${name}: did not answer in time` });
    else if (state !== 'live' && lastError !== undefined) note(lastError);
  }
}

function noteValues(config: Config, note: Note): void {
  for (const key of config.keys()) {
    const { winner, hidden, errors } = config.explain(key);
    // Variables that nothing else sets belong to other programs: PS1='${debian_chroot}'.
    if (winner?.origin?.startsWith('env:') === true && hidden.length === 0) continue;
    for (const { code, message } of errors) note({ code, message: winner?.origin === undefined ? message : `${message} (${winner.origin})` });
  }
}

function noteSchema(config: Config, schema: StandardSchema<object>, note: Note): void {
  try {
    config.bind('', schema);
  } catch (error) {
    problemsOf(error).forEach(note);
  }
}

async function schemaIn(module: string): Promise<StandardSchema<object>> {
  if (module.endsWith('.json')) throw new Misuse('--schema: expected a JavaScript module that exports a Standard Schema, found a .json file; calumma validate --help says what to do with a JSON Schema');
  let exported: { readonly default?: unknown; readonly schema?: unknown };
  try {
    exported = (await import(pathToFileURL(path.resolve(module)).href)) as typeof exported;
  } catch (error) {
    throw new Failure(`--schema ${module}: ${(error as Error).message}`, { cause: error });
  }
  const found = [exported.default, exported.schema].find((one) => (one as Partial<StandardSchema<object>> | undefined)?.['~standard'] !== undefined);
  if (found === undefined) throw new Failure(`--schema ${module}: expected an export "default" or "schema" that is a Standard Schema, found none`);
  return found as StandardSchema<object>;
}
