/** A tree of texts: what a schema validates. */
export type TextTree = string | TextTree[] | { [name: string]: TextTree };

type Branch = Map<string, Node>;
interface Node {
  text?: string;
  branch?: Branch;
}

/**
 * Dotted keys back to a tree: `a.b`, `a.list[0].name`. The reverse of how YAML and JSON are flattened; where a key has
 * both a text and keys below it (a list answers joined and item by item), the keys below win.
 */
export function unflatten(entries: Iterable<readonly [key: string, value: string]>): TextTree {
  const root: Node = { branch: new Map() };
  for (const [key, value] of entries) nodeAt(root, segments(key)).text = value;
  return build(root);
}

function segments(key: string): string[] {
  return key.replaceAll('[', '.[').split('.').filter((segment) => segment !== '');
}

function nodeAt(root: Node, path: readonly string[]): Node {
  let node = root;
  for (const name of path) {
    node.branch ??= new Map();
    let next = node.branch.get(name);
    if (next === undefined) node.branch.set(name, (next = {}));
    node = next;
  }
  return node;
}

function build(node: Node): TextTree {
  if (node.branch === undefined) return node.text ?? '';
  const indexed = [...node.branch.keys()].every((name) => /^\[\d+\]$/.test(name)) && node.branch.size > 0;
  if (indexed) {
    const items = [...node.branch].sort(([a], [b]) => Number(a.slice(1, -1)) - Number(b.slice(1, -1)));
    return items.map(([, item]) => build(item));
  }
  // A null prototype, so that a key named `__proto__` is a key.
  const tree = Object.create(null) as Record<string, TextTree>;
  for (const [name, child] of node.branch) tree[name] = build(child);
  return tree;
}
