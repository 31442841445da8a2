import { accessionKey, failure } from '@slipway/contracts'
import { type AttributeValue, parseText } from '../study-object/attributes.ts'

const bad = (message: string) => failure('invalid', `The file is not a table of study metadata: ${message}`)

/**
 * Reads the template of ODM: tab-separated, a line of names and a line of values; values are trimmed, `|` separates the
 * items of a list, and `||` stands for the character itself. An empty value is none.
 * @throws `invalid`
 */
export function readTemplate(text: string): Record<string, AttributeValue> {
  if (text.includes('\0') || !text.isWellFormed()) throw bad('it has characters that cannot be kept.')
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  while (lines.at(-1)?.trim() === '') lines.pop()
  const [head, row, ...more] = lines
  if (head === undefined || row === undefined) throw bad('it needs two lines, names and values.')
  if (more.length > 0) throw bad('it has more than two lines.')
  const names = head.split('\t').map(name => name.trim())
  const values = row.split('\t')
  if (values.length > names.length) throw bad('it has more values than names.')
  const attributes: [string, AttributeValue][] = []
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    const value = readValue(values[index] ?? '')
    if (value === undefined) continue
    if (name === '') throw bad(`column ${index + 1} has no name.`)
    if (name.length > 512) throw bad(`the name of column ${index + 1} is longer than 512 characters.`)
    if (seen.has(name)) throw bad(`it has two columns ${name}.`)
    seen.add(name)
    // The accession is ours to give.
    if (name !== accessionKey) attributes.push([name, value])
  }
  return Object.fromEntries(attributes)
}

function readValue(field: string): AttributeValue | undefined {
  const items = splitList(field).filter(item => item !== '')
  const [first, ...others] = items
  if (first === undefined) return undefined
  return others.length === 0 ? parseText(first) : items.map(parseText)
}

/** At single bars; a doubled one is a character. */
function splitList(field: string): string[] {
  return field
    .replaceAll('||', '\0')
    .split('|')
    .map(item => item.replaceAll('\0', '|').trim())
}
