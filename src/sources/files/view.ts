import type { DocumentStep, FileDocument, FileSpec } from './document.js';

/** What a file says for the set it is part of: its entries without the include directives. */
export interface View {
  readonly spec: FileSpec;
  /** Whether there is such a file. */
  readonly present: boolean;
  get(key: string): string | undefined;
  keys(): Iterable<string>;
  /** What an include directive of this file says. */
  directive(key: string): string | undefined;
}

// `@next` and the name it had before: ConfigurationManager.java of Archaius 1. Neither stays in the result.
export const includeKeys = ['@next', 'netflixconfiguration.properties.nextLoad'] as const;

/** Whether `key` is an include directive rather than an entry: in `.properties` files only, where Archaius has them. */
export function isDirective(spec: FileSpec, key: string): boolean {
  return spec.format.name === 'properties' && (key === includeKeys[0] || key === includeKeys[1]);
}

export function viewOf(document: FileDocument): View {
  const { spec, entries } = document;
  return {
    spec,
    present: document.mtimeMs !== undefined,
    get: (key) => (isDirective(spec, key) ? undefined : entries.get(key)),
    keys: () => entries.keys(),
    directive: (key) => entries.get(key),
  };
}

/** The document as it will be once `step` is committed. */
export function viewAfter(document: FileDocument, step: DocumentStep): View {
  const { spec } = document;
  const get = (key: string) => {
    const value = step.set.get(key);
    if (value !== undefined || step.remove.has(key)) return value;
    return document.entries.get(key);
  };
  return {
    spec,
    present: step.mtimeMs !== undefined,
    get: (key) => (isDirective(spec, key) ? undefined : get(key)),
    *keys() {
      for (const key of document.entries.keys()) if (!step.remove.has(key)) yield key;
      for (const key of step.set.keys()) if (!document.entries.has(key)) yield key;
    },
    directive: get,
  };
}

/** The value that wins; `views` lowest first. */
export function winner(views: readonly View[], key: string): string | undefined {
  for (let at = views.length - 1; at >= 0; at--) {
    const value = views[at]?.get(key);
    if (value !== undefined) return value;
  }
  return undefined;
}
