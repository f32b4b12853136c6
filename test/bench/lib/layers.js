import { env, memory } from 'calumma';

/**
 * Entries in six layers, the environment among them: five in memory, the lowest the largest, and the one above it
 * overriding one key in fifty, as a cascade of defaults, environment and overrides does.
 *
 * @param {Iterable<[string, string]>} entries
 * @returns {{ layers: import('calumma').Source[], feedOf: (index: number) => import('calumma').MemorySource }}
 */
export function sixLayers(entries) {
  const parts = shares.map(() => []);
  let index = 0;
  for (const entry of entries) {
    const part = partOf(index);
    parts[part].push(entry);
    if (index % 50 === 0 && part > 0) parts[part - 1].push([entry[0], `${entry[1].slice(1)}!`]);
    index++;
  }
  const feeds = parts.map((part, at) => memory(new Map(part), { name: `layer-${at}` }));
  // The layer that answers: the upper one where there are two.
  const feedOf = (at) => feeds[partOf(at) - (at % 50 === 0 && partOf(at) > 0 ? 1 : 0)];
  return { layers: [env(), ...feeds], feedOf };
}

/** Of twenty keys: how many lie in each layer, highest first. */
const shares = [1, 2, 4, 5, 8];

function partOf(index) {
  let left = index % 20;
  return shares.findIndex((share) => (left -= share) < 0);
}
