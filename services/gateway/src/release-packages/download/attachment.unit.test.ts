import { expect, test } from 'vitest'
import { attachmentFor } from './attachment.ts'

test.each([
  ['https://example.org/a/release%201.zip', 'attachment; filename="release 1.zip"'],
  ['https://example.org/a/', 'attachment; filename="download"'],
  ['s3://bucket/some/key.zip', 'attachment; filename="key.zip"'],
  ['https://example.org/a%0d%0aSet-Cookie:%20x=1', 'attachment; filename="aSet-Cookie: x=1"'],
  ['https://example.org/%22;%20evil=%22.zip', 'attachment; filename="; evil=.zip"'],
  ['https://example.org/..%2f..%5cpasswd', 'attachment; filename="....passwd"'],
  ['https://example.org/100%', 'attachment; filename="100%"'],
  [
    'https://example.org/utg%C3%A5va%20(1).zip',
    'attachment; filename="utg_va (1).zip"; filename*=UTF-8\'\'utg%C3%A5va%20%281%29.zip',
  ],
])('the name of %s', (path, disposition) => {
  expect(attachmentFor(path)).toBe(disposition)
})
