import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failure } from '@slipway/contracts'

/**
 * A folder of migrations. Its files are recorded under `<set>/<file>`; a bare folder belongs to the set `service`.
 * Another package that keeps tables in a service's database brings a set of its own.
 */
export type Migrations = URL | string | { readonly set: string; readonly folder: URL | string }

export type MigrationFile = {
  /** `<set>/<file name>`, as recorded in `platform.migration`. */
  readonly name: string
  readonly number: number
  readonly text: string
  /** SHA-256 of the text, in hexadecimal; the same whatever line endings a checkout uses. */
  readonly checksum: string
  /** False: it is one statement that commits its own steps, and goes on where it stopped when it is run again. */
  readonly inTransaction: boolean
}

export type MigrationSet = { readonly set: string; readonly files: readonly MigrationFile[] }

/** The beginning of a file that has many rows to rewrite: in one transaction they would be locked until its end. */
const outside = '-- Outside a transaction'

/** The committed dump may lie beside the migrations it comes from. */
const dumpFile = 'schema.sql'

/** The tables of this package, schema `platform`. */
export const platformMigrations: Migrations = { set: 'platform', folder: new URL('../../migrations', import.meta.url) }

/** Reads a folder. Fails, naming the file, unless the files are `0001-name.sql`, `0002-name.sql`, … without gaps. */
export async function readMigrations(migrations: Migrations): Promise<MigrationSet> {
  const { set, folder } =
    typeof migrations === 'string' || migrations instanceof URL ? { set: 'service', folder: migrations } : migrations
  const path = folder instanceof URL ? fileURLToPath(folder) : folder
  const names = (await readdir(path)).filter(name => name.endsWith('.sql') && name !== dumpFile).sort()
  const files = await Promise.all(names.map(name => readMigration(set, path, name)))
  files.forEach((file, index) => {
    if (file.number === index + 1) return
    const expected = String(index + 1).padStart(4, '0')
    throw failure('internal', `Migration ${file.name}: expected number ${expected} here; a file is missing or doubled.`)
  })
  return { set, files }
}

async function readMigration(set: string, folder: string, name: string): Promise<MigrationFile> {
  const number = /^(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.sql$/.exec(name)?.[1]
  if (!number) throw failure('internal', `Migration ${set}/${name}: the file must be named NNNN-name.sql.`)
  const text = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n')
  const checksum = createHash('sha256').update(text).digest('hex')
  return { name: `${set}/${name}`, number: Number(number), text, checksum, inTransaction: !text.startsWith(outside) }
}
