import type { FactPage, FactRow } from '@slipway/service'
import type { AnyStore, Queryable, Statement } from '@slipway/store'

const tasks: Statement = {
  name: 'restore.tasks',
  text: `
    select json_build_object('id', task, 'release', release, 'state', state) as fact from release_task
    where task > $1 order by task limit $2`,
}
const schedules: Statement = {
  name: 'restore.schedules',
  text: `
    select json_build_object('id', schedule_id::text, 'release', release) as fact from release_template
    where release is not null and schedule_id > coalesce(nullif($1, '')::bigint, 0) order by schedule_id limit $2`,
}
const accounts: Statement = {
  name: 'restore.accounts',
  text: `
    select json_build_object('id', login) as fact from account_profile
    where not removed and login > $1 collate "C" order by login limit $2`,
}
/** The last word of a version that was made for a release is the release's number. */
const numbers: Statement = {
  name: 'restore.numbers',
  text: `
    with given as (
      select substring(v.name from '[0-9]{1,9}[.][0-9]{1,9}[.][0-9]{1,9}$') as version
      from release_task_version t join release_version v using (release_version_id)
    ), greatest_version as (
      select 'version' as id, version from given where version is not null
      order by string_to_array(version, '.')::bigint[] desc limit 1
    )
    select json_build_object('id', id, 'version', version) as fact from (
      select id, version from greatest_version
      union all select 'account', max(sequence)::text from account_profile having max(sequence) is not null
    ) number order by id`,
}
const startAgain: Statement = {
  name: 'restore.start-again',
  text: `
    update release_template set release = null, attempts = 0, error = null, due_at = now()
    where schedule_id::text = $1 and release = $2 returning schedule_id`,
}

const reader =
  (store: AnyStore, statement: Statement) =>
  ({ after, limit }: FactPage) =>
    store.read<FactRow>(statement, [after, limit])

export function factReaders(store: AnyStore) {
  return {
    task: reader(store, tasks),
    schedule: reader(store, schedules),
    account: reader(store, accounts),
    number: () => store.read<FactRow>(numbers),
  }
}

/** Has a schedule start its release again; false if it has started another one, or none. */
export async function forgetStarted(query: Queryable['query'], schedule: string, release: string): Promise<boolean> {
  return (await query(startAgain, [schedule, release])).length > 0
}
