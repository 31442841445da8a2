import { expect, it } from 'vitest'
import { readAuditFilter } from './audit-filter.ts'

const everything = { type: null, affiliate: null, application: null, from: null, to: null }

it.each([
  ['', {}],
  ['  ', {}],
  ["auditEventType eq 'RELEASE_FILE_DOWNLOADED'", { type: 'RELEASE_FILE_DOWNLOADED' }],
  ["auditEventType eq 'RELEASE_VERSION_TAKEN_ALPHA/BETA'", { type: 'RELEASE_VERSION_TAKEN_ALPHA/BETA' }],
  ["affiliateId eq '17'", { affiliate: '17' }],
  ["applicationId eq '18'", { application: '18' }],
  ["auditEventDate ge '2026-01-01' and auditEventDate le '2026-02-28'", { from: '2026-01-01', to: '2026-02-28' }],
])('reads %j', (text, expected) => {
  expect(readAuditFilter(text)).toEqual({ ...everything, ...expected })
})

it.each([
  "auditEventType eq 'A' or auditEventType eq 'B'",
  "affiliateId eq 'x'",
  'affiliateId eq 17',
  "auditEventDate ge '2026-01-01'",
  "auditEventDate ge '2026-02-30' and auditEventDate le '2026-03-01'",
  "principal eq 'ann'",
])('refuses %j', text => {
  expect(() => readAuditFilter(text)).toThrow(
    expect.objectContaining({ code: 'refused', message: `Unknown filter: ${text}` }),
  )
})
