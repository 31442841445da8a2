import { unfitText } from '@slipway/contracts'
import { cellOf, keyOf, withFormula } from '../affiliate/affiliate-table.ts'
import { importColumns } from './columns.ts'
import type { KeptAffiliate } from './import.store.ts'
import type { Line } from './lines.ts'

const emailColumn = importColumns.findIndex(({ name }) => name === 'email')
/** What the export writes for an affiliate that was never taken in; see `keyOf`. */
const placeholder = /^AFFILIATE-(\d{1,15})$/

/** Member and key of a line; undefined where one is missing or no text. */
export function keyOfLine({ cells }: Line): { readonly member: string; readonly key: string } | undefined {
  const [member = '', key = ''] = cells
  const isNone = [member, key].some(text => text === '' || unfitText(text) !== undefined)
  return isNone ? undefined : { member, key: withFormula(key) }
}

/** The affiliate that a key stands for as the export writes it; undefined for keys of other forms. */
export function idOfKey(key: string): number | undefined {
  const [, id] = placeholder.exec(key) ?? []
  return id === undefined ? undefined : Number(id)
}

/** Affiliates by member and key, as a line names them. */
export function matcher(kept: readonly KeptAffiliate[]) {
  const byKey = Map.groupBy(kept, row => `${row.home_member} ${keyOf(row)}`)

  /**
   * The affiliate that a line is about; undefined: a new one. The number in a key that the export made up may be that of
   * another affiliate in another installation, so with it the address must be the same. `error`: why it cannot be told.
   */
  return (line: Line): { readonly found?: KeptAffiliate; readonly error?: string } => {
    const { member = '', key = '' } = keyOfLine(line) ?? {}
    const found = byKey.get(`${member} ${key}`) ?? []
    const [only] = found
    if (found.length <= 1 && (!only || only.import_key !== null)) return only ? { found: only } : {}
    const email = line.cells[emailColumn] ?? ''
    const same = found.find(({ details }) => cellOf(details.email).toLowerCase() === email.toLowerCase())
    return same ? { found: same } : { error: `Field value=${key} stands for an affiliate with another email` }
  }
}
