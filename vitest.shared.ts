import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig, type TestProjectConfiguration, type TestProjectInlineConfiguration } from 'vitest/config'

const unit = 'src/**/*.unit.test.ts'
const withServers = '{src,test}/**/*.{int,e2e}.test.ts'

export const serversOfRun = join(import.meta.dirname, 'packages/testing/src/global-setup.ts')

/** What is the same for all tests of all workspaces; `options` are of some of one workspace. */
export function testProject(
  folder: string,
  options: TestProjectInlineConfiguration['test'],
): TestProjectInlineConfiguration {
  return {
    root: folder,
    test: {
      environment: 'node',
      pool: 'forks',
      // Test files mostly wait for their servers: two at a time even where vitest would leave one core to itself.
      maxWorkers: Math.max(2, availableParallelism() - 1),
      // Generous, for machines that do other things beside: a test fails by its assertions, not by the clock.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      env: {
        // Of platforms that tests start: people log in often there, and services are started a hundred times.
        SLIPWAY_PASSWORD_COST: '10',
        NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compile'),
      },
      ...options,
    },
  }
}

/** The test configuration of one workspace, which leaves its results where `npm test` reads them. */
export function testRun(folder: string, projects: readonly TestProjectConfiguration[]) {
  return defineConfig({
    root: folder,
    test: {
      projects: [...projects],
      teardownTimeout: 30_000,
      passWithNoTests: true,
      reporters: ['default', 'json'],
      outputFile: { json: '.results/vitest.json' },
    },
  })
}

/**
 * The test configuration of a package or service. The tier of a test is in its name: `unit` runs by itself, `int` and `e2e`
 * get a real PostgreSQL and a real NATS, which are started once a run and only where such tests run.
 */
export function workspaceTests(folder: string) {
  const has = (pattern: string) =>
    globSync(pattern, { cwd: folder, exclude: name => name === 'node_modules' }).length > 0
  return testRun(folder, [
    // They keep nothing that another could see: a process for each file would take most of their time.
    ...(has(unit) ? [testProject(folder, { name: 'unit', include: [unit], isolate: false })] : []),
    ...(has(withServers)
      ? [testProject(folder, { name: 'servers', include: [withServers], globalSetup: [serversOfRun] })]
      : []),
  ])
}
