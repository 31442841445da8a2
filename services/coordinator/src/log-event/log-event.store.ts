import { itemStatement, type ListCondition, type ListSource } from '../list-page.ts'

/** Fields of an event in the API's order; `e` is its row. */
export const logEventFields = (e: string) => `
  ${e}.kf_id, ${e}.event_type, ${e}.message,
  :base::text || '/releases/' || ${e}.release as release,
  :base::text || '/task-services/' || ${e}.task_service as task_service,
  :base::text || '/tasks/' || ${e}.task as task,
  iso_time(${e}.created_at) as created_at`

export const logEventList: ListSource = { table: 'event', fields: logEventFields('item'), counted: [] }

export const logEventItem = itemStatement(logEventList)

/** Events of releases that contain a study. */
export const ofStudy = (study: string): ListCondition => ({
  name: 'of-study',
  sql: 'row.release in (select release from release_study where study = :condition)',
  value: study,
})
