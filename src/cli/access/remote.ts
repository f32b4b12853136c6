import { Failure } from '../exit.js';
import type { Access, Done, Edit, Explained, HistoryLine, HistoryQuery, Preview, Row, Signature } from './access.js';
import { type Address, shownAddress } from './address.js';
import { ask, isOk, problemOf, type Question, textOf } from './http.js';
import { nothingToUndo } from './nothing-to-undo.js';

/** The cascade of a sidecar. */
export function openRemote(address: Address, namespace = 'default'): Promise<Access> {
  const at = (resource: string, ...rest: readonly string[]): string => ['/v1', resource, namespace, ...rest].map((part, index) => (index === 0 ? part : encodeURIComponent(part))).join('/');
  const json = async <T>(question: Question): Promise<T> => parsed(address, await body(address, question)) as T;
  const valuesOf = (prefix: string): Promise<Values> => json({ path: at('config') + query({ prefix }) });
  const rollback = async (version: string, rest: object): Promise<object> => {
    const answer = await json<{ readonly keys?: readonly string[]; readonly version?: string }>({ method: 'POST', path: at('rollback'), body: { version, ...rest } });
    if (answer.keys?.length === 0) throw await nothingToUndo(version, answer.version);
    return answer;
  };
  return Promise.resolve({
    get: (key) => get(address, at('config', key), key),
    keys: async () => Object.keys((await valuesOf('')).values),
    list: async (prefix) => rowsOf(await valuesOf(prefix)),
    explain: async (key) => explainedBy(await json<Partial<Explained>>({ path: at('explain', key) }), key),
    watch: async (prefix, listener, signal) => (await import('./remote-watch.js')).watchRemote({ address, namespace, prefix }, listener, signal),
    preview: (edit) => json({ method: 'POST', path: at('preview'), body: bodyOf(edit) }).then(previewOf),
    write: (edit, signature, expectedVersion) => json<Done>({ method: 'PATCH', path: at('config'), body: { ...bodyOf(edit), ...signature, expectedVersion } }).then(doneOf),
    history: (asked) => history(json, at('history'), asked),
    previewRollback: (version, layer) => rollback(version, { layer, dryRun: true }).then(previewOf),
    rollback: (version, signature: Signature, layer) => rollback(version, { layer, ...signature }).then(doneOf),
    close: () => Promise.resolve(),
  });
}

interface Values {
  readonly values: Readonly<Record<string, string>>;
  readonly masked?: readonly string[];
}

async function get(address: Address, path: string, key: string): Promise<string | undefined> {
  const answer = await ask(address, { path });
  if (!isOk(answer)) {
    const problem = await problemOf(address, answer);
    if (problem.code === 'NOT_FOUND') return undefined;
    throw problem;
  }
  // A script that takes *** for a password is worse off than one that is told.
  if (answer.headers['x-config-masked'] === '1') throw new Failure(`${key} is a secret: the sidecar tells it only to a token with the right "reveal"`);
  return textOf(address, answer);
}

async function body(address: Address, question: Question): Promise<string> {
  const answer = await ask(address, question);
  if (!isOk(answer)) throw await problemOf(address, answer);
  return textOf(address, answer);
}

function parsed(address: Address, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(`${shownAddress(address)} does not answer in JSON: is it a sidecar?`, { cause: error });
  }
}

function query(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value)}`]));
  return given.length === 0 ? '' : `?${given.join('&')}`;
}

function rowsOf({ values, masked = [] }: Values): Row[] {
  const secrets = new Set(masked);
  return Object.keys(values).sort().map((key) => ({ key, value: values[key] ?? '', secret: secrets.has(key), layer: null, origin: null, ambient: false }));
}

/** Whatever a sidecar of another version leaves out. */
function explainedBy(told: Partial<Explained>, key: string): Explained {
  const { value = null, secret = false, winner = null, hidden = [], unread = [], interpolation = [], errors = [] } = told;
  return { key, value, secret, winner, hidden, unread, interpolation, errors };
}

function bodyOf({ set, remove, layer }: Edit): object {
  // Without a prototype, so that a key named `__proto__` is a key.
  const entries = Object.assign(Object.create(null) as object, Object.fromEntries(set));
  return { set: entries, delete: [...remove], layer };
}

/** Without what only a sidecar has to say, so that a script reads the same from both. */
function doneOf(answer: object): Done {
  const { layer = '', version = '' } = answer as Partial<Done>;
  return { layer, version };
}

function previewOf(answer: unknown): Preview {
  const { layer = null, changes = [], hidden = [] } = answer as Partial<Omit<Preview, 'changes'>> & { readonly changes?: readonly { readonly key: string; readonly before?: string | null; readonly after?: string | null }[] };
  return { layer, changes: changes.map(({ key, before, after }) => ({ key, before: before ?? null, after: after ?? null })), hidden };
}

async function history(json: (question: Question) => Promise<{ readonly entries: readonly Partial<HistoryLine>[] }>, path: string, { layer, key, limit }: HistoryQuery): Promise<HistoryLine[]> {
  const answer = await json({ path: path + query({ layer, key, limit }) });
  return answer.entries.map((line) => ({ key: '', version: '', author: '', reason: '', at: '', ...line, before: line.before ?? null, after: line.after ?? null }));
}
