import { describeWith, useServer } from '../../harness/servers/available.js';
import { startZookeeper } from '../../harness/servers/zookeeper.js';
import { conform } from '../../testing/conform.js';
import { openRig, ways } from './rig.js';

describeWith('zookeeper', 'the source of ZooKeeper', () => {
  const server = useServer(() => startZookeeper());
  for (const [name, way] of Object.entries(ways)) conform(`zookeeper() as ${name}`, () => openRig(server(), way));
});
