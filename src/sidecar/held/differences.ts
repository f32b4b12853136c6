import type { Change, Config } from '../../index.js';

/** What differs between two configs, as a publish would say it. */
export function differences(before: Config, after: Config): Change[] {
  const changes: Change[] = [];
  const old = new Map(before.entries());
  for (const [key, value] of after.entries()) {
    const was = old.get(key);
    old.delete(key);
    if (was !== value) changes.push(changeOf(key, was, value, after));
  }
  for (const [key, was] of old) changes.push(changeOf(key, was, undefined, before));
  return changes;
}

/** @param holder the config that has the value, or had it */
function changeOf(key: string, before: string | undefined, after: string | undefined, holder: Config): Change {
  return {
    key,
    before,
    after,
    get layer() {
      return holder.explain(key).winner?.layer ?? '';
    },
    get origin() {
      return holder.explain(key).winner?.origin;
    },
    originBefore: undefined,
  };
}
