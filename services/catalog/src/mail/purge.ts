import { every, type Statement, type Store, type TimersOptions, type Worker } from '@slipway/store'

const settledDays = 30
const everyMs = 6 * 3_600_000

const purge: Statement = {
  name: 'mail.purge',
  text: `
    delete from mail where coalesce(settled_at, created_at) < now() - ${settledDays} * interval '1 day'`,
}

/** Forgets mails a month after they were sent or given up, and those that no server ever was there for. */
export function startMailPurge(store: Store, log: TimersOptions['log']): Worker {
  return every({ store, name: 'purge-mail', everyMs, log, run: async () => void (await store.write(purge)) })
}
