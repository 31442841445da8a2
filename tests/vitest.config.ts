import { configDefaults } from 'vitest/config'
import { serversOfRun, testProject, testRun } from '../vitest.shared.ts'

const folder = import.meta.dirname
const all = '*/**/*.{int,e2e}.test.ts'
const releaseCoordinator = 'release-coordinator/**/*.e2e.test.ts'
const releaseCoordinatorApart = 'release-coordinator/own-platform/*.e2e.test.ts'

/**
 * What is tested runs in processes of its own, so that files may share the process that asks it: the modules that they need
 * are loaded once, which saves each file two seconds of processor time.
 */
const project = (options: Parameters<typeof testProject>[1]) => testProject(folder, { ...options, isolate: false })

export default testRun(folder, [
  project({
    name: 'release-coordinator',
    include: [releaseCoordinator],
    exclude: [...configDefaults.exclude, releaseCoordinatorApart],
    globalSetup: ['release-coordinator/support/global-setup.ts'],
    // All files share one platform, and every enabled task service takes part in every release: one after another.
    fileParallelism: false,
    // Releases mostly wait.
    maxConcurrency: 25,
    // First, while `npm test` runs the other workspaces beside: it leaves them most of the processors.
    sequence: { groupOrder: 0 },
  }),
  project({
    name: 'release-coordinator-apart',
    include: [releaseCoordinatorApart],
    sequence: { groupOrder: 1 },
  }),
  project({
    name: 'servers',
    include: [all],
    exclude: [...configDefaults.exclude, releaseCoordinator],
    globalSetup: [serversOfRun],
    sequence: { groupOrder: 1 },
  }),
])
