import { configDefaults, defineConfig } from 'vitest/config'
import { workspaceTests } from '../vitest.shared.ts'

const { test: common, ...workspace } = workspaceTests(import.meta.dirname, ['*/**/*.{int,e2e}.test.ts'])
const { reporters, outputFile, ...everyProject } = common ?? {}

const releaseCoordinator = 'release-coordinator/**/*.e2e.test.ts'
const releaseCoordinatorApart = 'release-coordinator/own-platform/*.e2e.test.ts'

export default defineConfig({
  ...workspace,
  test: {
    reporters: reporters ?? ['default'],
    outputFile: outputFile ?? {},
    passWithNoTests: true,
    projects: [
      {
        ...workspace,
        test: { ...everyProject, name: 'servers', exclude: [...configDefaults.exclude, releaseCoordinator] },
      },
      {
        ...workspace,
        test: {
          ...everyProject,
          name: 'release-coordinator-apart',
          include: [releaseCoordinatorApart],
          // Every file starts a platform with settings of its own.
          globalSetup: [],
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...workspace,
        test: {
          ...everyProject,
          name: 'release-coordinator',
          include: [releaseCoordinator],
          exclude: [...configDefaults.exclude, releaseCoordinatorApart],
          globalSetup: ['release-coordinator/support/global-setup.ts'],
          // All files share one platform, and every enabled task service takes part in every release: one after another.
          fileParallelism: false,
          isolate: false,
          // Releases mostly wait.
          maxConcurrency: 25,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
