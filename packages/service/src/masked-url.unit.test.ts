import { expect, test } from 'vitest'
import { maskedUrl } from './masked-url.ts'

test.each([
  ['/releases?limit=1&state=staged', '/releases?limit=1&state=staged'],
  ['/api/passwordReset/abc?x=1', '/api/passwordReset/***?x=1'],
  ['/api/activate?key=abc', '/api/activate?key=***'],
  ['/api/activate?k%65y=abc;limit=1', '/api/activate?k%65y=***;limit=1'],
  [
    '/orgs/O/sources/S/v1/export/f.zip?expires=1&signature=ab%3D',
    '/orgs/O/sources/S/v1/export/f.zip?expires=1&signature=***',
  ],
  ['/x?X-Amz-Signature=a&X-Amz-Credential=b&X-Amz-Date=c', '/x?X-Amz-Signature=***&X-Amz-Credential=***&X-Amz-Date=c'],
  [
    '/x?access_token=a&apiKey=b&sig=c&j_password=d&code=e',
    '/x?access_token=***&apiKey=***&sig=***&j_password=***&code=***',
  ],
  ['/x?key=a=b&key=', '/x?key=***&key=***'],
  ['/x??key=a', '/x??key=***'],
  ['/x?%E0%A4%A=1&token=2', '/x?%E0%A4%A=1&token=***'],
  ['https://user:word@example.org/a@b?q=1', 'https://***@example.org/a@b?q=1'],
  ['/x', '/x'],
])('%s', (url, masked) => {
  expect(maskedUrl(url)).toBe(masked)
})
