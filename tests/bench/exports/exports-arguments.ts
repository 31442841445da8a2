import { parseArgs } from 'node:util'

export type Arguments = {
  /** Part of WordNet that is used, from its beginning. */
  readonly share: number
  /** Folder for a CPU profile of the exporter; then nothing is doubled. */
  readonly profile: string | undefined
}

export const usage = 'npm run bench:exports -- [--share=1] [--profile FOLDER]'

/** Reads the command line. Throws a `RangeError` or a `TypeError` that says what is wrong. */
export function readArguments(args: readonly string[]): Arguments {
  const text = { type: 'string' } as const
  const { share = '1', profile } = parseArgs({ args: [...args], options: { share: text, profile: text } }).values
  if (!(Number(share) > 0 && Number(share) <= 1)) throw new RangeError('--share takes a number above 0, up to 1')
  return { share: Number(share), profile }
}
