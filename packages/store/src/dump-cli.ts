/**
 * Writes or checks the committed schema of a service:
 *
 *   node dump-cli.ts --database-url postgres://…/postgres --migrations services/catalog/migrations --out schema.sql
 *   node dump-cli.ts --database-url postgres://…/postgres --migrations services/catalog/migrations --check schema.sql
 *
 * The URL is any database of a server in which the role may create others; the dump comes from a fresh one. Give
 * `--migrations` once for each folder, as `set=folder` for another set than the service's own. Without any it is the
 * schema `platform` of this package. Exit code 1: the file differs, and the lines are printed; 2: wrong usage.
 */
import { parseArgs } from 'node:util'
import { compareSchema, writeSchema } from './check-schema.ts'
import type { Migrations } from './migration-files.ts'

const { values } = parseArgs({
  options: {
    'database-url': { type: 'string' },
    migrations: { type: 'string', multiple: true, default: [] },
    out: { type: 'string' },
    check: { type: 'string' },
  },
})
const adminUrl = values['database-url'] ?? process.env.DATABASE_URL
const { out, check } = values

if (!adminUrl || (out === undefined) === (check === undefined)) {
  console.error('usage: dump-cli.ts --database-url URL [--migrations [SET=]FOLDER]… (--out FILE | --check FILE)')
  process.exitCode = 2
} else {
  const source = { adminUrl, migrations: values.migrations.map(migrationsOf) }
  if (out !== undefined) {
    await writeSchema(source, out)
  } else if (check !== undefined) {
    const difference = await compareSchema(source, check)
    if (difference !== null) {
      console.error(`${check} is not what the migrations make:\n${difference}`)
      process.exitCode = 1
    }
  }
}

function migrationsOf(argument: string): Migrations {
  const [, set, folder] = /^([a-z]+)=(.+)$/.exec(argument) ?? []
  return set && folder ? { set, folder } : argument
}
