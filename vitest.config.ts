import { defineConfig } from 'vitest/config';

// Sources are tested as written: the `source` export condition resolves our own packages to their TypeScript.
const shared = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } };
/**
 * A machine that is busy with everything else must not decide. Each wait within a test has this bound; those of tests and hooks only end
 * what hangs.
 */
const patience = { expect: { poll: { timeout: 45_000 } } };
/** Files that run in one process share what they import, and its browser: every other one would take seconds to load it anew. */
const sharing = { isolate: false };
const integration = ['packages/*/{src,sim}/**/*.{pg,redis,proc}.test.ts', 'tests/*.test.ts', 'tests/load/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          ...patience,
          ...sharing,
          name: 'unit',
          include: ['packages/*/{src,sim,build}/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
          exclude: [...integration, '**/node_modules/**'],
          testTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          ...patience,
          ...sharing,
          name: 'integration',
          include: integration,
          globalSetup: ['packages/server/src/testing/test-postgres.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          // After the unit tests: projects with different numbers of workers cannot share a turn.
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...shared,
        test: {
          ...patience,
          ...sharing,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          globalSetup: ['packages/server/src/testing/test-postgres.ts'],
          testTimeout: 900_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
