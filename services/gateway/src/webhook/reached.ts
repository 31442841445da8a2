import type { Parameters } from '@slipway/store'
import { type Expression, type QueryCreator, sql } from 'kysely'
import type { Database } from '../database.ts'
import { ifGiven, lasts } from '../sql.ts'

/** Which webhooks somebody may see and change. */
export type Reach = {
  /** Subject whose they are; null: anybody's. */
  readonly owner: string | null
  /** Only those that are bound to some of these; null: all. */
  readonly scopes: readonly string[] | null
}
export type ShownSecret = { readonly createdAt: string; readonly expiresAt: string | null }

const isoTime = (time: Expression<string | null>) =>
  sql<string>`to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** Webhooks `w` that somebody may see, as they are shown. */
export const reached = (db: QueryCreator<Database>, p: Parameters<Reach>) =>
  db
    .selectFrom('webhook as w')
    .select([
      'w.id',
      'w.owner',
      'w.owner_login',
      'w.url',
      'w.description',
      'w.types',
      'w.releases',
      'w.studies',
      'w.enabled',
      'w.disabled_reason',
      'w.disabled_at',
      'w.failing_since',
      'w.paused_until',
      'w.scopes',
      'w.sequence',
      'w.created_at',
      'w.updated_at',
    ])
    .select(eb => [
      eb
        .selectFrom('api_token as t')
        .select(token => token.fn<string | null>('least', ['t.expires_at', 't.revoked_at']).as('ends_at'))
        .whereRef('t.id', '=', 'w.token_id')
        .as('ends_at'),
      eb.fn
        .coalesce(
          eb
            .selectFrom('webhook_secret as s')
            .select(secret => {
              const createdAt = secret.ref('s.created_at')
              const expiresAt = secret.ref('s.expires_at')
              return sql<ShownSecret[]>`json_agg(
                json_build_object('createdAt', ${isoTime(createdAt)}, 'expiresAt', ${isoTime(expiresAt)})
                order by ${createdAt} desc)`.as('good')
            })
            .whereRef('s.webhook_id', '=', 'w.id')
            .where(secret => lasts(secret.ref('s.expires_at'))),
          sql<ShownSecret[]>`'[]'`,
        )
        .as('secrets'),
    ])
    .where(eb => ifGiven(p.owner, 'text', eb('w.owner', '=', p.owner)))
    .where(eb => ifGiven(p.scopes, 'text[]', eb('w.scopes', '<@', p.scopes)))
