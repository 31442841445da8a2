import { exporterFileUrl } from '@slipway/contracts'
import type { FactPage, FactRow } from '@slipway/service'
import { type Prepared, parametersOf, type Queryable, type Store } from '@slipway/store'
import { type Expression, type SqlBool, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import { prepare } from '../sql.ts'

const p = parametersOf<FactPage>()

/** Of those that are asked for, what lies behind a page; the last one of a page is there whole. */
const isWanted = (column: Expression<string | null>) =>
  sql<SqlBool>`${column} > ${p.after} and (${p.of}::text[] is null or ${column} = any(${p.of}))`
const wholePage = sql`fetch first ${p.limit} rows with ties`

type TaskFact = { id: string; release: string; state: string; version?: string }
const tasks = prepare<FactPage>()('restore.tasks', db =>
  db
    .selectFrom('release_task as t')
    .select(eb => {
      const version = eb
        .selectFrom('release_task_version as v')
        .select(v => v.fn.max('v.published_as').as('version'))
        .whereRef('v.release', '=', 't.release')
        .whereRef('v.task', '=', 't.task')
      const fact = { id: eb.ref('t.task'), release: eb.ref('t.release'), state: eb.ref('t.state'), version }
      return sql<TaskFact>`json_strip_nulls(${jsonBuildObject(fact)})`.as('fact')
    })
    .where(eb => isWanted(eb.ref('t.release')))
    .orderBy('t.release')
    .modifyEnd(wholePage),
)
/** Of which versions have links to the exporter. */
const files = prepare<FactPage>()('restore.files', db =>
  db
    .selectFrom('release_task_version as t')
    .innerJoin('release_file as f', 'f.release_version_id', 't.release_version_id')
    .select(eb =>
      jsonBuildObject({
        id: sql<string>`substr(${eb.ref('f.download_url')}, length(${sql.lit(exporterFileUrl(''))}) + 1)`,
        release: eb.ref('t.release'),
      }).as('fact'),
    )
    .where(eb => sql<SqlBool>`starts_with(${eb.ref('f.download_url')}, ${sql.lit(exporterFileUrl(''))})`)
    .where(eb => isWanted(eb.ref('t.release')))
    .orderBy('t.release')
    .modifyEnd(wholePage),
)
const schedules = prepare<FactPage>()('restore.schedules', db =>
  db
    .selectFrom('release_template')
    .select(eb =>
      jsonBuildObject({ id: eb.cast<string>('schedule_id', 'text'), release: eb.ref('release').$notNull() }).as('fact'),
    )
    .where(eb => isWanted(eb.ref('release')))
    .orderBy('release')
    .modifyEnd(wholePage),
)
const accounts = prepare<FactPage>()('restore.accounts', db =>
  db
    .selectFrom('account_profile')
    .select(eb =>
      jsonBuildObject({
        id: eb.ref('login'),
        state: eb.case().when(eb.ref('removed')).then(sql.lit('removed')).else(sql.lit('known')).end(),
      }).as('fact'),
    )
    .where('login', '>', sql<string>`${p.after} collate "C"`)
    .where(eb => sql<SqlBool>`(${p.of}::text[] is null or ${eb.ref('login')} = any(${p.of}))`)
    .orderBy('login')
    .limit(p.limit),
)
/** The last word of a version that was made for a release is the release's number. */
const numbers = prepare()('restore.numbers', db =>
  db
    .with('given', q =>
      q
        .selectFrom('release_task_version as t')
        .innerJoin('release_version as v', 'v.release_version_id', 't.release_version_id')
        .select(sql<string | null>`substring(v.name from '[0-9]{1,9}[.][0-9]{1,9}[.][0-9]{1,9}$')`.as('version')),
    )
    .with('greatest_version', q =>
      q
        .selectFrom('given')
        .select([sql.lit('version').as('id'), 'version'])
        .where('version', 'is not', null)
        .orderBy(sql`string_to_array(version, '.')::bigint[]`, 'desc')
        .limit(sql.lit(1)),
    )
    .selectFrom(q =>
      q
        .selectFrom('greatest_version')
        .select(['id', 'version'])
        .unionAll(
          q
            .selectFrom('account_profile')
            .select(eb => [
              sql.lit('account').as('id'),
              eb.cast<string | null>(eb.fn.max('sequence'), 'text').as('version'),
            ])
            .having(eb => eb(eb.fn.max('sequence'), 'is not', null)),
        )
        .as('number'),
    )
    .select(eb => jsonBuildObject({ id: eb.ref('id'), version: eb.ref('version').$notNull() }).as('fact'))
    .orderBy('id'),
)
const startAgain = prepare<{ schedule: string; release: string }>()('restore.start-again', (db, p) =>
  db
    .updateTable('release_template')
    .set({ release: null, attempts: 0, error: null, due_at: sql`now()` })
    .where(eb => eb(eb.cast<string>('schedule_id', 'text'), '=', p.schedule))
    .where('release', '=', p.release)
    .returning('schedule_id'),
)

const removeAccount = prepare<{ login: string }>()('restore.remove-account', (db, given) =>
  db
    .updateTable('account_profile')
    .set({ removed: true })
    .where('login', '=', given.login)
    .where(eb => eb.not(eb.ref('removed')))
    .returning('login'),
)

const reader =
  (store: Store, statement: Prepared<FactPage, FactRow>) =>
  (page: FactPage): Promise<FactRow[]> =>
    store.read(statement, page)

export function factReaders(store: Store) {
  return {
    task: reader(store, tasks),
    file: reader(store, files),
    schedule: reader(store, schedules),
    account: reader(store, accounts),
    number: (): Promise<FactRow[]> => store.read(numbers),
  }
}

/** Nobody signs in for this login any more; false if nobody did. */
export async function forgetAccount(store: Store, login: string): Promise<boolean> {
  return (await store.write(removeAccount, { login })).length > 0
}

/** Has a schedule start its release again; false if it has started another one, or none. */
export async function forgetStarted(query: Queryable['query'], schedule: string, release: string): Promise<boolean> {
  return (await query(startAgain, { schedule, release })).length > 0
}
