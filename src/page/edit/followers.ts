import type { ClientAnswer } from '../remote/answers.js';
import { pageName } from '../remote/feed.js';

/** Programs of one name that would hear of a change. */
export interface Followers {
  readonly name: string;
  readonly count: number;
}

/** Who of the sidecar's clients would be told of a change of these keys; pages like this one are left out. */
export function followersOf(clients: readonly ClientAnswer[], namespace: string, keys: readonly string[]): Followers[] {
  const counts = new Map<string, number>();
  for (const { name, namespaces, prefix = '' } of clients) {
    if (name === pageName || !namespaces.includes(namespace) || !keys.some((key) => isBelow(key, prefix))) continue;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}

/** As the library has it: `a.b` is below `a`, `ab` is not. */
function isBelow(key: string, prefix: string): boolean {
  return prefix === '' || key === prefix || key.startsWith(`${prefix}.`) || key.startsWith(`${prefix}[`);
}
