import type { Context } from '../core/model.js';
import type { DescriptionIssue } from '../core/errors.js';
import { interpolate, mayInterpolate, type Scope } from '../core/interpolate.js';
import { mask, quote, type Redact } from '../core/redact.js';
import { positionAt } from '../formats/text.js';
import { isList, isMap, type Parsed, type Tree } from '../formats/tree.js';
import { outsideOf } from '../runtime/outside.js';

/** A node of a description, with the path that messages call it by: `layers[2].file.watch`. */
export interface Node {
  readonly path: string;
  readonly at: number;
  readonly value: Tree;
}

export interface Issue extends DescriptionIssue {
  readonly cause?: unknown;
}

/** What is known while one description is read. Problems are collected in it, so that all are told at once. */
export interface Inspection {
  readonly parsed: Parsed;
  /** Where relative paths start: the folder of the description. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly context: Context;
  /** Whether the config will fill in `${…}`. */
  readonly interpolate: boolean;
  readonly isSecret: Redact;
  /** The names that an output may ask for. */
  readonly configNames: readonly string[];
  readonly issues: Issue[];
}

export function child(node: Node, key: string, { at, value }: { readonly at: number; readonly value: Tree }): Node {
  return { path: node.path === '' ? key : `${node.path}.${key}`, at, value };
}

/** Writes a problem down. `problem` follows the path: `expected true or false, found "ja"`. */
export function complain(inspection: Inspection, { path, at }: Omit<Node, 'value'>, problem: string, cause?: unknown): void {
  const message = path === '' ? problem : `${path}: ${problem}`;
  inspection.issues.push({ message, path, ...positionAt(inspection.parsed.text, at), ...(cause === undefined ? {} : { cause }) });
}

/** What stands there, as text for people: it shows a scalar unless that may be a secret. */
export function found(inspection: Inspection, node: Node, text = node.value): string {
  if (text === null) return 'null';
  if (isList(text)) return 'a list';
  if (isMap(text)) return 'a map';
  // `${env:DB_PASSWORD}` filled a secret in under a harmless key: the text as it is written says so.
  const written = typeof node.value === 'string' ? node.value : '';
  if ([node.path, written, text].some((hint) => inspection.isSecret(hint))) return mask;
  return quote(text.replace(/\/\/[^/@\s]*@/g, `//${mask}@`));
}

export function scopeOf({ context, env }: Pick<Inspection, 'context' | 'env'>): Scope {
  return { ...outsideOf(context, env), lookup: () => undefined };
}

/**
 * The scalar `text` of a node with its `${env:…}`, `${sys:…}` and `${@…}` filled in; `undefined` if that is not possible,
 * which is then written down.
 */
export function fill(inspection: Inspection, node: Node, text: string): string | undefined {
  if (!mayInterpolate(text)) return text;
  const { value, mentions, problems } = interpolate(node.path, text, scopeOf(inspection));
  const before = inspection.issues.length;
  const keys = [...mentions].filter((key) => !key.startsWith('@'));
  for (const key of keys) complain(inspection, node, `expected \${env:…}, \${sys:…} or \${@…}, found \${${key}}${envHint(key, inspection)}`);
  // A key that is not known here is told above, in words that say more.
  if (keys.length === 0) for (const problem of problems) complain(inspection, node, withoutPath(problem.message, node), problem);
  return inspection.issues.length > before ? undefined : value;
}

function envHint(key: string, { env }: Inspection): string {
  return env[key] === undefined ? '' : `; did you mean \${env:${key}}?`;
}

function withoutPath(message: string, { path }: Node): string {
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
}
