import { Problem } from '../url/problem.js';

/** Everything a config of the sidecar holds, as this client may see it. */
export interface Whole {
  readonly revision: string;
  /** The sidecar is in touch with all of its own sources. */
  readonly isLive: boolean;
  readonly entries: Map<string, string>;
  /** Keys whose values are not shown. */
  readonly masked: readonly string[];
}

/** One publish of the sidecar. */
export interface News {
  readonly revision: string;
  /** When it was written, in ms since the epoch; else when the sidecar published it. */
  readonly writtenAt: number;
  readonly set: Map<string, string>;
  readonly remove: Set<string>;
  readonly masked: string[];
}

/** @throws Problem */
export function wholeIn(text: string): Whole {
  const { revision, source, values, masked = [] } = objectIn(text);
  if (typeof revision !== 'string' || typeof source !== 'string' || !isRecord(values) || !isTexts(masked)) throw notUnderstood();
  const entries = mapOf(values);
  for (const key of masked) entries.delete(key);
  return { revision, isLive: source === 'live', entries, masked };
}

/** @throws Problem */
export function newsIn(text: string): News {
  const { revision, at, lagMs = 0, changes } = objectIn(text);
  if (typeof revision !== 'string' || typeof at !== 'string' || Number.isNaN(Date.parse(at)) || typeof lagMs !== 'number' || !Array.isArray(changes)) throw notUnderstood();
  const news = { revision, writtenAt: Date.parse(at) - lagMs, set: new Map<string, string>(), remove: new Set<string>(), masked: [] };
  for (const change of changes as unknown[]) takeChange(news, change);
  return news;
}

/** Whether a heartbeat, `here live`, says that the sidecar is in touch with its sources. */
export function isLiveBeat(comment: string): boolean {
  return !/\b(?:stale|snapshot|defaults)\b/.test(comment);
}

function takeChange({ set, remove, masked }: News, change: unknown): void {
  if (!isRecord(change) || typeof change.key !== 'string') throw notUnderstood();
  const { key, op, value } = change;
  if (change.masked === true) masked.push(key);
  // What has become a secret is not known any more.
  if (op === 'delete' || change.masked === true) remove.add(key);
  else set.set(key, textOf(value));
}

/** A JSON object of texts. @throws Problem */
export function textsIn(text: string): Map<string, string> {
  return mapOf(objectIn(text));
}

function mapOf(values: Record<string, unknown>): Map<string, string> {
  const entries = new Map<string, string>();
  for (const [key, value] of Object.entries(values)) entries.set(key, textOf(value));
  return entries;
}

/** @throws Problem */
export function objectIn(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notUnderstood(); // a SyntaxError quotes what it has read
  }
  if (!isRecord(value)) throw notUnderstood();
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw notUnderstood();
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

export function notUnderstood(): Problem {
  return new Problem('expected the words of a sidecar, found something else: check the address, and what stands between');
}
