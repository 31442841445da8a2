import { unfitText } from '@slipway/contracts'
import { type Details, emptyDetails } from '../affiliate/affiliate-details.ts'
import { cellOf, detailAt, withFormula } from '../affiliate/affiliate-table.ts'
import { enumerations, type ImportColumn, importColumns, isEnumeration } from './columns.ts'
import type { Line } from './lines.ts'

/** What there is to choose from. */
export type Known = {
  readonly members: { has(key: string): boolean }
  readonly countries: { has(code: string): boolean }
}

/** Longest value of a column, in characters. */
const longest = 255
/** Of a value in an error. */
const shown = 100

const brief = (value: string) => (value.length > shown ? `${value.slice(0, shown)}…` : value).toWellFormed()

/** Where an error is, in the words of MLDS: lines from 1, columns from 0. */
export const inLine = ({ number }: Line, text: string): string => `Line:${number} ${text}`
const inColumn = (line: Line, index: number, text: string): string =>
  inLine(line, `Col:${index}:${importColumns[index]?.name} ${text}`)

function wrongCount(line: Line): string[] {
  const { length } = line.cells
  if (length === importColumns.length) return []
  return [inLine(line, `Incorrect number of fields: found=${length} required=${importColumns.length}`)]
}

/** What is wrong with the line that names the columns. */
export function headErrors(line: Line): readonly string[] {
  const wrong = wrongCount(line)
  if (wrong.length > 0) return wrong
  return importColumns.flatMap(({ name }, index) => {
    const given = line.cells[index] ?? ''
    if (given.toLowerCase() === name.toLowerCase()) return []
    return [inColumn(line, index, `Header value=${brief(given)} does not match title=${name}`)]
  })
}

/**
 * What is wrong with the values of a line.
 * @param before of the affiliate that it is about: what it has already may stay, whatever it is
 */
export function lineErrors(line: Line, known: Known, before?: Details): readonly string[] {
  const wrong = wrongCount(line)
  if (wrong.length > 0) return wrong
  return importColumns.flatMap((column, index) => {
    const value = line.cells[index] ?? ''
    if (before && column.path && value === cellOf(detailAt(before, column.path))) return []
    const error = valueError(column, value, known)
    return error === undefined ? [] : [inColumn(line, index, error)]
  })
}

function valueError(column: ImportColumn, value: string, { members, countries }: Known): string | undefined {
  if (value === '') return column.required ? 'Missing required field' : undefined
  const refused = `Field value=${brief(value)} not one of`
  if (isEnumeration(column.class)) {
    const options: readonly string[] = enumerations[column.class]
    return options.includes(value) ? undefined : `${refused} options: [${options.join(', ')}]`
  }
  const codes = 'the recognized ISO 3166-1 alpha-2 country codes'
  if (column.class === 'Member') return members.has(value) ? undefined : `${refused} ${codes} used for member`
  if (column.class === 'Country') return countries.has(value) ? undefined : `${refused} ${codes}`
  if (unfitText(value)) return 'Field value has characters that are no text'
  return withFormula(value).length > longest ? `Field value is longer than ${longest} characters` : undefined
}

/** The details that a line gives; an empty value is the default, and one that is as it was exported stays as it is kept. */
export function detailsOfLine({ cells }: Line, before?: Details): Details {
  const details = structuredClone(before ?? emptyDetails) as Record<string, unknown>
  importColumns.forEach(({ path }, index) => {
    const value = cells[index] ?? ''
    if (!path || (before && value === cellOf(detailAt(before, path)))) return
    const given = value === '' ? detailAt(emptyDetails, path) : withFormula(value)
    if (path.length === 1) details[path[0]] = given
    else details[path[0]] = { ...(details[path[0]] as object), [path[1]]: given }
  })
  return details as unknown as Details
}
