import { exporterFileUrl } from '@slipway/contracts'
import type { FactPage, FactRow } from '@slipway/service'
import type { AnyStore, Queryable, Statement } from '@slipway/store'

const tasks: Statement = {
  name: 'restore.tasks',
  text: `
    select json_strip_nulls(json_build_object('id', task, 'release', release, 'state', state, 'version', (
      select max(v.published_as) from release_task_version v where v.release = t.release and v.task = t.task
    ))) as fact
    from release_task t
    where release > $1 and ($3::text[] is null or release = any($3))
    order by release fetch first $2 rows with ties`,
}
/** Of which versions have links to the exporter. */
const files: Statement = {
  name: 'restore.files',
  text: `
    select json_build_object('id', substr(f.download_url, length('${exporterFileUrl('')}') + 1), 'release', t.release) as fact
    from release_task_version t join release_file f using (release_version_id)
    where starts_with(f.download_url, '${exporterFileUrl('')}')
      and t.release > $1 and ($3::text[] is null or t.release = any($3))
    order by t.release fetch first $2 rows with ties`,
}
const schedules: Statement = {
  name: 'restore.schedules',
  text: `
    select json_build_object('id', schedule_id::text, 'release', release) as fact from release_template
    where release > $1 and ($3::text[] is null or release = any($3))
    order by release fetch first $2 rows with ties`,
}
const accounts: Statement = {
  name: 'restore.accounts',
  text: `
    select json_build_object('id', login, 'state', case when removed then 'removed' else 'known' end) as fact
    from account_profile
    where login > $1 collate "C" and ($3::text[] is null or login = any($3))
    order by login limit $2`,
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
  ({ after, limit, of }: FactPage) =>
    store.read<FactRow>(statement, [after, limit, of])

export function factReaders(store: AnyStore) {
  return {
    task: reader(store, tasks),
    file: reader(store, files),
    schedule: reader(store, schedules),
    account: reader(store, accounts),
    number: () => store.read<FactRow>(numbers),
  }
}

const removeAccount: Statement = {
  name: 'restore.remove-account',
  text: 'update account_profile set removed = true where login = $1 and not removed returning login',
}

/** Nobody signs in for this login any more; false if nobody did. */
export async function forgetAccount(store: AnyStore, login: string): Promise<boolean> {
  return (await store.write(removeAccount, [login])).length > 0
}

/** Has a schedule start its release again; false if it has started another one, or none. */
export async function forgetStarted(query: Queryable['query'], schedule: string, release: string): Promise<boolean> {
  return (await query(startAgain, [schedule, release])).length > 0
}
