import { faithfulOptionsOf, withConfig } from '../config.js';
import { type Config, duration, environmentOf } from '../../index.js';
import { ExitWith, Misuse } from '../exit.js';
import { counted } from '../lines.js';
import type { ReadOptions } from '../options.js';
import type { Output } from '../output.js';
import { Burst } from '../run/burst.js';
import { signalOf, Supervisor } from '../run/supervisor.js';
import type { Terminal } from '../terminal.js';

interface RunOptions extends ReadOptions {
  readonly prefix?: string;
  readonly restart?: true;
  readonly signal?: string;
  readonly follow: boolean;
  readonly quiet: string;
  readonly grace: string;
}

export async function run({ output }: Terminal, command: readonly string[], options: RunOptions): Promise<void> {
  if (options.restart === true && options.signal !== undefined) throw new Misuse('--restart and --signal exclude each other');
  const signal = options.signal === undefined ? undefined : signalOf(options.signal);
  const [quietMs, graceMs] = [msOf('--quiet', options.quiet), msOf('--grace', options.grace)];
  const say = sayOn(output, options.json === true);
  const code = await withConfig(faithfulOptionsOf(options), async (config) => {
    const supervisor = new Supervisor(command, { graceMs });
    const environment = new Environment(config, options.prefix ?? '');
    supervisor.start(environment.now());
    const burst = new Burst(quietMs, () => {
      const changed = environment.changed(say);
      if (changed === 0) return;
      say(`${counted(changed, 'variable')} changed: ${signal ?? 'restarting'}`);
      if (signal === undefined) supervisor.replace(environment.now());
      else supervisor.signal(signal);
    });
    if (options.follow) config.on('change', () => burst.note());
    try {
      return await supervisor.ended;
    } finally {
      burst.end();
    }
  });
  throw new ExitWith(code);
}

/** What the program is given, beside what we were given. */
class Environment {
  readonly #config: Config;
  readonly #prefix: string;
  #variables: ReadonlyMap<string, string>;

  /** @throws ConfigError when two keys would be one variable */
  constructor(config: Config, prefix: string) {
    this.#config = config;
    this.#prefix = prefix;
    this.#variables = this.#read();
  }

  now(): NodeJS.ProcessEnv {
    return { ...process.env, ...Object.fromEntries(this.#variables) };
  }

  /** Reads again. @returns how many variables differ; 0 also when what there is now cannot be an environment */
  changed(say: (text: string) => void): number {
    try {
      const before = this.#variables;
      this.#variables = this.#read();
      const names = new Set([...before.keys(), ...this.#variables.keys()]);
      return [...names].filter((name) => before.get(name) !== this.#variables.get(name)).length;
    } catch (error) {
      say(`${(error as Error).message}; the program keeps what it has`);
      return 0;
    }
  }

  #read(): ReadonlyMap<string, string> {
    const entries = this.#config.entries(this.#prefix);
    // The variables themselves are passed on as they are, and so is an empty key, which has no name.
    return environmentOf(entries.filter(([key]) => key !== '' && this.#config.explain(key).winner?.origin !== `env:${key}`));
  }
}

function sayOn(output: Output, json: boolean): (text: string) => void {
  return (text) => (json ? output.problem(JSON.stringify({ at: new Date().toISOString(), message: text }), 'reset') : output.problem(`calumma: ${text}`, 'dim'));
}

/** A time as the library reads it, of which Node can wait no more than 24 days. */
function msOf(option: string, text: string): number {
  try {
    const ms = duration(text).default;
    if (ms >= 0 && ms < 2 ** 31) return ms;
  } catch {
    // said below
  }
  throw new Misuse(`${option}: expected a time such as 500ms or 10s, found ${JSON.stringify(text)}`);
}
