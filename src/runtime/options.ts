import { msOf, sizeOf } from '../core/amounts.js';
import { checkFlag, checkOptions, wrongOption } from '../core/check.js';
import { ConfigError } from '../core/errors.js';
import type { Context, Source } from '../core/model.js';
import { redactor, type Redact } from '../core/redact.js';
import type { LayerSetup } from './layer.js';
import type { MassRemoval } from './loss.js';
import type { Guard } from './publisher.js';

/** A source with what its layer should keep to. */
export interface LayerSpec {
  readonly source: Source;
  /** Default: the source's own name. */
  readonly name?: string;
  /** `ready()` fails while this layer has nothing: no reading, or of a local source no entries, such as a file that is not there. Default false. */
  readonly required?: boolean;
  /** ms, or a duration, until a layer that is out of touch counts as overdue. Default 10_000. */
  readonly maxStalenessMs?: number | string;
  /** Bytes, or a size, that this layer may hold. Default: what `maxBytes` of the config allows. */
  readonly maxBytes?: number | string;
  /** `ignore`: a key that disappears from the source stays. Default `apply`. */
  readonly deletes?: 'apply' | 'ignore';
  /**
   * What to do with a reading that would remove more than 30 % of at least 10 keys of a remote layer: `confirm` reads it again after
   * 2 s and believes what is said twice, `allow` takes it at once, `refuse` keeps the last good reading. Default `confirm`.
   */
  readonly massRemoval?: MassRemoval;
}

/** How the disk cache keeps what it keeps. */
export interface CacheOptions {
  /** A key of 32 bytes, or its hex or base64 text: what is kept is encrypted with AES-256-GCM. Default: plain, readable by the owner only. */
  readonly encrypt?: Uint8Array | string;
}

export interface ConfigOptions {
  /** Highest priority first. */
  readonly layers: readonly (Source | LayerSpec)[];
  /** Dimensions of the deployment. Default: `environment` from `CALUMMA_ENV`, else `NODE_ENV`. */
  readonly context?: Context;
  /** Folder where remote layers keep their last good readings. Local layers are never cached: they are their own copy. */
  readonly cacheDir?: string;
  /** How `cacheDir` keeps them. */
  readonly cache?: CacheOptions;
  /** Bytes of all keys and values in UTF-8, or a size such as `'10MB'`. Default 10 MB. */
  readonly maxBytes?: number | string;
  /** Fill in `${…}`. Default true. */
  readonly interpolate?: boolean;
  /** Keys whose values are never shown: words (anywhere in the key, any case) or patterns. */
  readonly redact?: readonly (string | RegExp)[];
  /** Each may refuse a reading by throwing; the last good one stays. */
  readonly guards?: readonly Guard[];
  /** Gets every error. Default: each distinct one once as a process warning. */
  readonly onError?: (error: ConfigError) => unknown;
}

/** The options with their defaults, checked. */
export interface Settings {
  readonly layers: readonly LayerSetup[];
  readonly context: Context;
  readonly maxBytes: number;
  readonly interpolate: boolean;
  readonly isSecret: Redact;
  readonly guards: readonly Guard[];
  readonly cacheDir: string | undefined;
  readonly cache: CacheOptions;
  readonly onError: ((error: ConfigError) => unknown) | undefined;
}

const known = ['layers', 'context', 'cacheDir', 'cache', 'maxBytes', 'interpolate', 'redact', 'guards', 'onError'];
const knownOfLayer = ['source', 'name', 'required', 'maxStalenessMs', 'maxBytes', 'deletes', 'massRemoval'];

/** @throws ConfigError CALUMMA_OPTION, CALUMMA_DUPLICATE_LAYER */
export function settingsOf(options: ConfigOptions, env: NodeJS.ProcessEnv): Settings {
  expectObject(options, 'createConfig', 'options such as { layers: [env()] }');
  checkOptions('createConfig', options, known);
  if (!Array.isArray(options.layers)) throw wrongOption('layers', 'a list of sources', options.layers);
  const layers = options.layers.map((layer: Source | LayerSpec, index) => layerSetup(layer, `layers[${index}]`));
  expectDistinct(layers.map((layer) => layer.name));
  if (options.cacheDir !== undefined && (typeof options.cacheDir !== 'string' || options.cacheDir === '')) throw wrongOption('cacheDir', 'a path', options.cacheDir);
  if (options.cache !== undefined) checkOptions('createConfig({ cache })', options.cache, ['encrypt']);
  return {
    layers,
    cacheDir: options.cacheDir,
    cache: options.cache ?? {},
    context: contextOf(options.context, env),
    maxBytes: options.maxBytes === undefined ? 10 * 1024 * 1024 : sizeOf(options.maxBytes, 'maxBytes'),
    interpolate: flag(options.interpolate ?? true, 'interpolate'),
    isSecret: redactor(redactWords(options.redact)),
    guards: functions(options.guards),
    onError: optionalFunction(options.onError, 'onError'),
  };
}

/** @throws ConfigError CALUMMA_OPTION */
export function layerSetup(layer: Source | LayerSpec, where: string): LayerSetup {
  expectObject(layer, where, 'a source, or { source, … }');
  const spec: LayerSpec = 'source' in layer ? layer : { source: layer };
  if ('source' in layer) checkOptions(where, layer, knownOfLayer);
  const { source } = spec;
  if (typeof (source as Source | undefined)?.readings !== 'function') throw wrongOption(where, 'a source', source);
  const name: unknown = spec.name ?? source.name;
  if (typeof name !== 'string' || name === '') throw wrongOption(`${where}.name`, 'a name', name);
  const { deletes = 'apply' } = spec;
  if (!['apply', 'ignore'].includes(deletes)) throw wrongOption(`${where}.deletes`, "'apply' or 'ignore'", deletes);
  const { massRemoval = 'confirm' } = spec;
  if (!['confirm', 'allow', 'refuse'].includes(massRemoval)) throw wrongOption(`${where}.massRemoval`, "'confirm', 'allow' or 'refuse'", massRemoval);
  return {
    name,
    source,
    deletes,
    massRemoval,
    required: flag(spec.required ?? false, `${where}.required`),
    ...(spec.maxStalenessMs === undefined ? {} : { maxStalenessMs: msOf(spec.maxStalenessMs, `${where}.maxStalenessMs`) }),
    ...(spec.maxBytes === undefined ? {} : { maxBytes: sizeOf(spec.maxBytes, `${where}.maxBytes`) }),
  };
}

export function expectDistinct(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ConfigError('CALUMMA_DUPLICATE_LAYER', `expected layers with distinct names, found ${JSON.stringify(twice)} twice; give one of them a name: { source, name }`);
}

function contextOf(context: Context | undefined, env: NodeJS.ProcessEnv): Context {
  const environment = env.CALUMMA_ENV ?? env.NODE_ENV;
  const defaults = environment === undefined ? {} : { environment };
  if (context === undefined) return Object.freeze(defaults);
  expectObject(context, 'context', "an object such as { environment: 'prod' }");
  for (const [key, value] of Object.entries(context)) {
    if (value !== undefined && typeof value !== 'string') throw wrongOption(`context.${key}`, 'a string', value);
  }
  return Object.freeze({ ...defaults, ...context });
}

function redactWords(words: unknown): readonly (string | RegExp)[] | undefined {
  if (words === undefined) return undefined;
  if (Array.isArray(words) && words.every((word) => typeof word === 'string' || word instanceof RegExp)) return words;
  throw wrongOption('redact', 'a list of words and patterns', words);
}

function functions(guards: unknown): readonly Guard[] {
  if (guards === undefined) return [];
  if (Array.isArray(guards) && guards.every((guard) => typeof guard === 'function')) return guards as Guard[];
  throw wrongOption('guards', 'a list of functions', guards);
}

function optionalFunction<F>(value: F | undefined, what: string): F | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw wrongOption(what, 'a function', value);
}

function flag(value: boolean, what: string): boolean {
  checkFlag(what, value);
  return value;
}

function expectObject(value: unknown, what: string, expected: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongOption(what, expected, value);
}
