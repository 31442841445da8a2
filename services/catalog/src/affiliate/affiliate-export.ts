import type { OperationHandler } from '@slipway/bus'
import { affiliateOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { headed, type Statement, type Store } from '@slipway/store'
import { principalOf, recordAudit } from '../audit/record-audit.ts'
import { affiliateLine, type ExportedAffiliate, headLine } from './affiliate-table.ts'

/** Affiliates that are read at a time. */
const page = 500

const after: Statement = {
  name: 'affiliate.export',
  text: `
    select a.affiliate_id, a.import_key, a.details, coalesce(p.member, a.home_member) as member
    from affiliate a left join application p on p.affiliate_id = a.affiliate_id and p.application_type = 'PRIMARY'
    where a.affiliate_id > $1 order by a.affiliate_id limit ${page}`,
}

/** All affiliates as a table, in the order of their ids; who took it is in the trail. */
export function affiliateExportHandler(store: Store): OperationHandler {
  async function* lines(): AsyncGenerator<Uint8Array> {
    let last = 0
    for (;;) {
      const rows = await store.read<ExportedAffiliate>(after, [last])
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
