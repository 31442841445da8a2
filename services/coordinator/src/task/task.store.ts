import type { Queryable, Statement } from '@slipway/store'
import { itemStatement, type ListSource } from '../list-page.ts'

/** Fields of a task in the API's order. `t` is the row of the task, `s` that of its task service. */
export const taskFields = (t: string, s: string) => `
  ${t}.kf_id, ${t}.state, ${t}.progress,
  :base::text || '/releases/' || ${t}.release as release,
  case when ${s}.deleted then null else :base::text || '/task-services/' || ${t}.task_service end as task_service,
  iso_time(${t}.created_at) as created_at,
  ${s}.name as service_name`

export const taskList: ListSource = {
  table: 'task',
  fields: taskFields('item', 's'),
  joins: 'left join task_service s on s.kf_id = item.task_service',
  counted: ['state'],
}

export const taskItem = itemStatement(taskList)

const releaseOf: Statement = { name: 'task-release', text: `select release from task where kf_id = $1` }

/** The release a task belongs to, or undefined if there is no such task. */
export async function releaseOfTask(read: Queryable['query'], id: string): Promise<string | undefined> {
  const [row] = await read<{ release: string }>(releaseOf, [id])
  return row?.release
}
