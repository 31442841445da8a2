import { cpus } from 'node:os'
import type { Measurement } from './report/measurement.ts'
import { renderTable } from './report/table.ts'

/** For whoever watches; the result alone is on standard output. */
export const say = (line: string) => void process.stderr.write(`${line}\n`)

/** The command line, read; undefined, after saying what is wrong with it, for one that cannot be. */
export function wantedFrom<Arguments>(
  read: (args: readonly string[]) => Arguments,
  usage: string,
): Arguments | undefined {
  try {
    return read(process.argv.slice(2))
  } catch (error) {
    say(`${(error as Error).message}\n${usage}`)
    process.exitCode = 1
    return undefined
  }
}

/** The table, below what it was measured on. */
export function print(measurements: readonly Measurement[]): void {
  const [processor] = cpus()
  console.log(`${cpus().length} x ${processor?.model.trim()}, Node ${process.version}\n\n${renderTable(measurements)}`)
}
