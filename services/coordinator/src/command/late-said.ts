import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import type { ReleaseCommand } from '../release/decide.ts'
import { keepReportedFiles } from '../reported-file/reported-file.store.ts'
import { prepare } from '../sql.ts'
import { pollCommand, type Said } from './answer.ts'

/** What a task service says when it is asked, for the transaction that takes it over. */
export type Saying = {
  /** The command for the release; to be asked for once the release is locked. */
  command(tx: Queryable): Promise<ReleaseCommand>
  /** To be called after the command was written. */
  keepFiles(tx: Queryable): Promise<void>
}

const heardSince = prepare<{ task: string; heard: string }>()('task.heard-since', (db, p) =>
  db.selectFrom('task').select(sql<boolean>`heard_at::text <> ${p.heard}`.as('overtaken')).where('kf_id', '=', p.task),
)

/**
 * An answer may be older than a report that the service made while it was on the way. Steps of a task have an order by
 * themselves; progress and files do not, so that those of an answer that was overtaken do not count. `heard`: when the
 * task was last heard of as the service was asked.
 */
export function sayingOf(task: string, said: Said, heard: string): Saying {
  const poll = pollCommand(task, said)
  let isOvertaken = false
  return {
    async command(tx) {
      const [row] = await tx.query(heardSince, { task, heard })
      isOvertaken = row?.overtaken ?? false
      const { progress: _, ...step } = poll
      return isOvertaken ? step : poll
    },
    async keepFiles(tx) {
      if (said.files && !isOvertaken) await keepReportedFiles(tx, task, said.files, poll.state)
    },
  }
}
