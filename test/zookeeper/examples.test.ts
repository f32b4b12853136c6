import { expect, test } from 'vitest';

import * as zookeeperModule from '../../src/zookeeper/index.js';
import { docstringExamples, promised, runExample } from '../examples.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { useClients } from './rig.js';

const examples = docstringExamples('src/zookeeper');

test('the docstrings have examples', () => {
  expect(examples.length).toBeGreaterThan(15);
});

describeWith('zookeeper', 'the examples', () => {
  const zookeeper = useServer(startZookeeper);
  const open = useClients();

  test.each(examples)('the one at $name runs', async ({ name, code }) => {
    const setup = open(zookeeper().url);
    const root = `/${name.replaceAll(/[^a-z0-9]/g, '-')}`;
    const client = open(`${zookeeper().url}${root}`);
    await setup.create(root);
    // What examples take for granted.
    await client.create('/config');
    await client.create('/config/limit', '50');
    const printed = await runExample(code, {}, { ...zookeeperModule, client });
    expect(printed).toEqual(promised(code));
  });
});
