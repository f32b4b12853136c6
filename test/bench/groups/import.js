import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { absolute, megabytes, ms } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { median } from '../lib/measure.js';

/** Where `calumma` means this package. */
const cwd = fileURLToPath(new URL('../../../', import.meta.url));
const printMemory = 'const m = process.memoryUsage(); console.log(JSON.stringify({ rss: m.rss, heap: m.heapUsed + m.external }));';

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const rounds = quick ? 15 : 41;
  return withFolder((folder) => {
    const nothing = path.join(folder, 'nothing.mjs');
    writeFileSync(nothing, 'export {};');
    const programs = { calumma: "import 'calumma';", nothing: `import ${JSON.stringify(nothing)};`, empty: '' };
    return reportOf(measurePrograms(programs, rounds), rounds);
  });
}

/** @param {Record<string, string>} programs */
function measurePrograms(programs, rounds) {
  const taken = Object.fromEntries(Object.keys(programs).map((name) => [name, { time: [], rss: [], heap: [] }]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, program] of Object.entries(programs)) {
      const start = performance.now();
      spawnSync(process.execPath, argumentsFor(program), { cwd });
      const time = performance.now() - start;
      const memory = JSON.parse(execFileSync(process.execPath, argumentsFor(program + printMemory), { cwd, encoding: 'utf8' }));
      if (round < 0) continue;
      taken[name].time.push(time);
      taken[name].rss.push(memory.rss);
      taken[name].heap.push(memory.heap);
    }
  }
  return taken;
}

/** @returns {import('../lib/figure.js').Report} */
function reportOf(taken, rounds) {
  const over = (name, what) => median(taken[name][what]) - median(taken.empty[what]);
  return {
    title: "import: what `import 'calumma'` adds to an empty program",
    method: `medians of ${rounds} alternating processes each; the empty one takes ${median(taken.empty.time).toFixed(0)} ms and ${(median(taken.empty.rss) / 1e6).toFixed(0)} MB`,
    figures: [
      absolute('time of the process', ms(over('calumma', 'time')), 10),
      absolute('resident memory', megabytes(over('calumma', 'rss')), 3),
      absolute('heapUsed + external, uncollected', megabytes(over('calumma', 'heap')), 3),
      absolute('for comparison: importing a file that is empty, time', ms(over('nothing', 'time'))),
      absolute('for comparison: importing a file that is empty, resident memory', megabytes(over('nothing', 'rss'))),
    ],
  };
}

function argumentsFor(program) {
  return ['--input-type=module', '-e', program];
}
