import { headLine, lineOf } from '../affiliate/affiliate-table.ts'
import { enumerations, type ImportColumn, importColumns, isEnumeration } from './columns.ts'

const member = 'DK'

/** A value that the column takes; another one for each line. */
function exampleOf({ name, class: kind }: ImportColumn, line: number): string {
  if (isEnumeration(kind)) return enumerations[kind][line % enumerations[kind].length] as string
  if (kind === 'Member' || kind === 'Country') return member
  if (name === 'importKey') return `EXAMPLE-${line}`
  if (/email$/i.test(name)) return `${name}${line}@example.org`.toLowerCase()
  if (/number$/i.test(name)) return `+45 00 00 00 0${line}`
  const words = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase()
  return `Example ${words} ${line}`
}

/** Describes the table, by the members and countries that there are. */
export function importSpec(members: readonly string[], countries: readonly string[]) {
  const optionsOf = ({ class: kind }: ImportColumn): string[] => {
    if (isEnumeration(kind)) return enumerations[kind].toSorted()
    return kind === 'Member' ? members.toSorted() : kind === 'Country' ? countries.toSorted() : []
  }
  return {
    columns: importColumns.map(column => ({
      columnName: column.name,
      attributeClass: column.class,
      required: column.required,
      example: exampleOf(column, 0),
      options: optionsOf(column),
    })),
    example: headLine + [0, 1].map(line => lineOf(importColumns.map(column => exampleOf(column, line)))).join(''),
  }
}
