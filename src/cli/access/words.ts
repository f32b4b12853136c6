import { Failure } from '../exit.js';
import type { Done, Explained, HistoryLine, Holder, Preview } from './access.js';
import { type Address, shownAddress } from './address.js';

/*
 * What a sidecar says is looked at before it is believed: anything may listen at its address. What it leaves out is taken for nothing, since
 * it may be one of another version; what has another shape is thrown out.
 */

class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
}

/** What JSON says. @throws Failure when it is none, or `read` does not understand it */
export function understood<T>(address: Address, text: string, read: (answer: unknown) => T): T {
  try {
    return read(JSON.parse(text));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${shownAddress(address)} does not answer as a sidecar does: is it one?`, { cause: error });
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsIn(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new NotUnderstood('expected an object');
}

export function listIn<T>(value: unknown, read: (item: unknown) => T): T[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map(read);
  throw new NotUnderstood('expected a list');
}

export function textIn(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new NotUnderstood('expected a text');
}

export function textOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : textIn(value);
}

export function lagIn(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** The values that a sidecar has, and the keys of those that it does not show. */
export interface Values {
  readonly values: ReadonlyMap<string, string>;
  readonly masked: ReadonlySet<string>;
}

export function valuesIn(answer: unknown): Values {
  const { values, masked } = fieldsIn(answer);
  return { values: new Map(Object.entries(fieldsIn(values)).map(([key, value]) => [key, textIn(value)])), masked: new Set(listIn(masked, textIn)) };
}

export function explainedIn(answer: unknown, key: string): Explained {
  const { value, secret, winner, hidden, unread, interpolation, errors } = fieldsIn(answer);
  return {
    key,
    value: textOrNull(value),
    secret: secret === true,
    winner: winner === undefined || winner === null ? null : holderIn(winner),
    hidden: listIn(hidden, holderIn),
    unread: listIn(unread, textIn),
    interpolation: listIn(interpolation, stepIn),
    errors: listIn(errors, (error) => ({ code: textIn(fieldsIn(error).code), message: textIn(fieldsIn(error).message) })),
  };
}

function holderIn(holder: unknown): Holder {
  const { layer, raw, ...rest } = fieldsIn(holder);
  const told = (['origin', 'since', 'staleSince'] as const).flatMap((name) => (rest[name] === undefined || rest[name] === null ? [] : [[name, textIn(rest[name])] as const]));
  return { layer: textIn(layer), raw: textIn(raw), ...Object.fromEntries(told) };
}

/** A reference stands in another one at most as deep as a cascade goes. */
const deepest = 100;

function stepIn(step: unknown): Explained['interpolation'][number] {
  const { expression, value, depth } = fieldsIn(step);
  const at = typeof depth === 'number' && depth >= 0 ? Math.min(deepest, Math.floor(depth)) : 1;
  return { expression: textIn(expression), depth: at, ...(value !== undefined && { value: textIn(value) }) };
}

/** Without what only a sidecar has to say, so that a script reads the same from both. */
export function doneIn(answer: unknown): Done {
  const { layer, version } = fieldsIn(answer);
  return { layer: textIn(layer), version: textIn(version) };
}

export function previewIn(answer: unknown): Preview {
  const { layer, changes, hidden } = fieldsIn(answer);
  const change = (item: unknown): Preview['changes'][number] => {
    const { key, before, after } = fieldsIn(item);
    return { key: textIn(key), before: textOrNull(before), after: textOrNull(after) };
  };
  return { layer: textOrNull(layer), changes: listIn(changes, change), hidden: listIn(hidden, (item) => ({ key: textIn(fieldsIn(item).key), by: textIn(fieldsIn(item).by) })) };
}

export function historyIn(answer: unknown): HistoryLine[] {
  return listIn(fieldsIn(answer).entries, (item) => {
    const { key = '', version = '', author = '', reason = '', at = '', before, after } = fieldsIn(item);
    return { key: textIn(key), version: textIn(version), author: textIn(author), reason: textIn(reason), at: textIn(at), before: textOrNull(before), after: textOrNull(after) };
  });
}
