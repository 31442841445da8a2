import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'

/** Secrets that may sign at the same time; each makes the header of every attempt longer. */
export const mostSecrets = 5

const expire = prepare<{ webhookId: string; seconds: number }>()('webhook-secret.expire', (db, p) =>
  db
    .updateTable('webhook_secret')
    .set(eb => ({
      expires_at: eb.fn<string>('least', ['expires_at', sql`clock_timestamp() + ${p.seconds} * interval '1 second'`]),
    }))
    .where('webhook_id', '=', p.webhookId),
)
const forget = prepare<{ webhookId: string }>()('webhook-secret.forget', (db, p) =>
  db
    .deleteFrom('webhook_secret')
    .where('webhook_id', '=', p.webhookId)
    .where('expires_at', '<=', sql<string>`clock_timestamp()`),
)
const insert = prepare<{ webhookId: string; secret: string }>()('webhook-secret.insert', (db, p) =>
  db.insertInto('webhook_secret').values({ webhook_id: p.webhookId, secret: p.secret }),
)
const good = prepare<{ webhookId: string }>()('webhook-secret.good', (db, p) =>
  db.selectFrom('webhook_secret').select('secret').where('webhook_id', '=', p.webhookId),
)

/** Lets the secrets so far sign for so many seconds more, or less where less was said before; returns those left. */
export async function expireSecrets(tx: Queryable, webhookId: string, seconds: number): Promise<readonly string[]> {
  await tx.query(expire, { webhookId, seconds })
  await tx.query(forget, { webhookId })
  return (await tx.query(good, { webhookId })).map(({ secret }) => secret)
}

export async function insertSecret(tx: Queryable, webhookId: string, secret: string): Promise<void> {
  await tx.query(insert, { webhookId, secret })
}
