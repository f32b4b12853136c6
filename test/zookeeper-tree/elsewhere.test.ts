import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** The text of the tests that hold what a case asks for, beside the tree cache. */
const holds = (file: string, ...words: readonly string[]): void => {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  for (const word of words) expect(text).toContain(word);
};

// A tree cache writes no files and holds nothing back: these cases are about the layers around it. What is checked here is that
// the tests which show them are still there.
test('76: kill -9 at any point of a snapshot write does not apply: the disk cache writes it, and its tests kill it', () => {
  holds('../sources/cache/killed.test.ts', 'SIGKILL');
});

test('77: a damaged snapshot does not apply: the disk cache reads it, and its tests damage it', () => {
  holds('../sources/cache/reading.test.ts', 'previous');
});

test('78: serving from the snapshot while ZooKeeper is down is a matter of the source: see its tests', () => {
  holds('../sources/zookeeper/outage.test.ts', '78:');
});

test('79: holding back a mass deletion is a matter of the source: the cache reports it, see its tests', () => {
  holds('../sources/zookeeper/outage.test.ts', '79:');
});

test('80: consumers of files do not apply: the file sources follow them, see the tests of watching', () => {
  holds('../sources/files/watching.test.ts', 'rename');
});
