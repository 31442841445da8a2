import type { OperationHandler } from '@slipway/bus'
import {
  type AffiliateImport,
  affiliateEvents,
  affiliateOperations,
  applicationEvents,
  failure,
  largestAffiliateTable,
} from '@slipway/contracts'
import { commandOf, handlerOf } from '@slipway/service'
import { appendEvents, type Queryable, rememberCommand, type Store } from '@slipway/store'
import { affiliateEvent, applicationEvent } from '../affiliate/affiliate.store.ts'
import { createdByImport, updatedByImport } from '../affiliate/trail.ts'
import { type AuditEntry, principalOf, recordAudit } from '../audit/record-audit.ts'
import type { Countries } from '../country/country.store.ts'
import { listMembers } from '../member/member.store.ts'
import { requireKind } from '../member/viewer.ts'
import { type Imported, insertImported, keptAffiliates, lockImports, updateImported } from './import.store.ts'
import { readTable, type Table, utf8Text } from './lines.ts'
import { idOfKey, keyOfLine } from './match.ts'
import { planImport } from './plan.ts'
import { importSpec } from './spec.ts'

const { import: importAll, importSpec: describe } = affiliateOperations

/** Errors that are told; a table may have many more. */
const mostErrors = 500
/** Affiliates that are written by a statement. */
const part = 500

export type ImportOptions = { readonly store: Store; readonly countries: () => Promise<Countries> }
type Outcome = Omit<AffiliateImport, 'durationMillis'>
type Cause = Parameters<typeof affiliateEvent>[2]

/** Affiliates that were approved elsewhere, taken in as a table. */
export function affiliateImportHandlers({ store, countries }: ImportOptions): OperationHandler[] {
  const memberKeys = async (tx: Queryable) => (await listMembers(tx.query)).map(({ key }) => key)

  async function takeIn(tx: Queryable, text: string, cause: Cause): Promise<Outcome> {
    const table = readTable(text)
    await lockImports(tx)
    const keys = table.lines.map(keyOfLine).filter(key => key !== undefined)
    const ids = keys.map(({ key }) => idOfKey(key)).filter(id => id !== undefined)
    const kept = await keptAffiliates(tx, keys, ids)
    const plan = planImport(table, kept, { members: new Set(await memberKeys(tx)), countries: await countries() })
    const { errors, made, changed, updated } = plan
    if (errors.length > 0) return failed(table.count, errors)
    const principal = principalOf(cause.identity)
    for (const some of parts(made)) await tell(tx, await insertImported(tx, some), 'created', principal, cause)
    for (const some of parts(changed)) await tell(tx, await updateImported(tx, some), 'updated', principal, cause)
    return succeeded(table, updated)
  }

  return [
    handlerOf(importAll, async (input, context, upload) => {
      const start = performance.now()
      requireKind(context.identity, 'admin')
      const bytes = await collect(upload)
      if (bytes.length === 0) throw failure('malformed', "Required part 'file' is not present.")
      const text = utf8Text(bytes)
      return store.transaction(async tx => {
        const outcome =
          text === undefined ? failed(-1, ['The file is not encoded in UTF-8']) : await takeIn(tx, text, context)
        await recordAudit(tx, [importEntry(outcome, principalOf(context.identity))])
        const answer = {
          status: outcome.success ? 200 : 400,
          headers: {},
          body: { ...outcome, durationMillis: Math.round(performance.now() - start) },
        }
        const command = commandOf(importAll, input, context)
        if (command) await rememberCommand(tx, { ...command, ...answer, body: JSON.stringify(answer.body) })
        return answer
      })
    }),

    handlerOf(describe, async () => ({
      body: importSpec(await memberKeys({ query: store.read }), [...(await countries()).keys()]),
    })),
  ]
}

/** @throws `too_large` */
async function collect(upload: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of upload) {
    size += chunk.length
    if (size > largestAffiliateTable) {
      throw failure('too_large', `The file has more than ${largestAffiliateTable} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function* parts<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += part) yield items.slice(from, from + part)
}

function failed(readRows: number, errors: readonly string[]): Outcome {
  const told = errors.slice(0, mostErrors)
  const left = errors.length - told.length
  return {
    success: false,
    readRows,
    importedRecords: -1,
    newRecords: -1,
    updatedRecords: -1,
    sourceMemberKey: null,
    errors: left > 0 ? [...told, `and ${left} more`] : told,
  }
}

function succeeded({ count, lines }: Table, updated: number): Outcome {
  const [member = null] = lines.at(-1)?.cells ?? []
  return {
    success: true,
    readRows: count,
    importedRecords: lines.length,
    newRecords: lines.length - updated,
    updatedRecords: updated,
    sourceMemberKey: member,
    errors: [],
  }
}

/** Events and trail of affiliates that were made or changed with their applications. */
async function tell(
  tx: Queryable,
  imported: readonly Imported[],
  verb: 'created' | 'updated',
  principal: string,
  cause: Cause,
): Promise<void> {
  const entry = verb === 'created' ? createdByImport : updatedByImport
  const rows = imported.map(({ affiliate, application }) => ({ affiliate: { ...affiliate, usages: [] }, application }))
  await appendEvents(
    tx,
    rows.flatMap(({ affiliate, application }) => [
      affiliateEvent(affiliateEvents[verb], affiliate, cause),
      applicationEvent(applicationEvents.created, application, cause),
    ]),
  )
  await recordAudit(
    tx,
    rows.map(({ affiliate }) => entry(affiliate, principal)),
  )
}

const importEntry = (outcome: Outcome, principal: string): AuditEntry => ({
  principal,
  type: 'AFFILIATE_IMPORT',
  data: {
    'import.success': String(outcome.success),
    'import.rows': String(outcome.readRows),
    'import.affiliates': String(outcome.importedRecords),
    'import.newAffiliates': String(outcome.newRecords),
    'import.updatedAffiliates': String(outcome.updatedRecords),
    ...(outcome.sourceMemberKey !== null && { 'import.source': outcome.sourceMemberKey }),
    'import.errors': String(outcome.errors.length),
  },
})
