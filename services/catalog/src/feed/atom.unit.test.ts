import { expect, it } from 'vitest'
import { feedEntry } from './atom.ts'

const sha256 = 'ab'.repeat(32)
const entry = {
  ...{ entry_id: 'e', package_name: 'P', copyrights: null, uri: 'u', version_name: '1', summary: null },
  ...{
    package_type: 'SCT_RF2_ALL',
    version_uri: 'u/1',
    edition: null,
    derivative: null,
    updated: 'now',
    published: null,
  },
  ...{ author_name: 'A', author_uri: null, author_email: null },
}

it.each([
  [{ md5: null, size: '7', sha256 }, ` length="7" ncts:sha256Hash="${sha256}"`],
  [{ md5: 'm', size: '7', sha256 }, ` length="7" sct:md5Hash="m" ncts:sha256Hash="${sha256}"`],
  [{ md5: 'm', size: null, sha256 }, ` ncts:sha256Hash="${sha256}"`],
  [{ md5: 'm', size: '7', sha256: null }, ' length="7" sct:md5Hash="m"'],
  [{ md5: null, size: '7', sha256: null }, ''],
])('a link tells what is known of its file: %j', (known, attributes) => {
  const file = { path: '/f', origin: 'https://files.example.org/a.zip', primary: true, ...known }
  expect(feedEntry({ ...entry, files: [file] }, 'http://x')).toContain(
    `<link rel="alternate" type="application/zip" href="http://x/f"${attributes}/>`,
  )
})
