import type { Queryable, Statement } from '@slipway/store'
import { itemStatement, type ListCondition, type ListSource } from '../list-page.ts'
import { releaseNoteFields } from '../release-note/release-note.store.ts'
import { taskFields } from '../task/task.store.ts'

const array = (query: string) => `coalesce((${query}), '[]'::json)`

/** Fields of a release in the API's order, with its tasks and notes in the order of their creation. */
const fields = `
  item.kf_id, item.name, item.description,
  ${array(`
    select json_agg(body order by created_at, position) from (
      select n.created_at, n.position, (select row_to_json(f) from (select ${releaseNoteFields('n')}) f) as body
      from release_note n where n.release = item.kf_id
    ) notes`)} as notes,
  item.state,
  ${array('select json_agg(study order by ordinal) from release_study where release = item.kf_id')} as studies,
  ${array(`
    select json_agg(body order by created_at, position) from (
      select t.created_at, t.position, (select row_to_json(f) from (select ${taskFields('t', 's')}) f) as body
      from task t left join task_service s on s.kf_id = t.task_service where t.release = item.kf_id
    ) tasks`)} as tasks,
  item.version, iso_time(item.created_at) as created_at, item.tags, item.author, item.is_major`

export const releaseList: ListSource = { table: 'release', fields, counted: ['state'] }

export const releaseItem = itemStatement(releaseList)

/** Releases that contain a study. */
export const withStudy = (study: string): ListCondition => ({
  name: 'with-study',
  sql: 'row.kf_id in (select release from release_study where study = :condition)',
  value: study,
})

const studiesKnown: Statement = { name: 'studies-known', text: `select kf_id from study where kf_id = any($1)` }

/** The first of the ids that no study has, or undefined if all are known. */
export async function firstUnknownStudy(read: Queryable['query'], ids: readonly string[]): Promise<string | undefined> {
  const rows = await read<{ kf_id: string }>(studiesKnown, [ids])
  const known = new Set(rows.map(row => row.kf_id))
  return ids.find(id => !known.has(id))
}

const containsStudy: Statement = {
  name: 'release-contains-study',
  text: `select 1 from release_study where release = $1 and study = $2`,
}

/** True if the release contains the study. */
export async function releaseContainsStudy(read: Queryable['query'], release: string, study: string): Promise<boolean> {
  return (await read(containsStudy, [release, study])).length > 0
}

const studiesOf: Statement = { name: 'release-studies', text: `select study from release_study where release = $1` }

/** The studies of a release; none if there is no such release. */
export async function studiesOfRelease(read: Queryable['query'], release: string): Promise<string[]> {
  return (await read<{ study: string }>(studiesOf, [release])).map(row => row.study)
}
