import { parseArgs } from 'node:util'

export const scenarioNames = ['get', 'list', 'write', 'release', 'pages'] as const
export type ScenarioName = (typeof scenarioNames)[number]

export type Arguments = {
  readonly only: readonly ScenarioName[]
  /** Measured for each way of each measurement. */
  readonly seconds: number
  readonly json: string | undefined
  readonly profile: string | undefined
}

export const usage = `npm run bench -- [--only=${scenarioNames.join(',')}] [--seconds=5] [--json FILE] [--profile FOLDER]`

/** Reads the command line. Throws a `RangeError` or a `TypeError` that says what is wrong. */
export function readArguments(args: readonly string[]): Arguments {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ args: [...args], options: { only: text, seconds: text, json: text, profile: text } })
  const { only, seconds = '5', json, profile } = values
  const wanted = only?.split(',').map(name => name.trim())
  const unknown = wanted?.find(name => !scenarioNames.some(known => known === name))
  if (unknown !== undefined) throw new RangeError(`there is no scenario "${unknown}"`)
  if (!(Number(seconds) >= 1 && Number(seconds) <= 600)) throw new RangeError('--seconds takes 1 to 600')
  return { only: (wanted as ScenarioName[] | undefined) ?? scenarioNames, seconds: Number(seconds), json, profile }
}
