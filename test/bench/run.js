/**
 * Measures what the README promises. A missed bound is said and is no failure: this is a measurement, on whatever
 * machine it runs.
 *
 *   npm run bench -- [--quick] [--only NAME]... [--json FILE]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from './lib/machine.js';
import { printReport, rounded } from './lib/print.js';

const groups = ['read', 'patch', 'parse', 'load', 'reload', 'latency', 'memory', 'growth', 'import', 'peers', 'stores', 'outage', 'zookeeper', 'sidecar', 'page'];

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', multiple: true }, json: { type: 'string' } },
});
const unknown = options.only?.filter((name) => !groups.includes(name)) ?? [];
if (unknown.length > 0) {
  console.error(`--only: expected one of ${groups.join(', ')}, found ${unknown.join(', ')}`);
  process.exit(2);
}

const about = machine();
console.log(`node ${about.node}, ${about.cpu}, ${about.platform}, load ${about.load.join(' ')}${options.quick ? ', quick' : ''}`);
const started = performance.now();
const reports = {};
const broken = [];
for (const name of options.only ?? groups) await runGroup(name);
conclude();

/** One after the other, each in a process of its own: nothing one leaves on the heap or in the JIT meets the next. */
async function runGroup(name) {
  const since = performance.now();
  const child = fork(new URL('child.js', import.meta.url), [name, String(options.quick)], {
    execArgv: ['--expose-gc', '--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let report;
  child.on('message', (message) => (report = message));
  const [code] = await once(child, 'exit');
  if (report === undefined) {
    broken.push(name);
    console.log(`\n${name}: broke off with exit code ${code}`);
    return;
  }
  reports[name] = { ...report, seconds: (performance.now() - since) / 1000 };
  printReport(report);
}

function conclude() {
  const figures = Object.entries(reports).flatMap(([group, { figures }]) => figures.map((figure) => ({ group, ...figure })));
  const bounded = figures.filter(({ ok }) => ok !== undefined);
  const missed = bounded.filter(({ ok }) => !ok);
  const seconds = (performance.now() - started) / 1000;
  console.log(`\n${bounded.length - missed.length} of ${bounded.length} within their bounds, ${seconds.toFixed(0)} s`);
  for (const { group, name, value, bound, unit } of missed) {
    console.log(`  MISSED ${group}: ${name}: ${rounded(value)} ${unit}, at most ${bound}`);
  }
  for (const name of broken) console.log(`  BROKEN ${name}: no figures`);
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ machine: about, quick: options.quick, seconds, figures, groups: reports, broken }, undefined, 2)}\n`);
  }
  // No figures at all is a failure of the benchmark, unlike figures one does not like.
  process.exitCode = broken.length > 0 ? 1 : 0;
}
