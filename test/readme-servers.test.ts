import { expect, test } from 'vitest';

import * as zookeeper from '../src/entries/zookeeper.js';
import * as calumma from '../src/index.js';
import { markdownExamples, promised, runExample } from './examples.js';
import { describeWith, useServer } from './harness/servers/available.js';
import { startZookeeper } from './harness/servers/zookeeper.js';
import { needsServer } from './server-examples.js';

describeWith('zookeeper', 'the README on ZooKeeper', () => {
  const server = useServer(() => startZookeeper());

  test.each(markdownExamples('README.md').filter(({ code }) => needsServer(code)))('the example in $name runs and prints what it says', async ({ code }) => {
    const printed = await runExample(code.replaceAll('127.0.0.1:2181', server().url), { calumma, 'calumma/zookeeper': zookeeper });
    expect([...printed].sort()).toEqual([...promised(code)].sort());
  });
});
