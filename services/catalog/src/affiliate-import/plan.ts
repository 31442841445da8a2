import { detailAt, detailColumns } from '../affiliate/affiliate-table.ts'
import type { ChangedAffiliate, KeptAffiliate, NewAffiliate } from './import.store.ts'
import type { Line, Table } from './lines.ts'
import { keyOfLine, matcher } from './match.ts'
import { detailsOfLine, headErrors, inLine, type Known, lineErrors } from './read-line.ts'

/** What a table comes to. */
export type Plan = {
  readonly errors: readonly string[]
  readonly made: readonly NewAffiliate[]
  readonly changed: readonly ChangedAffiliate[]
  /** Lines that are about an affiliate that there was, or that a line before them made. */
  readonly updated: number
}

type Target = { readonly kept: KeptAffiliate | undefined; readonly line: Line }

/** Decides what is to be done for a table; nothing, if any line of it is not right. Of two lines of a key the last one counts. */
export function planImport({ head, lines }: Table, kept: readonly KeptAffiliate[], known: Known): Plan {
  const errors = head ? [...headErrors(head)] : []
  const match = matcher(kept)
  const targets = new Map<string, Target>()
  let updated = 0
  for (const line of lines) {
    const { found, error } = match(line)
    const wrong = error === undefined ? lineErrors(line, known, found?.details) : [inLine(line, error)]
    errors.push(...wrong, ...(wrong.length === 0 && found ? keptErrors(line, found) : []))
    const { member, key } = keyOfLine(line) ?? { member: '', key: '' }
    const target = found ? String(found.affiliate_id) : `${member} ${key}`
    if (found || targets.has(target)) updated += 1
    targets.set(target, { kept: found, line })
  }
  if (errors.length > 0) return { errors, made: [], changed: [], updated: 0 }
  const all = [...targets.values()]
  return {
    errors,
    updated,
    made: all.flatMap(({ kept: before, line }) => (before ? [] : [newAffiliate(line)])),
    changed: all.flatMap(({ kept: before, line }) => (before && isNews(line, before) ? [changeOf(line, before)] : [])),
  }
}

/** What a line may not do to the affiliate that it is about. */
function keptErrors(line: Line, before: KeptAffiliate): string[] {
  if (!isNews(line, before)) return []
  if (before.primary_state !== 'APPROVED') return [inLine(line, 'The affiliate was not approved')]
  if (before.creator !== null && !detailsOfLine(line, before.details).email) {
    return [inLine(line, 'Primary email address (email) is a required field')]
  }
  return []
}

/** A line that says what is known already changes nothing, however often it comes. */
function isNews(line: Line, { details: before }: KeptAffiliate): boolean {
  const details = detailsOfLine(line, before)
  return detailColumns.some(({ path }) => detailAt(details, path) !== detailAt(before, path))
}

function newAffiliate(line: Line): NewAffiliate {
  const { member = '', key = '' } = keyOfLine(line) ?? {}
  return { import_key: key, home_member: member, details: detailsOfLine(line) }
}

const changeOf = (line: Line, { affiliate_id, details }: KeptAffiliate): ChangedAffiliate => ({
  affiliate_id,
  details: detailsOfLine(line, details),
})
