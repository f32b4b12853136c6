/**
 * ZooKeeper's bad hours, for as long as you like.
 *
 *   npm run soak -- [--minutes N] [--seed N]
 */
import { parseArgs } from 'node:util';
import { bundled } from '../bench/lib/harness.js';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error('soak: expected --minutes as a number above 0 and --seed as a whole one');
  process.exit(2);
}

const { soak } = await bundled({ soak: 'test/soak/soak.ts' });
const from = performance.now();
const say = (line) => console.log(`${((performance.now() - from) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
say(`${minutes} minutes, seed ${seed}`);
const problems = await soak({ minutes, seed, say });
for (const problem of problems) console.error(`  ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
