/** What the platform costs, beside what the same work costs without it. Trust the ratios of one run, never figures. */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { type Arguments, readArguments, type ScenarioName, usage } from './arguments.ts'
import { openGround } from './ground/ground.ts'
import { startReferences } from './references/references.ts'
import type { Measurement } from './report/measurement.ts'
import { renderTable } from './report/table.ts'
import { getRelease } from './scenarios/get-release.ts'
import { listReleases } from './scenarios/list-releases.ts'
import { pages } from './scenarios/pages.ts'
import { runRelease } from './scenarios/run-release.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { writeEvent } from './scenarios/write-event.ts'

const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  get: getRelease,
  list: listReleases,
  write: writeEvent,
  release: runRelease,
  pages,
}

const say = (line: string) => void process.stderr.write(`${line}\n`)

async function measure({ only, seconds, profile }: Arguments): Promise<Measurement[]> {
  say('starting the platform')
  await using ground = await openGround(profile, say)
  await using references = await startReferences(ground)
  const measurements: Measurement[] = []
  for (const name of only) {
    say(`measuring: ${name}`)
    measurements.push(...(await scenarios[name](ground, references, seconds)))
  }
  return measurements
}

function wantedFrom(args: readonly string[]): Arguments | undefined {
  try {
    return readArguments(args)
  } catch (error) {
    say(`${(error as Error).message}\n${usage}`)
    process.exitCode = 1
    return undefined
  }
}

const wanted = wantedFrom(process.argv.slice(2))
if (wanted) {
  const measurements = await measure(wanted)
  const [processor] = cpus()
  console.log(`${cpus().length} x ${processor?.model.trim()}, Node ${process.version}\n\n${renderTable(measurements)}`)
  if (wanted.json !== undefined) await writeFile(wanted.json, `${JSON.stringify(measurements, null, 2)}\n`)
}
