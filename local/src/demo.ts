import './check-node.ts'
import { errorText } from '@slipway/contracts'
import { type DemoArguments, readArguments, usage } from './demo/arguments.ts'
import { type Dictionary, dictionaries as dictionariesOf, sourcePath, studyIds } from './demo/content/dictionaries.ts'
import { openOutput } from './demo/output.ts'
import { startParts } from './demo/parts.ts'
import { type PlatformApi, platformApi } from './demo/platform-api.ts'
import { playFailure } from './demo/play-failure.ts'
import { playRelease } from './demo/play-release.ts'
import { onInterruption } from './interruption.ts'
import { readSettings } from './platform/settings.ts'

const interruption = onInterruption(() => process.exit(130))
const { signal } = interruption
const output = openOutput(process.stdout, process.env)
const stack = new AsyncDisposableStack()

try {
  const given = readArguments(process.argv.slice(2))
  if (given.help) process.stdout.write(usage)
  else await demo(given)
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

async function demo({ fail, words }: DemoArguments): Promise<void> {
  const settings = readSettings(process.env)
  const dictionaries = dictionariesOf(words)
  const parts = await startParts({ settings, dictionaries, fail, notify: output.print, signal, stack })
  const api = platformApi(parts.platform.url, parts.token, signal)
  output.print(`platform ready at ${api.url}`)
  const { taskServices } = parts
  const options = { api, output, dictionaries, taskServices, studies: studyIds(dictionaries), signal }
  if (fail) return playFailure(options, fail)
  const release = await playRelease({ ...options, downloads: parts.downloads })
  output.print(`manifests of checksums are in ${parts.manifests}`)
  if (!output.live) return
  output.print('')
  output.print(
    `The platform goes on running at ${api.url} until Ctrl-C. The administrator's token is ${api.token}. Try:`,
  )
  output.print('')
  for (const command of suggestions(api, dictionaries, release.id)) output.print(`  ${command}`)
  output.print('')
  await interruption.first
  output.print('stopping')
}

/** Commands to go on with. */
function suggestions({ url, token }: PlatformApi, dictionaries: readonly Dictionary[], release: string): string[] {
  const authorization = `-H 'Authorization: Bearer ${token}'`
  const next = JSON.stringify({ name: 'My first release', studies: studyIds(dictionaries) })
  const [source] = dictionaries.map(sourcePath)
  return [
    `curl -s '${url}${source}${release}/concepts/?q=sign+language&limit=3'`,
    `curl -s -X POST ${url}/releases ${authorization} -H 'Content-Type: application/json' -d '${next}'`,
    `curl -sN '${url}/events/stream?types=release.*,task.*' ${authorization}`,
  ]
}
