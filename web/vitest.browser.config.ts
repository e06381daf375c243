// The browser suite: one file after the other, each against the real binary.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    environment: 'node',
    include: ['e2e/**/*.spec.ts'],
    globalSetup: ['e2e/support/setup.ts'],
    fileParallelism: false,
    isolate: false,
    // A machine that compiles at the same time is slow, not wrong: what is waited
    // for comes, or the test says after this long (milliseconds) that it did not.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    expect: { poll: { timeout: 20_000, interval: 50 } },
  },
})
