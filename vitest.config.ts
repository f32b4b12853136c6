import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 15_000,
    hookTimeout: 15_000,
    pool: 'forks',
    // Tests wait for servers, files and polls most of the time: more of them than there are cores.
    maxWorkers: Math.max(3, availableParallelism()),
    execArgv: ['--expose-gc'],
    // A warning printed by a test that nobody asked for is a finding, not noise.
    printConsoleTrace: true,
  },
});
