import { every, type Store, type TimersOptions, type Worker } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'

const settledDays = 30
const everyMs = 6 * 3_600_000

const purge = prepare()('mail.purge', db =>
  db
    .deleteFrom('mail')
    .where(
      eb => eb.fn.coalesce('settled_at', 'created_at'),
      '<',
      sql<string>`now() - ${sql.lit(settledDays)} * interval '1 day'`,
    ),
)

/** Forgets mails a month after they were sent or given up, and those that no server ever was there for. */
export function startMailPurge(store: Store, log: TimersOptions['log']): Worker {
  return every({ store, name: 'purge-mail', everyMs, log, run: async () => void (await store.write(purge)) })
}
