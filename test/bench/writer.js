/**
 * Rewrites a large `.properties` file when told to, in a process of its own, so that making and writing the text costs
 * the process under test nothing.
 *
 * Each version is first written beside the file; then, when the other side is ready, renamed over it.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { plainEntries, plainText, random, valueOf } from './lib/data.js';

const path = process.argv[2];
const entries = plainEntries();
const next = random(8);
let bytes = Buffer.from(plainText(entries));

const acts = {
  // The key that is always among them comes first: the other side listens to it.
  prepare({ changes }) {
    for (let change = 0; change < changes; change++) {
      const index = changes === entries.length ? change : change === 0 ? 0 : Math.floor(next() * entries.length);
      entries[index][1] = valueOf(entries[index][0], next);
    }
    if (changes > 0) bytes = Buffer.from(plainText(entries));
    writeFileSync(`${path}.next`, bytes);
    return { probe: entries[0][1] };
  },
  put() {
    renameSync(`${path}.next`, path);
    return {};
  },
};

process.on('message', (message) => process.send(acts[message.act](message)));
process.on('disconnect', () => process.exit());
