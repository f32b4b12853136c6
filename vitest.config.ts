import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 15_000,
    hookTimeout: 15_000,
    pool: 'forks',
    execArgv: ['--expose-gc'],
    // A warning printed by a test that nobody asked for is a finding, not noise.
    printConsoleTrace: true,
  },
});
