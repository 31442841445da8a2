import { parseArgs } from 'node:util'
import { failure } from '@slipway/contracts'

export const failureNames = ['refuse', 'die', 'report', 'silent'] as const
export type FailureName = (typeof failureNames)[number]

export type DemoArguments = { readonly help: boolean; readonly fail: FailureName | undefined }

export const usage = `Runs a release on a platform of its own, from the mirror of studies to the published version.

  npm run demo                        a release that is published
  npm run demo -- --fail=refuse       one where a task service refuses to take part,
  npm run demo -- --fail=die          … dies while it works,
  npm run demo -- --fail=report       … reports that its work failed,
  npm run demo -- --fail=silent       … is heard of no more

On a terminal it shows the release live and leaves the platform running until Ctrl-C; otherwise it writes a line for
each change and ends. The exit code is 0 when the release ended as announced.

SLIPWAY_PORT, SLIPWAY_HOST, DATABASE_URL and NATS_URL work as for npm start; data are kept in the folder demo of
SLIPWAY_DATA_DIR (.slipway). NO_COLOR switches colours off.
`

/** Fails with `invalid` and the usage when an argument is not known. */
export function readArguments(args: readonly string[]): DemoArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h', default: false }, fail: { type: 'string' } },
    })
    const fail = failureNames.find(name => name === values.fail)
    if (values.fail !== undefined && fail === undefined) {
      throw new Error(`--fail=${values.fail} is none of ${failureNames.join(', ')}`)
    }
    return { help: values.help, fail }
  } catch (error) {
    throw failure('invalid', `${error instanceof Error ? error.message : error}\n\n${usage}`, { cause: error })
  }
}
