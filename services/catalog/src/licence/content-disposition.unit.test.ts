import { expect, it } from 'vitest'
import { attachment } from './content-disposition.ts'

it.each([
  ['X.pdf', 'attachment; filename="X.pdf"'],
  [
    'Lizenz für Ärzte (neu).pdf',
    `attachment; filename="Lizenz f_r _rzte (neu).pdf"; filename*=UTF-8''Lizenz%20f%C3%BCr%20%C3%84rzte%20%28neu%29.pdf`,
  ],
  ['a"b\\c.pdf', `attachment; filename="a_b_c.pdf"; filename*=UTF-8''a%22b%5Cc.pdf`],
  ['a\r\nSet-Cookie: x', 'attachment; filename="aSet-Cookie: x"'],
  ['', 'attachment; filename=""'],
])('%j', (name, expected) => {
  expect(attachment(name)).toBe(expected)
})
