import { test } from 'vitest';

// 78 and 79 are in test/sources/zookeeper/outage.test.ts: what is served without a server, and what is held back, is up to the layer.
test.skip('76: kill -9 while a snapshot is written: the tree cache writes no file; test/sources/cache/crash.test.ts kills the disk cache', () => undefined);
test.skip('77: a damaged snapshot: the tree cache reads no file; test/sources/cache/faults.test.ts damages those of the disk cache', () => undefined);
test.skip('80: consumers of files: the tree cache follows none; test/sources/watch and test/sources/files follow theirs', () => undefined);
