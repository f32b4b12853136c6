import type { FullReading, Source } from '../core/model.js';
import { stillSource } from './still.js';
import { checkOptions, checkText, optionError } from '../core/check.js';

export interface ArgsOptions {
  /** The words of the command line. Default `process.argv.slice(2)`. */
  readonly argv?: readonly string[];
  /** The layer's name. Default `args`. */
  readonly name?: string;
}

/**
 * The command line: `--gateway.limit=50`, `--gateway.limit 50`, `--verbose` (which is `true`), `-k=50`.
 *
 * The word after `--key` is its value unless it begins with `-` and is no negative number; write `--key=-x` for those.
 * So a positional word must not stand right behind a flag: put it behind `--`, which ends the options, or write `--flag=true`.
 * `--no-color` is the key `no-color`, with no magic. The last of several wins. Anything else is left to the program.
 * Origins read `args:--gateway.limit`.
 *
 * @throws ConfigError `CALUMMA_OPTION` when `argv` is no list of strings
 * @example const commandLine = args({ argv: ['--gateway.limit', '50'] });
 */
export function args(options: ArgsOptions = {}): Source {
  checkOptions('args', options, ['argv', 'name']);
  const { argv = process.argv.slice(2), name = 'args' } = options;
  checkText('args({ name })', name);
  checkWords(argv);
  const reading = parseWords(argv);
  return stillSource(name, () => reading);
}

function checkWords(argv: unknown): void {
  if (!Array.isArray(argv)) throw optionError('args({ argv })', 'a list of strings', argv);
  const at = argv.findIndex((word) => typeof word !== 'string');
  if (at >= 0) throw optionError(`args({ argv: [${at}] })`, 'a string', argv[at]);
}

function parseWords(argv: readonly string[]): FullReading {
  const entries = new Map<string, string>();
  const spelled = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') break;
    const option = readOption(word, argv[at + 1]);
    if (option === undefined) continue;
    if (option.tookNext) at++;
    entries.set(option.key, option.value);
    spelled.set(option.key, option.dashes + option.key);
  }
  return {
    kind: 'full',
    entries,
    locate: (key) => {
      const word = spelled.get(key);
      return word === undefined ? undefined : `args:${word}`;
    },
  };
}

interface Option {
  readonly dashes: string;
  readonly key: string;
  readonly value: string;
  readonly tookNext: boolean;
}

function readOption(word: string, next: string | undefined): Option | undefined {
  if (!word.startsWith('-')) return undefined;
  const dashes = word.startsWith('--') ? '--' : '-';
  const equals = word.indexOf('=');
  const key = word.slice(dashes.length, equals < 0 ? undefined : equals);
  if (key === '') return undefined;
  if (equals >= 0) return { dashes, key, value: word.slice(equals + 1), tookNext: false };
  // go-archaius takes -k=v; -k and -k v belong to the program's own options.
  if (dashes === '-') return undefined;
  if (next !== undefined && isValue(next)) return { dashes, key, value: next, tookNext: true };
  return { dashes, key, value: 'true', tookNext: false };
}

function isValue(word: string): boolean {
  return !word.startsWith('-') || /^-\.?[0-9]/.test(word);
}
