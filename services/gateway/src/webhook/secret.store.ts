import type { Queryable, Statement } from '@slipway/store'

/** Secrets that may sign at the same time; each makes the header of every attempt longer. */
export const mostSecrets = 5

const expire: Statement = {
  name: 'webhook-secret.expire',
  text: `update webhook_secret set expires_at = least(expires_at, clock_timestamp() + $2 * interval '1 second')
    where webhook_id = $1`,
}
const forget: Statement = {
  name: 'webhook-secret.forget',
  text: 'delete from webhook_secret where webhook_id = $1 and expires_at <= clock_timestamp()',
}
const insert: Statement = {
  name: 'webhook-secret.insert',
  text: `insert into webhook_secret (webhook_id, secret) values ($1, $2)`,
}
const good: Statement = {
  name: 'webhook-secret.good',
  text: 'select secret from webhook_secret where webhook_id = $1',
}

/** Lets the secrets so far sign for so many seconds more, or less where less was said before; returns those left. */
export async function expireSecrets(tx: Queryable, webhookId: string, seconds: number): Promise<readonly string[]> {
  await tx.query(expire, [webhookId, seconds])
  await tx.query(forget, [webhookId])
  return (await tx.query<{ secret: string }>(good, [webhookId])).map(({ secret }) => secret)
}

export async function insertSecret(tx: Queryable, webhookId: string, secret: string): Promise<void> {
  await tx.query(insert, [webhookId, secret])
}
