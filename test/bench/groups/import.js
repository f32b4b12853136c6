import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { absolute, megabytes, ms } from '../lib/figure.js';
import { median } from '../lib/measure.js';

/** Where `calumma` means this package. */
const cwd = fileURLToPath(new URL('../../../', import.meta.url));
const programs = { calumma: "import 'calumma';", empty: '' };
const printMemory = 'const m = process.memoryUsage(); console.log(JSON.stringify({ rss: m.rss, heap: m.heapUsed + m.external }));';

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const rounds = quick ? 15 : 41;
  const taken = { calumma: [], empty: [] };
  const rss = { calumma: [], empty: [] };
  const heap = { calumma: [], empty: [] };
  for (let round = -2; round < rounds; round++) {
    for (const name of Object.keys(programs)) {
      const start = performance.now();
      spawnSync(process.execPath, argumentsFor(programs[name]), { cwd });
      const end = performance.now();
      const memory = JSON.parse(execFileSync(process.execPath, argumentsFor(programs[name] + printMemory), { cwd, encoding: 'utf8' }));
      if (round < 0) continue;
      taken[name].push(end - start);
      rss[name].push(memory.rss);
      heap[name].push(memory.heap);
    }
  }
  const over = (values) => median(values.calumma) - median(values.empty);
  return {
    title: "import: what `import 'calumma'` adds to an empty program",
    method: `medians of ${rounds} alternating processes each; the empty one takes ${median(taken.empty).toFixed(0)} ms and ${(median(rss.empty) / 1e6).toFixed(0)} MB`,
    figures: [
      absolute('time of the process', ms(over(taken)), 10),
      absolute('resident memory', megabytes(over(rss)), 3),
      absolute('heapUsed + external, uncollected', megabytes(over(heap)), 3),
    ],
  };
}

function argumentsFor(program) {
  return ['--input-type=module', '-e', program];
}
