import { ConfigError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import type { View } from './view.js';

/** Two files of one group, and the keys that stand in both. */
export interface Shadowing {
  readonly higher: View;
  readonly lower: View;
  readonly keys: readonly string[];
}

/**
 * Keys that stand in two files of one group, the same variant in two formats.
 *
 * @param views lowest first
 * @param keys what to look at; default: everything
 */
export function shadowings(views: readonly View[], keys?: Iterable<string>): Shadowing[] {
  const touched = keys === undefined ? undefined : [...keys];
  const found: Shadowing[] = [];
  for (const members of groupsOf(views)) {
    for (const [at, lower] of members.entries()) {
      for (const higher of members.slice(at + 1)) {
        const shared = sharedKeys(lower, higher, touched);
        if (shared.length > 0) found.push({ higher, lower, keys: shared });
      }
    }
  }
  return found;
}

function groupsOf(views: readonly View[]): View[][] {
  const groups = new Map<string, View[]>();
  for (const view of views) {
    const { group } = view.spec;
    if (group === undefined || !view.present) continue;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [view]);
    else members.push(view);
  }
  return [...groups.values()];
}

function sharedKeys(lower: View, higher: View, touched?: readonly string[]): string[] {
  const shared: string[] = [];
  for (const key of touched ?? lower.keys()) {
    if (higher.get(key) !== undefined && lower.get(key) !== undefined) shared.push(key);
  }
  return shared;
}

/** One note for two files, however many keys they share. */
export function shadowNote({ higher, lower, keys }: Shadowing, place: (view: View, key: string) => string): ConfigError {
  const [key = '', ...others] = keys;
  const more = others.length === 0 ? '' : `, and so do ${others.length} more keys`;
  const where = `${place(higher, key)}, which wins, and in ${place(lower, key)}`;
  return new ConfigError('CALUMMA_SHADOWED_KEY', `${quote(key)} stands in ${where}${more}`);
}
