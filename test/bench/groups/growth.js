import { keyCount } from '../lib/data.js';
import { absolute } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { openLargeFile } from '../lib/large-file.js';
import { heldMemory, slope } from '../lib/measure.js';

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const reloads = quick ? 24 : 200;
  const settled = reloads / 4;
  const cases = [
    { name: '1 % of the keys changed', changes: keyCount / 100 },
    // As it is opened, a file's values are cut out of its text; each takes memory of its own when it first changes.
    { name: '1 % of the keys changed, every key having changed once', changes: keyCount / 100, first: keyCount },
    { name: 'one key changed', changes: 1 },
  ];
  const figures = [];
  for (const { name, changes, first: before = 0 } of cases) {
    const { perReload, first, last } = await withFolder((folder) => growth(folder, { before, changes, reloads, settled, quick }));
    const note = `${(first / 1e6).toFixed(1)} → ${(last / 1e6).toFixed(1)} MB`;
    // In a few reloads, nearly every change is a key's first.
    const bound = quick && changes > 1 && before === 0 ? undefined : 50;
    figures.push(absolute(`growth per reload, ${name}`, { value: perReload / 1000, unit: 'KB' }, bound, note));
  }
  return {
    title: 'growth: what reloads of a file of 10 MB leave behind',
    method: `${reloads} reloads each; slope of heapUsed + external (which includes array buffers) after collection, over the last ${reloads - settled}`,
    figures,
  };
}

async function growth(folder, { before, changes, reloads, settled, quick }) {
  const large = await openLargeFile(folder);
  const points = [];
  if (before > 0) await large.reload(before);
  for (let reload = 1; reload <= reloads; reload++) {
    await large.reload(changes);
    if (reload > settled && reload % (quick ? 2 : 5) === 0) points.push([reload, (await heldMemory()).all]);
  }
  await large.close();
  return { perReload: slope(points), first: points[0][1], last: points.at(-1)[1] };
}
