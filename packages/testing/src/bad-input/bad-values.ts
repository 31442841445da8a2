/** A value that is no text, number or date of ours, as it stands in a JSON body. Bytes, because some are no UTF-8. */
export type BadValue = { readonly what: string; readonly json: Buffer }

const json = (text: string): BadValue => ({ what: text, json: Buffer.from(text) })
const bytes = (what: string, ...content: number[]): BadValue => ({
  what,
  json: Buffer.from([0x22, 0x61, ...content, 0x22]),
})

/** What can be written down as text and is none. */
export const noTexts: readonly BadValue[] = [
  json('"a\\u0000b"'),
  json('"\\u0000"'),
  json('"a\\ud800b"'),
  json('"\\udc00\\ud800"'),
  bytes('the byte ff', 0xff),
  bytes('half a pair in UTF-8', 0xed, 0xa0, 0x80),
]

const oddDates: readonly BadValue[] = [
  '0000-01-01',
  '0000-01-01T00:00:00Z',
  '-4713-01-01T00:00:00Z',
  '300000-01-01',
  '+275761-01-01T00:00:00Z',
  '2023-02-30',
  '2023-02-30T00:00:00Z',
  '2024-01-01T00:00:00+99:99',
  '9999-12-31T23:59:59-23:59',
  '0001-01-01T00:00:00+23:59',
  '2024-01-01T25:61:61Z',
  'infinity',
].map(text => json(`"${text}"`))

const oddNumbers: readonly BadValue[] = [
  ...['2147483648', '-2147483649', '9007199254740993', '9223372036854775808', '-9223372036854775809'],
  ...['1e400', '-1e400', '1e308', '-0', '1.5', '-1'],
  ...['"2147483648"', '"9223372036854775808"', '"NaN"', '"Infinity"', '"-0"', `"${'9'.repeat(400)}"`],
].map(json)

/** Dates and numbers as texts, for fields of which nobody knows whether somewhere they are read as such. */
const oddTexts: readonly BadValue[] = [json('"0000-01-01"'), json('"9223372036854775808"')]

/** What is fed to a field that has this value when it is right. Some of it is right, too: it must not break anything. */
export function badValuesFor(right: unknown): readonly BadValue[] {
  if (typeof right === 'number') return [...noTexts, ...oddNumbers]
  if (typeof right !== 'string') return [...noTexts, ...oddTexts]
  return /^\d{4}-\d\d-\d\d/.test(right) ? [...noTexts, ...oddDates] : [...noTexts, ...oddTexts]
}
