import { expect, test } from 'vitest'
import { djangoUrl } from './django-url.ts'

test.each([
  ['/rest_api/v1/releases/', '/rest_api/v1/releases/'],
  ['/rest_api/v1//releases///x-1//', '/rest_api/v1/releases/x-1/'],
  ['//rest_api/v1/', '/rest_api/v1/'],
  ['/rest_api/v1/releases/?a=1;b=2&c=%3B;d', '/rest_api/v1/releases/?a=1&b=2&c=%3B&d'],
  ['/rest_api/v1/releases/?next=http://x//?y;z', '/rest_api/v1/releases/?next=http://x//?y&z'],
  ['/rest_api?a=1;b=2', '/rest_api?a=1&b=2'],
  ['/rest_apis//x?a;b', '/rest_apis//x?a;b'],
  ['/orgs//x/?q=a;b', '/orgs//x/?q=a;b'],
  ['*', '*'],
])('%s is read as %s', (url, read) => {
  expect(djangoUrl(url)).toBe(read)
})
