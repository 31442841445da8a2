import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const unit = 'src/**/*.unit.test.ts'
const withServers = '{src,test}/**/*.{int,e2e}.test.ts'

/**
 * The test configuration of one workspace. The tier of a test is in its name: `unit` runs by itself, `int` and `e2e` get
 * a real PostgreSQL and a real NATS, which are started once a run and only where such tests exist.
 */
export function workspaceTests(folder: string, more: readonly string[] = []): ViteUserConfig {
  const tiers = [withServers, ...more]
  const needsServers = globSync(tiers, { cwd: folder, exclude: name => name === 'node_modules' }).length > 0
  return defineConfig({
    root: folder,
    test: {
      environment: 'node',
      pool: 'forks',
      // Test files mostly wait for their servers: two at a time even where vitest would leave one core to itself.
      maxWorkers: Math.max(2, availableParallelism() - 1),
      include: [unit, ...tiers],
      globalSetup: needsServers ? [join(import.meta.dirname, 'packages/testing/src/global-setup.ts')] : [],
      // Generous, for machines that do other things beside: a test fails by its assertions, not by the clock.
      testTimeout: 120_000,
      hookTimeout: 180_000,
      teardownTimeout: 30_000,
      env: {
        // Of platforms that tests start: people log in often there, and services are started a hundred times.
        SLIPWAY_PASSWORD_COST: '10',
        NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compile'),
      },
      passWithNoTests: true,
      reporters: ['default', 'json'],
      outputFile: { json: '.results/vitest.json' },
    },
  })
}
