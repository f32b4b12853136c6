import { atOrUnder, type Config, type PreviewedChange } from '../../index.js';
import type { Clients } from '../news/clients.js';
import type { Namespace } from '../held/namespace.js';
import { type Edit, patchOf } from './edit.js';

export interface PreviewAnswer {
  readonly layer: string;
  readonly changes: readonly { readonly key: string; readonly before: string | null; readonly after: string | null; readonly layer: string }[];
  /** Keys that would be written and not seen, and the layer above that hides them. */
  readonly hidden: readonly { readonly key: string; readonly by: string }[];
  /** How many who watch or wait would be told. */
  readonly clients: number;
}

const masked = '***';
/** An explanation looks up places in files, so not every key of a large edit gets one. */
const mostExplained = 200;

/** What an edit would do. @throws ConfigError what would refuse it */
export function previewOf({ config, name }: Namespace, edit: Edit, clients: Clients, reveal: boolean): PreviewAnswer {
  const changes = config.preview(patchOf(edit));
  return {
    layer: edit.layer,
    changes: changes.map((change) => shown(config, change, reveal)),
    hidden: hiddenOf(config, edit, new Set(changes.map(({ key }) => key))),
    clients: concerned(clients, name, changes),
  };
}

function shown(config: Config, { key, before, after, layer, secret }: PreviewedChange, reveal: boolean): PreviewAnswer['changes'][number] {
  const show = (text: string | undefined): string | null => {
    if (text === undefined || reveal) return text ?? null;
    return secret ? masked : config.shown(key, text);
  };
  return { key, before: show(before), after: show(after), layer };
}

function hiddenOf(config: Config, { layer, entries }: Edit, moved: ReadonlySet<string>): PreviewAnswer['hidden'] {
  const still = [...entries.keys()].filter((key) => !moved.has(key)).slice(0, mostExplained);
  return still.flatMap((key) => {
    const by = config.explain(key).winner?.layer;
    return by !== undefined && isAbove(config, by, layer) ? [{ key, by }] : [];
  });
}

/** Overrides and the context are above all layers, and none of them. */
function isAbove({ layers }: Config, one: string, other: string): boolean {
  return layers.indexOf(one) < layers.indexOf(other);
}

function concerned({ all }: Clients, namespace: string, changes: readonly PreviewedChange[]): number {
  let count = 0;
  for (const { namespaces, prefix } of all) {
    if (!namespaces.includes(namespace)) continue;
    const isTold = atOrUnder(prefix);
    if (changes.some(({ key }) => isTold(key))) count += 1;
  }
  return count;
}
