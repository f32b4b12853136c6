import type { Command } from 'commander';

import type { Terminal } from '../terminal.js';

interface Verb {
  readonly name: string;
  readonly description: string;
  readonly options: readonly Flag[];
  /** What its first argument may be, if that is a closed list. */
  readonly choices: readonly string[];
}

interface Flag {
  readonly flag: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export function completion({ output }: Terminal, shell: string, { json }: { readonly json?: true }, program: Command | null): void {
  const verbs = verbsOf(program);
  if (json === true) return output.json(verbs);
  output.text(shell === 'bash' ? bash(verbs) : shell === 'zsh' ? zsh(verbs) : fish(verbs));
}

function verbsOf(program: Command | null): Verb[] {
  return (program?.commands ?? []).map((command) => ({
    name: command.name(),
    description: command.description(),
    options: command.options.map(({ long, description, required, optional, argChoices }) => ({ flag: long ?? '', description, takesValue: required || optional, choices: argChoices ?? [] })),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  }));
}

/** In single quotes, for any of the three. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function bash(verbs: readonly Verb[]): string {
  const cases = verbs.map(({ name, options, choices }) => `    ${name}) options=${quoted(['--help', ...options.map(({ flag }) => flag)].join(' '))}; choices=${quoted(choices.join(' '))} ;;`);
  const values = flagsWithChoices(verbs).map(({ flag, choices }) => `    ${flag}) COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$word")); return ;;`);
  return `# bash completion for calumma
_calumma() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} verb=\${COMP_WORDS[1]} options= choices=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted([...verbs.map(({ name }) => name), 'help', '--help', '--version'].join(' '))} -- "$word"))
    return
  fi
  case $before in
${values.join('\n')}
  esac
  case $verb in
${cases.join('\n')}
    help) choices=${quoted(verbs.map(({ name }) => name).join(' '))} ;;
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) [ -n "$choices" ] && COMPREPLY=($(compgen -W "$choices" -- "$word")) ;;
  esac
}
complete -o default -F _calumma calumma
`;
}

function flagsWithChoices(verbs: readonly Verb[]): Flag[] {
  const flags = verbs.flatMap(({ options }) => options).filter(({ choices }) => choices.length > 0);
  return [...new Map(flags.map((flag) => [flag.flag, flag])).values()];
}

function zsh(verbs: readonly Verb[]): string {
  const described = (text: string, description: string): string => quoted(`${text.replaceAll(':', '\\:')}:${description}`);
  const cases = verbs.map(({ name, options, choices }) => {
    const specs = options.map(({ flag, description, takesValue, choices: allowed }) => quoted(`*${flag}[${bracketed(description)}]${takesValue ? `:value:${allowed.length > 0 ? `(${allowed.join(' ')})` : '_files'}` : ''}`));
    const rest = quoted(`*:argument:${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}`);
    return `        ${name}) _arguments ${[...specs, rest].join(' ')} ;;`;
  });
  return `#compdef calumma
_calumma() {
  local -a verbs
  verbs=(${verbs.map(({ name, description }) => described(name, description)).join(' ')})
  _arguments -C '1: :->verb' '*:: :->rest'
  case $state in
    verb) _describe verb verbs ;;
    rest)
      case $words[1] in
${cases.join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = _calumma ]; then _calumma "$@"; else compdef _calumma calumma; fi
`;
}

function bracketed(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&');
}

function fish(verbs: readonly Verb[]): string {
  const plain = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = verbs.flatMap(({ name, description, options, choices }) => [
    `complete -c calumma -n __fish_use_subcommand -a ${name} -d ${plain(description)}`,
    ...options.map(({ flag, description: what, takesValue, choices: allowed }) => {
      const value = allowed.length > 0 ? ` -x -a ${plain(allowed.join(' '))}` : takesValue ? ' -r' : '';
      return `complete -c calumma -n '__fish_seen_subcommand_from ${name}' -l ${flag.replace(/^--/, '')}${value} -d ${plain(what)}`;
    }),
    ...(choices.length === 0 ? [] : [`complete -c calumma -n '__fish_seen_subcommand_from ${name}' -f -a ${plain(choices.join(' '))}`]),
  ]);
  return `# fish completion for calumma\n${lines.join('\n')}\n`;
}
