import { parseArgs } from 'node:util'

export const scenarioNames = ['get', 'list', 'write', 'release', 'pages'] as const
export type ScenarioName = (typeof scenarioNames)[number]

export type Arguments = {
  readonly only: readonly ScenarioName[]
  /** Measured for each way of each measurement. */
  readonly seconds: number
  /** Releases in the table. */
  readonly rows: number
  readonly json: string | undefined
  readonly profile: string | undefined
}

export const usage = `npm run bench -- [--only=${scenarioNames.join(',')}] [--seconds=5] [--rows=100000] [--json FILE] [--profile FOLDER]`

/** Reads the command line. Throws a `RangeError` or a `TypeError` that says what is wrong. */
export function readArguments(args: readonly string[]): Arguments {
  const text = { type: 'string' } as const
  const options = { only: text, seconds: text, rows: text, json: text, profile: text }
  const { only, seconds = '5', rows = '100000', json, profile } = parseArgs({ args: [...args], options }).values
  const wanted = only?.split(',').map(name => name.trim())
  const unknown = wanted?.find(name => !scenarioNames.some(known => known === name))
  if (unknown !== undefined) throw new RangeError(`there is no scenario "${unknown}"`)
  if (!(Number(seconds) >= 0.1 && Number(seconds) <= 600)) throw new RangeError('--seconds takes 0.1 to 600')
  if (!(Number.isInteger(Number(rows)) && Number(rows) >= 100 && Number(rows) <= 10_000_000))
    throw new RangeError('--rows takes a whole number from 100 to 10,000,000')
  const chosen = (wanted as ScenarioName[] | undefined) ?? scenarioNames
  return { only: chosen, seconds: Number(seconds), rows: Number(rows), json, profile }
}
