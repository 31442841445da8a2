import { configDefaults } from 'vitest/config'
import { serversOfRun, testProject, testRun } from '../vitest.shared.ts'

const folder = import.meta.dirname
const all = '*/**/*.{int,e2e}.test.ts'
const releaseCoordinator = 'release-coordinator/**/*.e2e.test.ts'
const releaseCoordinatorApart = 'release-coordinator/own-platform/*.e2e.test.ts'

export default testRun(folder, [
  testProject(folder, {
    name: 'release-coordinator',
    include: [releaseCoordinator],
    exclude: [...configDefaults.exclude, releaseCoordinatorApart],
    globalSetup: ['release-coordinator/support/global-setup.ts'],
    // All files share one platform, and every enabled task service takes part in every release: one after another.
    fileParallelism: false,
    isolate: false,
    // Releases mostly wait.
    maxConcurrency: 25,
    // First, while `npm test` runs the other workspaces beside: it leaves them most of the processors.
    sequence: { groupOrder: 0 },
  }),
  testProject(folder, {
    name: 'release-coordinator-apart',
    include: [releaseCoordinatorApart],
    sequence: { groupOrder: 1 },
  }),
  testProject(folder, {
    name: 'servers',
    include: [all],
    exclude: [...configDefaults.exclude, releaseCoordinator],
    globalSetup: [serversOfRun],
    sequence: { groupOrder: 1 },
  }),
])
