import './check-node.ts'
import { failure } from '@slipway/contracts'
import { type FailureName, readArguments, usage } from './demo/arguments.ts'
import { loadLifeCycles } from './demo/life-cycles.ts'
import { openOutput } from './demo/output.ts'
import { type DemoParts, startParts } from './demo/parts.ts'
import { failingServiceName, plannedFailures } from './demo/planned-failure.ts'
import { type PlatformApi, platformApi } from './demo/platform-api.ts'
import type { ReleaseProgress } from './demo/release-progress.ts'
import { faultsOf, mustBePublished, runRelease } from './demo/run-release.ts'
import { errorText } from './error-text.ts'
import { onInterruption } from './interruption.ts'
import { readSettings } from './platform/settings.ts'

const interruption = onInterruption(() => process.exit(130))
const { signal } = interruption
const output = openOutput(process.stdout, process.env)
const stack = new AsyncDisposableStack()

try {
  const { help, fail } = readArguments(process.argv.slice(2))
  if (help) process.stdout.write(usage)
  else await demo(fail)
} catch (error) {
  if (signal.aborted) process.exitCode = 130
  else {
    output.settle()
    process.stderr.write(`${errorText(error)}\n`)
    process.exitCode = 1
  }
}
output.close()
await stack.disposeAsync()
// Connections that idle in the client's pool would keep the process for some seconds more.
process.exit()

async function demo(fail: FailureName | undefined): Promise<void> {
  const settings = readSettings(process.env)
  const parts = await startParts({ settings, fail, notify: output.print, signal, stack })
  const api = platformApi(parts.platform.url, parts.token, signal)
  output.print(`platform ready at ${api.url}`)
  if (fail) output.print(`what will happen: ${plannedFailures[fail].announcement}`)
  if (!fail) await showSchedules(api)
  const releaseName = fail ? `Demo release that fails (${fail})` : 'Demo release'
  const release = await runRelease({ api, output, taskServices: parts.taskServices, releaseName, signal })
  output.settle()
  if (fail) return explain(fail, api, release)
  await mustBePublished(api, release)
  output.print(`published: release ${release.id}, version ${release.version}; manifests are in ${parts.manifests}`)
  if (!output.live) return
  suggest(parts, release)
  await interruption.first
  output.print('stopping')
}

async function showSchedules(api: PlatformApi): Promise<void> {
  const count = await loadLifeCycles(api)
  const address = `${api.url}/rest_api/v1/release-schedules/?active=1`
  output.print(`schedules: ${count}, real ones of well-known products (endoflife.date): ${address}`)
}

/** Says what was seen, and fails unless it is what was announced. */
async function explain(fail: FailureName, api: PlatformApi, release: ReleaseProgress): Promise<void> {
  const planned = plannedFailures[fail]
  const faults = await faultsOf(api, release.id)
  if (faults.length > 0) output.print("what happened, from the platform's log of events:")
  for (const fault of faults) output.print(`  ${fault}`)
  const task = release.tasks.find(one => one.service === failingServiceName)
  const asAnnounced = planned.release.includes(release.state) && planned.task.includes(task?.state ?? '')
  const seen = `the release is ${release.state}, the task of "${failingServiceName}" is ${task?.state ?? 'missing'}`
  if (!asAnnounced) throw failure('internal', `not as announced: ${seen}`)
  output.print(`as announced: ${seen}.`)
}

function suggest({ platform, token }: DemoParts, release: ReleaseProgress): void {
  const { url } = platform
  output.print('')
  output.print(`The platform goes on running at ${url} until Ctrl-C. The administrator's token is ${token}. Try:`)
  output.print('')
  for (const command of curlLines(url, token, release.id)) output.print(`  ${command}`)
  output.print('')
}

function curlLines(url: string, token: string, releaseId: string): string[] {
  const authorization = `-H 'Authorization: Bearer ${token}'`
  const next = JSON.stringify({ name: 'My first release', studies: ['SD_7K3QX2M1', 'SD_9BHGW4T6'] })
  return [
    `curl -s ${url}/releases/${releaseId}`,
    `curl -s -X POST ${url}/releases ${authorization} -H 'Content-Type: application/json' -d '${next}'`,
    `curl -sN '${url}/events/stream?types=release.*,task.*' ${authorization}`,
  ]
}
