import { readFile, writeFile } from 'node:fs/promises'
import { pino } from 'pino'
import { cloneDatabase } from './clone-database.ts'
import { dumpSchema } from './dump-schema.ts'
import type { Migrations } from './migration-files.ts'
import { openStore } from './open-store.ts'

export type SchemaSource = {
  /** A database of a server in which the role may create others. */
  readonly adminUrl: string
  /** Of the service, besides the platform's; none: the platform's schema is meant. */
  readonly migrations: readonly Migrations[]
}

/** The dump of a fresh database with these migrations. */
export async function schemaOf({ adminUrl, migrations }: SchemaSource): Promise<string> {
  await using database = await cloneDatabase({ adminUrl, migrations, name: 'schema' })
  const log = pino({ level: 'silent' })
  await using store = await openStore({
    url: database.url,
    log,
    name: 'slipway-schema',
    poolSize: 1,
    readConnections: 1,
  })
  return dumpSchema(store, migrations.length === 0 ? { schemas: ['platform'] } : {})
}

/** Writes `file`. */
export async function writeSchema(source: SchemaSource, file: URL | string): Promise<void> {
  await writeFile(file, await schemaOf(source))
}

/**
 * Compares the committed `file` with what the migrations make. Null when they agree; otherwise the lines that differ,
 * `-` for those of the file, `+` for those of the migrations. A missing file is an empty one.
 */
export async function compareSchema(source: SchemaSource, file: URL | string): Promise<string | null> {
  const committed = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const actual = await schemaOf(source)
  return committed === actual ? null : differingLines(committed.split('\n'), actual.split('\n'))
}

/** A plain longest common subsequence: schemas have hundreds of lines, not more. */
function differingLines(before: readonly string[], after: readonly string[]): string {
  const width = after.length + 1
  const common = new Uint32Array((before.length + 1) * width)
  const at = (i: number, j: number) => common[i * width + j] ?? 0
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: string[] = []
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    if (i < before.length && before[i] === after[j]) {
      i++
      j++
    } else if (j === after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`- ${before[i++]}`)
    } else {
      lines.push(`+ ${after[j++]}`)
    }
  }
  return lines.join('\n')
}
