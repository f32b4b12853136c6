import { type Config, createConfig, type DynamicProperty, env, memory, type MemorySource } from '../../src/index.js';

/**
 * Plays a scenario: a cascade and what happens to it, as text. One command a line; `#` begins a comment.
 *
 *   layers <name>…                  the cascade, highest first; they begin empty. `env` is the environment
 *   load <layer> <key>=<value>…     before the config is made: what the layer holds at first
 *   watch <key> [int <default>]     print its changes from now on: of the key, or of its int property
 *   watch all                       print each publish
 *   set <layer> <key>=<value>       delete <layer> <key>       replace <layer> <key>=<value>…
 *   override <key>=<value>          clear <key>
 *   add <layer> above|below <layer> <key>=<value>…       add <layer> top|bottom <key>=<value>…
 *   remove <layer>
 *   when <key> then <command>       from now on, a listener of the key runs the command, once
 *   get <key>…                      keys                       explain <key>
 *
 * `_` in a value is a blank, `''` the empty text.
 */
export async function play(script: string): Promise<string[]> {
  const player = new Player();
  for (const line of script.split('\n')) {
    const command = line.replace(/(^|\s)#.*$/, '').trim();
    if (command !== '') await player.run(command);
  }
  await player.close();
  return player.output;
}

type Verb = (words: string[]) => unknown;

class Player {
  readonly output: string[] = [];
  readonly #sources = new Map<string, MemorySource>();
  readonly #environment: Record<string, string | undefined> = {};
  #names: string[] = [];
  #made: Config | undefined;

  readonly #verbs: Readonly<Record<string, Verb>> = {
    layers: (names) => this.#layers(names),
    load: ([layer = '', ...pairs]) => this.#replace(layer, pairs),
    watch: ([key = '', type, given]) => (key === 'all' ? this.#watchAll() : type === 'int' ? this.#watchInt(key, Number(given)) : this.#watch(key)),
    set: ([layer = '', pair = '']) => this.#set(layer, ...entry(pair)),
    delete: ([layer = '', key = '']) => this.#set(layer, key, undefined),
    replace: ([layer = '', ...pairs]) => this.#replace(layer, pairs),
    override: ([pair = '']) => this.#config.override(...entry(pair)),
    clear: ([key = '']) => this.#config.clearOverride(key),
    add: (words) => this.#add(words),
    remove: ([layer = '']) => this.#config.removeLayer(layer),
    when: ([key = '', , ...command]) => this.#when(key, command.join(' ')),
    get: (keys) => this.output.push(...keys.map((key) => `${key} = ${shown(this.#config.get(key))}`)),
    keys: () => this.output.push(`keys: ${this.#config.keys().sort().join(' ')}`),
    explain: ([key = '']) => this.output.push(...String(this.#config.explain(key)).replaceAll(/ {2}since \S+/g, '').split('\n')),
  };

  async run(command: string): Promise<void> {
    const [verb = '', ...words] = command.split(/\s+/);
    const act = this.#verbs[verb];
    if (act === undefined) throw new Error(`no such command: ${command}`);
    await act(words);
  }

  async close(): Promise<void> {
    await this.#made?.close();
  }

  /** Made with the first command that needs it, so that what is loaded before is there from the start. */
  get #config(): Config {
    const layers = (): Parameters<typeof createConfig>[0]['layers'] =>
      this.#names.map((name) => (name === 'env' ? env({ environment: this.#environment }) : this.#sources.get(name)!));
    return (this.#made ??= createConfig({ layers: layers(), context: { region: 'eu' }, onError: (error) => this.output.push(`! ${error.message}`) }));
  }

  #layers(names: string[]): void {
    this.#names = names;
    for (const name of names) if (name !== 'env') this.#sources.set(name, memory({}, { name }));
  }

  #watch(key: string): void {
    this.#config.onChange(key, ({ before, after, layer }) => this.output.push(`${key}: ${shown(before)} -> ${shown(after)} (${layer})`));
  }

  #watchInt(key: string, given: number): void {
    const property: DynamicProperty<number> = this.#config.getIntProperty(key, given);
    property.onChange((now, before) => this.output.push(`int ${key}: ${before} -> ${now}`));
  }

  #watchAll(): void {
    this.#config.on('change', ({ version, changes }) => {
      const what = changes.map(({ key, before, after }) => `${key}: ${shown(before)} -> ${shown(after)}`);
      this.output.push(`version ${version}: ${what.join(', ')}`);
    });
  }

  #set(layer: string, key: string, value: string | undefined): unknown {
    if (layer === 'env') {
      this.#environment[key] = value;
      return this.#made?.refresh('env');
    }
    return value === undefined ? this.#source(layer).delete(key) : this.#source(layer).set(key, value);
  }

  #replace(layer: string, pairs: string[]): unknown {
    if (layer !== 'env') return this.#source(layer).replace(pairs.map(entry));
    for (const key of Object.keys(this.#environment)) this.#environment[key] = undefined;
    Object.assign(this.#environment, Object.fromEntries(pairs.map(entry)));
    return this.#made?.refresh('env');
  }

  #add([name = '', where = '', ...words]: string[]): void {
    const isEnd = where === 'top' || where === 'bottom';
    const source = memory((isEnd ? words : words.slice(1)).map(entry), { name });
    this.#sources.set(name, source);
    const [other = ''] = words;
    this.#config.addLayer(source, isEnd ? where : where === 'above' ? { above: other } : { below: other });
  }

  #when(key: string, command: string): void {
    const end = this.#config.onChange(key, () => {
      end();
      this.output.push(`(${command})`);
      void this.run(command);
    });
  }

  #source(name: string): MemorySource {
    const source = this.#sources.get(name);
    if (source === undefined) throw new Error(`no such layer: ${name}`);
    return source;
  }
}

function entry(pair: string): [key: string, value: string] {
  const at = pair.indexOf('=');
  const value = pair.slice(at + 1);
  return [pair.slice(0, at), value === "''" ? '' : value.replaceAll('_', ' ')];
}

function shown(value: string | undefined): string {
  return value === undefined ? '(not set)' : value === '' ? "''" : value;
}
