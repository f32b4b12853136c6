import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { findProgram } from './programs.js';
import type { Server } from './server.js';

/** What tests need from outside, by the name that `CALUMMA_TEST_REQUIRE` knows it by. */
export type Requirement = 'java' | 'python' | 'curl' | 'postgres' | 'mariadb' | 'redis' | 'zookeeper' | 'chromium';

const requirements: Readonly<Record<Requirement, { readonly title: string; readonly isThere: () => boolean }>> = {
  java: { title: 'A Java compiler', isThere: () => has('javac') },
  python: { title: 'Python 3', isThere: () => has('python3') },
  curl: { title: 'curl', isThere: () => has('curl') },
  postgres: { title: 'PostgreSQL', isThere: () => has('postgres') && has('initdb') },
  mariadb: { title: 'MariaDB', isThere: () => has('mariadbd') && has('mariadb-install-db') },
  redis: { title: 'Redis', isThere: () => has('redis-server') },
  zookeeper: { title: 'ZooKeeper', isThere: () => has('java') && existsSync('/usr/share/java/zookeeper.jar') },
  chromium: { title: 'Chromium', isThere: () => has('chromium') },
};

/** Servers are kept in hand by what /proc says of them. */
export function isInstalled(name: Requirement): boolean {
  return (['java', 'python', 'curl'].includes(name) || process.platform === 'linux') && requirements[name].isThere();
}

/** `CALUMMA_TEST_REQUIRE`: `all`, or names with commas between them. */
export function isRequired(name: Requirement, env: NodeJS.ProcessEnv = process.env): boolean {
  const asked = (env.CALUMMA_TEST_REQUIRE ?? '').split(',').map((word) => word.trim());
  const stranger = asked.find((word) => word !== '' && word !== 'all' && !Object.hasOwn(requirements, word));
  if (stranger !== undefined) {
    throw new Error(`CALUMMA_TEST_REQUIRE: expected all, or some of ${Object.keys(requirements).join(', ')}; found ${stranger}`);
  }
  return asked.includes('all') || asked.includes(name);
}

// Real servers start in a second or two, and in ten when the machine has much else to do.
const patienceMs = 60_000;

export type Verdict = 'run' | 'skip' | 'fail';

/** What becomes of tests that need it: skipped where it is missing, failed where it is required all the same. */
export function verdictOn(name: Requirement, installed = isInstalled(name), env = process.env): Verdict {
  const required = isRequired(name, env);
  if (installed) return 'run';
  return required ? 'fail' : 'skip';
}

/** A suite that needs something real; `verdictOn` tells what becomes of it. A skipped one is said in a line. */
export function describeWith(name: Requirement, title: string, suite: () => void): void {
  const verdict = verdictOn(name);
  if (verdict === 'run') {
    describe(title, { timeout: patienceMs }, suite);
  } else if (verdict === 'fail') {
    describe(title, () => {
      test(`${requirements[name].title} is installed`, () => expect.fail(missing(name)));
    });
  } else {
    process.stderr.write(`${missing(name)}: skipped "${title}"\n`);
    describe.skip(title, suite);
  }
}

function missing(name: Requirement): string {
  return `${requirements[name].title} is not installed (npm run servers installs it)`;
}

/**
 * A server for all tests of the suite that this is called in.
 *
 * @returns the server, for tests and for the hooks that come after this
 */
export function useServer<T extends Server>(start: () => Promise<T>): () => T {
  let server: T | undefined;
  beforeAll(async () => {
    server = await start();
  }, patienceMs);
  afterAll(() => server?.stop(), patienceMs);
  return () => {
    if (server === undefined) throw new Error('useServer: expected to be asked in a test, found no server yet');
    return server;
  };
}

function has(program: string): boolean {
  return findProgram(program) !== undefined;
}
