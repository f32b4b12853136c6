import type { Namespace } from './namespace.js';

/** The revisions of several namespaces as one word: the revision itself where it is one, else `default=…&billing=…`. */
export function wordOf(namespaces: readonly Namespace[], revisions: readonly string[] = namespaces.map(({ revision }) => revision)): string {
  const words = namespaces.map(({ name }, at): [string, string] => [name, revisions[at] ?? '']);
  return namespaces.length === 1 ? (revisions[0] ?? '') : new URLSearchParams(words).toString();
}

/** The revisions that a word of a client names, in the order of the namespaces; `undefined` where one is missing. */
export function revisionsOf(namespaces: readonly Namespace[], word: string): (string | undefined)[] {
  if (namespaces.length === 1 && !word.includes('=')) return [word];
  const named = new URLSearchParams(word);
  return namespaces.map(({ name }) => named.get(name) ?? undefined);
}
