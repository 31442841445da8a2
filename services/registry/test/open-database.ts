import { createHash } from 'node:crypto'
import { openStore, type Store } from '@slipway/store'
import { captureLog, createDatabase, eventually } from '@slipway/testing'
import type { Change } from '../src/task-service/task-service.store.ts'

export const migrations = [new URL('../migrations', import.meta.url)]

/** A registry's database of its own, and its store. */
export async function openDatabase(): Promise<{ readonly store: Store } & AsyncDisposable> {
  const database = await createDatabase({ migrations })
  const store = await openStore({ url: database.url, log: captureLog().log, name: 'registry-test' })
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close()
      await database.drop()
    },
  }
}

export const fields = {
  name: 'etl',
  description: 'Loads the data',
  author: 'ada',
  url: 'http://etl-task-service',
  enabled: true,
} as const

export const byAda: Change = { actor: 'ada', traceparent: undefined, command: undefined }

/** Runs SQL of a test; not for statements that the registry itself has. */
export function sql<Row>(store: Store, text: string, ...values: unknown[]): Promise<Row[]> {
  const name = `test.${createHash('sha256').update(text).digest('base64url').slice(0, 32)}`
  return store.write<Row>({ name, text }, values)
}

/** Resolves when some statement waits for a row that a transaction of the test has locked. */
export async function lockAwaited(store: Store): Promise<void> {
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await eventually(async () => (await sql(store, waiting)).length > 0)
}
