import type { OperationHandler } from '@slipway/bus'
import { affiliateOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { headed, type Store } from '@slipway/store'
import { sql } from 'kysely'
import { principalOf, recordAudit } from '../audit/record-audit.ts'
import { prepare } from '../sql.ts'
import type { Details } from './affiliate-details.ts'
import { affiliateLine, headLine } from './affiliate-table.ts'

/** Affiliates that are read at a time. */
const page = 500

const after = prepare<{ last: number }>()('affiliate.export', (db, p) =>
  db
    .selectFrom('affiliate as a')
    .leftJoin('application as p', join =>
      join.onRef('p.affiliate_id', '=', 'a.affiliate_id').on('p.application_type', '=', 'PRIMARY'),
    )
    .select(eb => [
      'a.affiliate_id',
      'a.import_key',
      eb.ref('a.details').$castTo<Details>().as('details'),
      eb.fn.coalesce('p.member', 'a.home_member').as('member'),
    ])
    .where('a.affiliate_id', '>', p.last)
    .orderBy('a.affiliate_id')
    .limit(sql.lit(page)),
)

/** All affiliates as a table, in the order of their ids; who took it is in the trail. */
export function affiliateExportHandler(store: Store): OperationHandler {
  async function* lines(): AsyncGenerator<Uint8Array> {
    let last = 0
    for (;;) {
      const rows = await store.read(after, { last })
      if (rows.length > 0) yield Buffer.from(rows.map(affiliateLine).join(''))
      if (rows.length < page) return
      last = rows.at(-1)?.affiliate_id as number
    }
  }

  return handlerOf(affiliateOperations.export, async (_input, { identity }) => {
    const entry = { principal: principalOf(identity), type: 'AFFILIATE_EXPORT', data: {} }
    await store.transaction(tx => recordAudit(tx, [entry]))
    return {
      headers: { 'Content-Type': 'application/csv;charset=UTF-8' },
      body: headed(Buffer.from(headLine), lines()),
    }
  })
}
