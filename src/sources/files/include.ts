import path from 'node:path';

import { ConfigError } from '../../core/errors.js';
import { interpolate, type Scope } from '../../core/interpolate.js';
import type { Context } from '../../core/model.js';
import { formatForPath } from '../../formats/registry.js';
import { properties } from '../../formats/properties.js';
import { contextValue } from './context.js';
import type { FileSpec } from './document.js';
import { asConfigError } from './gathering.js';
import { includeKeys, winner, type View } from './view.js';

/** The files of a set in their order, includes in their places. */
export interface Arrangement {
  /** Lowest first; a file that stands in two places is in both. */
  readonly views: readonly View[];
  /** Files nobody has looked at yet: what they include is not known. */
  readonly unread: readonly FileSpec[];
  /** Includes that are missing, in a circle, or have no name. */
  readonly notes: readonly ConfigError[];
}

/** What is known of a file; `undefined` when nobody has looked yet. */
export type Look = (spec: FileSpec) => View | undefined;

// Folders that link to themselves make a circle in which no path comes twice; Linux follows 40 links in a path.
const maxDepth = 32;

/**
 * Puts each file's includes right above it, in the order it names them, so that they win over it: Archaius loads them
 * after the file, and what is loaded later wins. Within one root a file is included once, at its first place.
 *
 * @param roots lowest first
 */
export function arrange(roots: readonly FileSpec[], look: Look, context: Context): Arrangement {
  const views: View[] = [];
  const unread: FileSpec[] = [];
  const notes: ConfigError[] = [];

  const visit = (spec: FileSpec, chain: readonly FileSpec[], seen: Set<string>): void => {
    const from = chain.at(-1);
    if (from !== undefined && chain.some((above) => above.path === spec.path)) {
      notes.push(includeNote(from, `includes in a circle, ${circleOf(chain, spec)}; the circle is cut`));
      return;
    }
    if (seen.has(spec.path)) return;
    seen.add(spec.path);
    const view = look(spec);
    if (view === undefined) {
      unread.push(spec);
      return;
    }
    views.push(view);
    if (from !== undefined && !view.present) notes.push(includeNote(from, `the file ${spec.shown} does not exist (yet)`));
    const included = includesOf(view, views, context, notes);
    if (included.length > 0 && chain.length >= maxDepth) {
      notes.push(includeNote(spec, `includes nested more than ${maxDepth} deep; the rest is left out`));
      return;
    }
    for (const next of included) visit(next, [...chain, spec], seen);
  };

  for (const root of roots) visit(root, [], new Set());
  return { views, unread, notes };
}

function circleOf(chain: readonly FileSpec[], spec: FileSpec): string {
  const start = chain.findIndex((above) => above.path === spec.path);
  return [...chain.slice(start), spec].map(({ shown }) => shown).join(' → ');
}

function includeNote(from: FileSpec, problem: string): ConfigError {
  return new ConfigError('CALUMMA_INCLUDE', `@next: ${problem}`, { origin: `file:${from.shown}` });
}

/** @param known everything that stands below, the file itself included */
function includesOf(view: View, known: readonly View[], context: Context, notes: ConfigError[]): FileSpec[] {
  if (view.spec.format.name !== properties.name) return [];
  return includeKeys.flatMap((key) => {
    const raw = view.directive(key);
    if (raw === undefined) return [];
    const note = (problem: string) => notes.push(includeNote(view.spec, problem));
    const noted = notes.length;
    const { value, problems } = interpolate(key, raw, scopeOf(known, context, note));
    // What the context refuses is noted already, in words that say more than "set nowhere".
    if (notes.length === noted) for (const problem of problems) note(problem.message);
    const names = value.split(',').map((word) => word.trim());
    if (value.includes('\0')) note('expected the name of a file, found a NUL character in it');
    // A name that could not be completed names no file.
    return names.filter((name) => name !== '' && !/\$\{|\0/.test(name)).map((name) => included(view.spec, name));
  });
}

function scopeOf(known: readonly View[], context: Context, note: (problem: string) => void): Scope {
  return {
    lookup: (key) => winner(known, key),
    env: (name) => process.env[name],
    sys: () => undefined,
    context(name) {
      try {
        return contextValue(context, name);
      } catch (error) {
        note(asConfigError(error).message);
        return undefined;
      }
    },
  };
}

/** Relative to the file that names it; `.properties` may be left out. */
function included(from: FileSpec, name: string): FileSpec {
  const format = formatForPath(name);
  const file = format === undefined ? `${name}.properties` : name;
  return {
    path: path.resolve(path.dirname(from.path), file),
    shown: path.isAbsolute(file) ? path.normalize(file) : path.join(path.dirname(from.shown), file),
    format: format ?? properties,
    encoding: from.encoding,
    required: false,
  };
}
