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
  readonly masked: readonly string[];
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
  const { revision, at, lagMs = 0, changes, masked = [] } = objectIn(text);
  const time = typeof at === 'string' ? Date.parse(at) : at;
  if (typeof revision !== 'string' || typeof time !== 'number' || typeof lagMs !== 'number' || !Array.isArray(changes) || !isTexts(masked)) throw notUnderstood();
  const news = { revision, writtenAt: time - lagMs, set: new Map<string, string>(), remove: new Set<string>(), masked };
  for (const change of changes as unknown[]) takeChange(news, change);
  // What has become a secret is not known any more.
  for (const key of masked) {
    news.set.delete(key);
    news.remove.add(key);
  }
  return news;
}

/** How the sidecar stands: `live`, or what it serves instead. @throws Problem */
export function sourceIn(text: string): unknown {
  return objectIn(text).source;
}

function takeChange({ set, remove }: News, change: unknown): void {
  if (!isRecord(change) || typeof change.key !== 'string') throw notUnderstood();
  if (change.op === 'delete') remove.add(change.key);
  else set.set(change.key, textOf(change.value));
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
