import { reasonOf } from '../../core/check.js';
import { SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';

interface Advice {
  readonly expected: string;
  readonly advice: string;
}

/** What Redis says with these words, and what helps. The first word of an error is its code, behind which older scripts hide it. */
const refusals: Readonly<Record<string, Advice>> = {
  NOAUTH: { expected: 'to be let in', advice: 'give the password: `url: "redis://:password@host:6379"`, or `password`' },
  WRONGPASS: { expected: 'to be let in', advice: 'check `username` and `password`' },
  NOPERM: { expected: 'the right to do this', advice: 'grant it: `ACL SETUSER <user> ~<keys> &* +@read +@connection +@transaction` to read, and `+eval +time +@write` to write' },
  WRONGTYPE: { expected: 'a hash (`hash`), or strings below a prefix (`prefix`), and a stream as history', advice: 'rename or delete the key, or choose another name' },
  LOADING: { expected: 'a server that is ready', advice: 'it is loading its data, and is asked again' },
  MASTERDOWN: { expected: 'a replica that has its primary', advice: 'it is asked again' },
  READONLY: { expected: 'a primary', advice: 'this is a replica: write to the primary' },
  NOREPLICAS: { expected: 'enough replicas to take a write', advice: 'see `min-replicas-to-write` of the server' },
  OOM: { expected: 'room for the write', advice: 'free memory, or raise `maxmemory` of the server' },
  MISCONF: { expected: 'a server that takes writes', advice: 'it cannot save its data: see its log' },
  BUSY: { expected: 'an answer', advice: 'a script blocks the server: `SCRIPT KILL`' },
  NOSCRIPT: { expected: 'a server that runs scripts', advice: 'allow EVAL' },
  MOVED: { expected: 'one server, or a primary with replicas', advice: 'Redis Cluster is not supported: use a server of its own for configuration' },
  ASK: { expected: 'one server, or a primary with replicas', advice: 'Redis Cluster is not supported: use a server of its own for configuration' },
  CLUSTERDOWN: { expected: 'one server, or a primary with replicas', advice: 'Redis Cluster is not supported: use a server of its own for configuration' },
};

// The words for a script that may not do all that it would do differ from those for a command.
const aliases: readonly [RegExp, string][] = [[/can't run this command|can't access at least one of the keys/, 'NOPERM']];

const codes = new RegExp(`\\b(?:${Object.keys(refusals).join('|')})\\b`);

/** What the client throws, as an error that says what to do. */
export function redisError(what: string, thrown: unknown): SourceError {
  if (thrown instanceof SourceError) return thrown;
  forgetCommand(thrown);
  const said = wordsOf(thrown);
  const refusal = isRefusal(thrown) ? refusals[codeIn(said)] : undefined;
  if (refusal !== undefined) {
    return new SourceError(`${what}: expected ${refusal.expected}, found ${quote(said)}: ${refusal.advice}`, { cause: thrown });
  }
  return new SourceError(`${what}: expected an answer of Redis, found ${quote(said)}`, { cause: thrown });
}

/** Whether the server has answered, with a no. Everything else is a connection that is broken. */
export function isRefusal(thrown: unknown): boolean {
  const error = thrown instanceof SourceError ? thrown.cause : thrown;
  return error instanceof Error && error.name === 'ReplyError';
}

/** Whether an error, or one that was made of it, has this code. */
export function hasCode(thrown: unknown, code: string): boolean {
  const error = thrown instanceof SourceError ? thrown.cause : thrown;
  return isRefusal(error) && wordsOf(error).includes(code);
}

/** The client hangs the command on the error, with all that it was given: passwords, values. */
export function forgetCommand(thrown: unknown): void {
  if (thrown instanceof Error && 'command' in thrown) delete thrown.command;
}

function codeIn(said: string): string {
  return codes.exec(said)?.[0] ?? aliases.find(([words]) => words.test(said))?.[1] ?? '';
}

// An unknown command is quoted by the server with its arguments, where a value may stand.
function wordsOf(thrown: unknown): string {
  const [said = ''] = reasonOf(thrown).split(/,? with args/);
  return said === '' ? codeOf(thrown) : said;
}

/** A connection that was tried on several addresses fails without words. */
function codeOf(thrown: unknown): string {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'an error without words';
}
