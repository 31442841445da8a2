import { createHash, randomUUID } from 'node:crypto'
import pg, { type Client } from 'pg'
import { pino } from 'pino'
import { clientConfig } from '../connection/client-config.ts'
import { connectWhenReady } from '../connection/wait-for-postgres.ts'
import { migrate } from '../schema/migrate.ts'
import { type Migrations, platformMigrations, readMigrations } from '../schema/migration-files.ts'

export type CloneOptions = {
  /** A database of the server in which the role may create databases, e.g. `postgres://…/postgres`. */
  readonly adminUrl: string
  /** Applied after the platform's own, in this order. */
  readonly migrations: readonly Migrations[]
  /** Begins the name of the database. Default `test`. */
  readonly name?: string
}

export type ClonedDatabase = AsyncDisposable & {
  readonly url: string
  /** Removes the database, also under open connections. */
  drop(): Promise<void>
}

/**
 * A new database with all migrations applied, for a test file or a check: copied in some 20 ms from a template, which
 * is made once for the same migration files, whatever number of processes asks for it.
 */
export async function cloneDatabase({ adminUrl, migrations, name = 'test' }: CloneOptions): Promise<ClonedDatabase> {
  const template = await createTemplate(adminUrl, migrations)
  const database = `${name}_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  await asAdmin(adminUrl, admin => admin.query(`create database ${quote(database)} template ${quote(template)}`))
  const drop = async () => {
    await asAdmin(adminUrl, admin => admin.query(`drop database if exists ${quote(database)} with (force)`))
  }
  return { url: urlOfDatabase(adminUrl, database), drop, [Symbol.asyncDispose]: drop }
}

/**
 * Makes sure of a template database for these migrations and returns its name. It is built under another name and
 * renamed when it is complete, so a builder that died leaves nothing that looks like a template.
 */
export async function createTemplate(adminUrl: string, migrations: readonly Migrations[]): Promise<string> {
  const sets = await Promise.all([platformMigrations, ...migrations].map(readMigrations))
  const files = sets.flatMap(set => set.files)
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file.name}\n${file.checksum}\n`)
  const template = `slipway_template_${hash.digest('hex').slice(0, 16)}`
  const building = `${template}_building`

  await asAdmin(adminUrl, async admin => {
    await admin.query('select pg_advisory_lock(hashtextextended($1, 0))', [template])
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [template])
    if (rowCount) return
    await admin.query(`drop database if exists ${quote(building)} with (force)`)
    await admin.query(`create database ${quote(building)} template template0`)
    await migrate(urlOfDatabase(adminUrl, building), migrations, pino({ level: 'silent' }))
    // A template that is connected to cannot be copied.
    await admin.query(`alter database ${quote(building)} allow_connections false`)
    await admin.query(`alter database ${quote(building)} rename to ${quote(template)}`)
  })
  return template
}

/** The same server and credentials, another database. */
export function urlOfDatabase(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${encodeURIComponent(database)}`
  return other.href
}

async function asAdmin<Result>(adminUrl: string, work: (admin: Client) => Promise<Result>): Promise<Result> {
  const admin = await connectWhenReady(
    clientConfig(adminUrl, 'slipway-admin', { statementMs: 0 }),
    10_000,
    pino({ level: 'silent' }),
  )
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}

const quote = pg.escapeIdentifier
