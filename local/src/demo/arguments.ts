import { parseArgs } from 'node:util'
import { failure } from '@slipway/contracts'
import { type WordChoice, wordChoices } from './content/wordnet.ts'

export const failureNames = ['refuse', 'die', 'report', 'silent'] as const
export type FailureName = (typeof failureNames)[number]

export type DemoArguments = {
  readonly help: boolean
  readonly fail: FailureName | undefined
  /** Default: all, and of a release that fails the fewest. */
  readonly words: WordChoice
}

export const usage = `Runs a release on a platform of its own, from the import of two dictionaries to the download of what was published.

  npm run demo                        a release that is published
  npm run demo -- --words=adverb      the same with a part of WordNet: noun, verb, adjective, adverb
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
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        fail: { type: 'string' },
        words: { type: 'string' },
      },
    })
    const fail = oneOf('fail', failureNames, values.fail)
    const words = oneOf('words', Object.keys(wordChoices) as WordChoice[], values.words)
    return { help: values.help, fail, words: words ?? (fail ? 'adverb' : 'all') }
  } catch (error) {
    throw failure('invalid', `${error instanceof Error ? error.message : error}\n\n${usage}`, { cause: error })
  }
}

function oneOf<Name extends string>(option: string, names: readonly Name[], given: string | undefined) {
  const found = names.find(name => name === given)
  if (given !== undefined && found === undefined) throw new Error(`--${option}=${given} is none of ${names.join(', ')}`)
  return found
}
