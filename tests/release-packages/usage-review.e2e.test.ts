import { beforeAll, describe, expect, it } from 'vitest'
import { type Client, expectError, texts } from './support/client.ts'
import { registrations } from './support/registrations.ts'

const { running, member } = await registrations()

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const submitted = 'approvalState/not submitted eq false'

type Shown = { readonly commercialUsageId: number; readonly affiliate: { readonly affiliateId: number } }
const ids = (body: readonly Shown[]) => body.map(({ commercialUsageId }) => commercialUsageId)
const list = (who: Client, parameters: Record<string, string> = {}) =>
  who.get(`/api/commercialUsages/?${new URLSearchParams(parameters)}`)

/** Somebody whose report, of a year of its own, is submitted unless `state` says otherwise. */
async function reporter(login: string, year: number, organizationName: string, state = 'SUBMITTED') {
  const user = await member(login, {
    initialUsagePeriod: { startDate: `${year}-01-01`, endDate: `${year}-12-31` },
  })
  const { applicationId, affiliate, affiliateDetails, commercialUsage } = (await user.get('/api/applications/me')).body
  const path = `/api/commercialUsages/${commercialUsage.commercialUsageId}`
  await user.post(`${path}/countries`, { country: { isoCode2: 'SE' }, snomedPractices: 3 })
  await user.post(path, { name: 'One', country: { isoCode2: 'NO' } })
  await user.post(path, { name: 'Two', country: { isoCode2: 'NO' } })
  await user.put(`${path}/context`, { purpose: '=1+1' })
  await user.put(`${path}/type/COMMERCIAL`)
  if (state !== 'NOT_SUBMITTED') {
    const address = { country: { isoCode2: 'SE' } }
    const details = { ...affiliateDetails, organizationName, address, billingAddress: address }
    const form = { type: 'COMMERCIAL', subType: 'VENDOR', affiliateDetails: details }
    const answer = await user.post(`/api/applications/${applicationId}/registration`, form)
    expect(answer.body).toMatchObject({ commercialUsage: { state: 'SUBMITTED' } })
  }
  return { user, path, id: commercialUsage.commercialUsageId as number, affiliate: affiliate.affiliateId as number }
}

describe('usage reports of all affiliates', () => {
  let reports: Awaited<ReturnType<typeof reporter>>[]
  beforeAll(async () => {
    reports = [
      await reporter('first@example.org', 2019, 'Beta'),
      await reporter('second@example.org', 2021, 'Alpha'),
      await reporter('third@example.org', 2020, 'Gamma', 'NOT_SUBMITTED'),
      await reporter('own@ihtsdo.org', 2018, 'Delta'),
    ]
  })
  const [first, second, third, own] = [0, 1, 2, 3].map(place => () => (reports[place] as (typeof reports)[number]).id)

  it('are listed for staff and administrators, the latest period first', async () => {
    // The one of the account `user`, which is of the current year, is in front.
    for (const who of [running.as.admin, running.as.america]) {
      const answer = await list(who)
      const [, ...reported] = ids(answer.body)
      expect([answer.status, reported]).toEqual([200, [second?.(), third?.(), first?.(), own?.()]])
    }
    const [, shown] = (await list(running.as.sweden)).body
    expect(shown).toMatchObject({
      commercialUsageId: second?.(),
      type: 'COMMERCIAL',
      startDate: '2021-01-01',
      state: 'SUBMITTED',
      submitted: instant,
      entries: [{ name: 'One' }, { name: 'Two' }],
      countries: [{ snomedPractices: 3 }],
      affiliate: { homeMember: { key: 'SE' }, standingState: 'APPLYING', notesInternal: null },
    })
    expect((await running.as.sweden.get(`/api/commercialUsages/${shown.commercialUsageId}`)).body).toEqual(shown)
  })

  it('are filtered, ordered and paged as the page of staff does it', async () => {
    const page = { page: '0', size: '20', orderby: 'submitted,asc', $filter: submitted }
    expect(ids((await list(running.as.admin, page)).body)).toEqual([first?.(), second?.(), own?.()])
    const reverse = { ...page, orderby: 'submitted,desc' }
    expect(ids((await list(running.as.admin, reverse)).body)).toEqual([own?.(), second?.(), first?.()])
    const byName = { ...page, orderby: 'affiliate.affiliateDetails.organizationName,asc', size: '2' }
    expect(ids((await list(running.as.admin, byName)).body)).toEqual([second?.(), first?.()])
    expect(ids((await list(running.as.admin, { ...byName, page: '1' })).body)).toEqual([own?.()])
    expect((await list(running.as.admin, { ...byName, page: '2' })).body).toEqual([])
  })

  it.each([
    [{ $filter: 'state eq PAID' }, 'Unknown filter: state eq PAID'],
    [{ orderby: 'password,asc' }, 'Unknown order: password'],
    [{ page: '-1' }, "page is no such number: '-1'"],
    [{ size: '0' }, "size is no such number: '0'"],
  ])('are refused by %j', async (parameters, message) => {
    expectError(await list(running.as.admin, parameters as Record<string, string>), 400, message)
  })

  it('are reviewed as rows of a table: only what was submitted, and not what the organisation itself tries', async () => {
    const answer = await running.as.america.get('/api/reviewUsageReports')
    expect(answer.status).toBe(200)
    const row = (affiliate: number | undefined, year: number, organization: string) => [
      ...[affiliate, 'SE', 'NO', 'SE', `${year}-01-01`, `${year}-12-31`, 'APPLYING', instant, 'AFFILIATE_NORMAL'],
      ...['Ann Öberg', 'COMMERCIAL-VENDOR', organization, '\\N', '\\N', '\\N', "'=1+1", '\\N', '\\N', 3, 0, 0, 0, 2],
    ]
    expect(answer.body).toEqual([row(reports[1]?.affiliate, 2021, 'Alpha'), row(reports[0]?.affiliate, 2019, 'Beta')])
  })

  it('leave the list when they are retracted, and come back when they are submitted again', async () => {
    const { user, path, id } = await reporter('retracts@example.org', 2017, 'Omega')
    const page = { $filter: submitted }
    expect(ids((await list(running.as.admin, page)).body)).toContain(id)
    const again = (await user.post(`${path}/approval`, { transition: 'RETRACT' })).body.commercialUsageId
    const listed = ids((await list(running.as.admin, page)).body)
    expect([listed.includes(id), listed.includes(again)]).toEqual([false, true])
    expect(ids((await list(running.as.admin)).body)).toEqual(expect.arrayContaining([id, again]))
  })

  it.each(['/api/commercialUsages/', '/api/commercialUsages', '/api/reviewUsageReports'])(
    'are at %s for staff only',
    async path => {
      expect((await running.as.sweden.get(path)).status).toBe(200)
      expectError(await running.as.anonymous.get(path), 401, texts.unauthenticated)
      for (const who of [running.as.user, running.as.insider, running.as.stranger]) {
        expectError(await who.get(path), 403, texts.denied)
      }
    },
  )
})
