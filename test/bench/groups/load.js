import { createConfig, env, file } from 'calumma';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonText, keyOf, plainSample } from '../lib/data.js';
import { ms, ratio } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { median, timed } from '../lib/measure.js';

const probe = fileURLToPath(new URL('../load-once.js', import.meta.url));

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const processes = quick ? 5 : 15;
  const rounds = quick ? 5 : 11;
  return withFolder(async (folder) => {
    const paths = { ours: path.join(folder, 'large.properties'), json: path.join(folder, 'large.json') };
    const { bytes, entries } = plainSample();
    writeFileSync(paths.ours, bytes);
    writeFileSync(paths.json, jsonText(entries));
    const cold = inFreshProcesses(paths, processes);
    const warm = await inThisProcess(paths, rounds);
    return {
      title: 'load: a .properties file of 10 MB until its first key can be read',
      method: `ours createConfig({ layers: [env(), file(path)] }) and one get; theirs the same data as a JSON file; medians of ${processes} processes each that do nothing else, and of ${rounds} alternating runs in one`,
      figures: [
        ratio('first load of a process', ms(cold.ours), ms(cold.both, 'readFileSync + JSON.parse'), 1.2),
        ratio('first load of a process', ms(cold.ours), ms(cold.parse, 'JSON.parse alone')),
        ratio('once the JIT has seen it', ms(warm.ours), ms(warm.both, 'readFileSync + JSON.parse'), 1.2),
      ],
    };
  });
}

function inFreshProcesses(paths, processes) {
  const taken = { ours: [], both: [], parse: [] };
  for (let round = 0; round < processes; round++) {
    taken.ours.push(runProbe('ours', paths.ours).ms);
    const json = runProbe('json', paths.json);
    taken.both.push(json.ms);
    taken.parse.push(json.parse);
  }
  return { ours: median(taken.ours), both: median(taken.both), parse: median(taken.parse) };
}

function runProbe(what, file) {
  return JSON.parse(execFileSync(process.execPath, [probe, what, file], { encoding: 'utf8' }));
}

async function inThisProcess(paths, rounds) {
  const taken = { ours: [], both: [] };
  for (let round = -2; round < rounds; round++) {
    let config;
    const ours = timed(() => {
      config = createConfig({ layers: [env(), file(paths.ours)] });
      return config.get(keyOf(1));
    });
    await config.close();
    config = undefined;
    const both = timed(() => JSON.parse(readFileSync(paths.json, 'utf8'))[keyOf(1)]);
    if (round < 0) continue;
    taken.ours.push(ours);
    taken.both.push(both);
  }
  return { ours: median(taken.ours), both: median(taken.both) };
}
