import { failure } from '@slipway/contracts'
import type { FailureName } from './arguments.ts'
import { nothingLeft } from './content/nothing-left.ts'
import { failingServiceName, type PlannedFailure, plannedFailures } from './planned-failure.ts'
import { type PlayOptions, prepare } from './prepare.ts'
import type { ReleaseProgress } from './release-progress.ts'
import { faultsOf, runRelease } from './run-release.ts'

/** A release that fails. Fails unless it ends as announced and nothing is left of it. */
export async function playFailure(options: PlayOptions, fail: FailureName): Promise<void> {
  const { api, output } = options
  const planned = plannedFailures[fail]
  output.print(`what will happen: ${planned.announcement} Nothing of it goes online.`)
  const loaded = await prepare(options)
  const release = await runRelease({ ...options, releaseName: `Demo release that fails (${fail})` })
  output.settle()
  const faults = await faultsOf(api, release.id)
  if (faults.length > 0) output.print("what happened, from the platform's log of events:")
  for (const fault of faults) output.print(`  ${fault}`)
  const seen = mustBeAsAnnounced(planned, release)
  await nothingLeft(api, loaded, release.id)
  output.print('nothing is online: the release left no version of a package, and none of a source')
  output.print(`as announced: ${seen}.`)
}

/** What became of the release, in words. */
function mustBeAsAnnounced(planned: PlannedFailure, release: ReleaseProgress): string {
  const task = release.tasks.find(one => one.service === failingServiceName)
  const asAnnounced = planned.release.includes(release.state) && planned.task.includes(task?.state ?? '')
  const seen = `the release is ${release.state}, the task of "${failingServiceName}" is ${task?.state ?? 'missing'}`
  if (!asAnnounced) throw failure('internal', `not as announced: ${seen}`)
  return seen
}
