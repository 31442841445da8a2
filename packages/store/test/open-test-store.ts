import { eventually as patiently, testPostgres } from '@slipway/testing'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { cloneDatabase, type Migrations, openStore, type Store, type StoreOptions } from '../src/mod.ts'

export const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' })

/** A database of its own for the running test, removed with it. */
export async function testDatabase(migrations: readonly Migrations[] = []): Promise<string> {
  const database = await cloneDatabase({ adminUrl: testPostgres().url, migrations, name: 'store' })
  onTestFinished(() => database.drop())
  return database.url
}

/** Another store on the same database; closed with the running test. */
export async function anotherStore<Database = unknown>(
  url: string,
  options: Partial<StoreOptions> = {},
): Promise<Store<Database>> {
  const store = await openStore<Database>({ url, log, name: 'test', poolSize: 5, readConnections: 2, ...options })
  onTestFinished(() => store.close())
  return store
}

/** A store on a database of its own. */
export async function testStore<Database = unknown>(options: Partial<StoreOptions> = {}): Promise<Store<Database>> {
  return anotherStore<Database>(options.url ?? (await testDatabase()), options)
}

/** Waits until `condition` holds; an error of it or anything that is not true means: not yet. */
export async function eventually(condition: () => unknown): Promise<void> {
  await patiently(async () => Boolean(await condition()), { everyMs: 10 })
}
