/** What the platform costs, beside what the same work costs without it. Trust the ratios of one run, never figures. */
import { writeFile } from 'node:fs/promises'
import { type Arguments, readArguments, type ScenarioName, usage } from './arguments.ts'
import { print, say, wantedFrom } from './command-line.ts'
import { openGround } from './ground/ground.ts'
import { startReferences } from './references/references.ts'
import type { Measurement } from './report/measurement.ts'
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

async function measure({ only, seconds, rows, profile }: Arguments): Promise<Measurement[]> {
  say('starting the platform')
  await using ground = await openGround({ rows, profiles: profile, notify: say })
  await using references = await startReferences(ground)
  const measurements: Measurement[] = []
  for (const name of only) {
    say(`measuring: ${name}`)
    measurements.push(...(await scenarios[name](ground, references, seconds)))
  }
  return measurements
}

const wanted = wantedFrom(readArguments, usage)
if (wanted) {
  const measurements = await measure(wanted)
  print(measurements)
  if (wanted.json !== undefined) await writeFile(wanted.json, `${JSON.stringify(measurements, null, 2)}\n`)
}
