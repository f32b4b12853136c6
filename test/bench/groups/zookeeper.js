import os from 'node:os';
import { withFolder } from '../lib/folder.js';
import { crowds } from '../lib/zookeeper/crowds.js';
import { openEnsemble } from '../lib/zookeeper/ensemble.js';
import { faults } from '../lib/zookeeper/faults.js';
import { pushes } from '../lib/zookeeper/push.js';
import { trees } from '../lib/zookeeper/trees.js';

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const title = 'zookeeper: an ensemble of three, from calm to dead leaders';
  const method = `changes come one at a time, 0 to 15 ms after the one before was told; the tree is 10,000 nodes with 10 MB; sessions of 6 s; fsync is off; load ${os.loadavg()[0].toFixed(2)} before`;
  let servers;
  try {
    servers = await openEnsemble();
  } catch (error) {
    return { title, method, figures: [], facts: [`zookeeper was not measured: ${error.message.split('\n')[0]}`] };
  }
  try {
    const figures = await trees(servers, quick);
    const pushed = await withFolder((folder) => pushes(servers, quick, folder));
    figures.push(...pushed.figures, ...(await faults(servers, quick)), ...(await crowds(servers, quick)));
    return { title, method, figures, facts: [...pushed.facts, `load ${os.loadavg()[0].toFixed(2)} after`] };
  } finally {
    await servers.stop();
  }
}
