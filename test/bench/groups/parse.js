import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { getProperties } from 'properties-file';
import { foreignSample, jsonText, mixedSample, plainSample } from '../lib/data.js';
import { ms, ratio } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { propertiesFormat } from '../lib/internal.js';
import { javaTimer } from '../lib/java.js';
import { median, milliseconds, timed } from '../lib/measure.js';

// Two of them are CommonJS, one with a getter that import cannot see through.
const require = createRequire(import.meta.url);
const dotProperties = require('dot-properties');
const classicProperties = require('properties');

const samples = [
  { name: 'plain', sample: plainSample, bound: 0.65 },
  { name: 'comments, escapes, continuations', sample: mixedSample, bound: 0.75 },
  { name: 'non-ASCII values', sample: foreignSample, bound: 0.9 },
];

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const rounds = quick ? 5 : 15;
  const figures = [];
  const peers = [];
  const facts = [];
  await withFolder(async (folder) => {
    const java = javaTimer(folder);
    const { properties, runToEnd } = await propertiesFormat(folder);
    for (const { name, sample, bound } of samples) {
      const { bytes, entries } = sample();
      const text = jsonText(entries);
      const open = () => runToEnd(properties.incremental.open(bytes, 'utf8'));
      checkSame(name, open().entries, entries);
      const taken = milliseconds({ ours: open, json: () => JSON.parse(text) }, { rounds });
      const json = ms(taken.json, 'JSON.parse');
      figures.push(ratio(name, ms(taken.ours), json, bound));
      if (quick && name !== 'plain') continue;
      const file = path.join(folder, 'sample.properties');
      writeFileSync(file, bytes);
      peers.push(...peersOn(name, bytes, entries.length, json, quick ? 1 : 3));
      if (java !== undefined) peers.push(javaOn(name, java(file, quick ? 5 : 15), json));
    }
    if (java === undefined) facts.push('No JDK here: java.util.Properties was not measured.');
  });
  return {
    title: 'parse: .properties of 10 MB, 100,000 keys of 98 bytes each',
    method: `ours from bytes to entries, as file() does it; JSON.parse from a string, the same data as one flat object; medians of ${rounds} alternating runs; peers from a string`,
    figures,
    peers,
    facts,
  };
}

function checkSame(name, found, entries) {
  const wrong = entries.find(([key, value]) => found.get(key) !== value);
  if (found.size !== entries.length || wrong !== undefined) throw new Error(`${name}: not what was written, from ${wrong?.[0]} on`);
}

function peersOn(name, bytes, expected, json, rounds) {
  const text = bytes.toString('utf8');
  const parsers = {
    'properties-file': () => getProperties(text),
    'dot-properties': () => dotProperties.parse(text),
    properties: () => classicProperties.parse(text),
  };
  return Object.entries(parsers).map(([peer, parse]) => {
    const entries = Object.keys(parse()).length;
    const taken = median(Array.from({ length: rounds }, () => timed(parse)));
    return ratio(`${peer}, ${name}`, ms(taken), json, undefined, entries === expected ? undefined : `finds ${entries} keys`);
  });
}

function javaOn(name, { ms: taken, version }, json) {
  return ratio(`java.util.Properties ${version}, ${name}`, ms(taken), json, undefined, 'from bytes, warm');
}
