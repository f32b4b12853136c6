import { Failure } from '../exit.js';
import type { Access, Edit, HistoryQuery, Row, Signature } from './access.js';
import type { Address } from './address.js';
import { ask, isOk, problemOf, type Question, textOf } from './http.js';
import { nothingToUndo } from './nothing-to-undo.js';
import { doneIn, explainedIn, fieldsIn, historyIn, listIn, previewIn, textIn, textOrNull, understood, type Values, valuesIn } from './words.js';

/** The cascade of a sidecar. */
export function openRemote(address: Address, namespace = 'default'): Promise<Access> {
  const at = (resource: string, ...rest: readonly string[]): string => ['/v1', resource, namespace, ...rest].map((part, index) => (index === 0 ? part : encodeURIComponent(part))).join('/');
  const json = async <T>(question: Question, read: (answer: unknown) => T): Promise<T> => understood(address, await body(address, question), read);
  const valuesOf = (prefix: string): Promise<Values> => json({ path: at('config') + query({ prefix }) }, valuesIn);
  const rollback = async <T>(version: string, rest: object, read: (answer: unknown) => T): Promise<T> => {
    const told = (answer: unknown) => {
      const { keys, version: newest } = fieldsIn(answer);
      const isNothing = keys !== undefined && listIn(keys, textIn).length === 0;
      return isNothing ? { newest: textOrNull(newest) ?? undefined } : { read: read(answer) };
    };
    const answer = await json({ method: 'POST', path: at('rollback'), body: { version, ...rest } }, told);
    if ('newest' in answer) throw await nothingToUndo(version, answer.newest);
    return answer.read;
  };
  return Promise.resolve({
    get: (key) => get(address, at('config', key), key),
    keys: async () => [...(await valuesOf('')).values.keys()],
    list: async (prefix) => rowsOf(await valuesOf(prefix)),
    explain: (key) => json({ path: at('explain', key) }, (answer) => explainedIn(answer, key)),
    watch: async (prefix, listener, signal) => (await import('./remote-watch.js')).watchRemote({ address, namespace, prefix }, listener, signal),
    preview: (edit) => json({ method: 'POST', path: at('preview'), body: bodyOf(edit) }, previewIn),
    write: (edit, signature, expectedVersion) => json({ method: 'PATCH', path: at('config'), body: { ...bodyOf(edit), ...signature, expectedVersion } }, doneIn),
    history: ({ layer, key, limit }: HistoryQuery) => json({ path: at('history') + query({ layer, key, limit }) }, historyIn),
    previewRollback: (version, layer) => rollback(version, { layer, dryRun: true }, previewIn),
    rollback: (version, signature: Signature, layer) => rollback(version, { layer, ...signature }, doneIn),
    close: () => Promise.resolve(),
  });
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

function query(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value)}`]));
  return given.length === 0 ? '' : `?${given.join('&')}`;
}

function rowsOf({ values, masked }: Values): Row[] {
  return [...values.keys()].sort().map((key) => ({ key, value: values.get(key) ?? '', secret: masked.has(key), layer: null, origin: null, ambient: false }));
}

function bodyOf({ set, remove, layer }: Edit): object {
  // Without a prototype, so that a key named `__proto__` is a key.
  const entries = Object.assign(Object.create(null) as object, Object.fromEntries(set));
  return { set: entries, delete: [...remove], layer };
}
