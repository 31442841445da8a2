import { describe, expect, it } from 'vitest'
import { type Client, expectError, texts } from './support/client.ts'
import { registrations } from './support/registrations.ts'

const { running, member } = await registrations()

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const year = { startDate: '2026-01-01', endDate: '2026-12-31' }
const noContext = {
  currentUsage: null,
  plannedUsage: null,
  purpose: null,
  implementationStatus: null,
  otherActivities: null,
}
const noCounts = {
  snomedPractices: 0,
  hospitalsStaffingPractices: 0,
  dataCreationPracticesNotPartOfHospital: 0,
  nonPracticeDataCreationSystems: 0,
  deployedDataAnalysisSystems: 0,
  databasesPerDeployment: 0,
}

type Country = { readonly isoCode2: string }
const countryOf = async (user: Client, code: string): Promise<Country> =>
  (await user.get('/api/countries')).body.find(({ isoCode2 }: Country) => isoCode2 === code)

/** Somebody new, with the report that the registration page shows. */
async function applicant(login: string, more: object = { initialUsagePeriod: year }) {
  const user = await member(login, more)
  const application = (await user.get('/api/applications/me')).body
  const id = application.commercialUsage.commercialUsageId as number
  return { user, application, id, path: `/api/commercialUsages/${id}`, affiliate: application.affiliate.affiliateId }
}
const states = async (user: Client, affiliate: number) =>
  (await user.get(`/api/affiliates/${affiliate}/commercialUsages`)).body.map(
    ({ state, effectiveTo }: { state: string; effectiveTo: string | null }) => [state, effectiveTo !== null],
  )

describe('the registration page', () => {
  it('of MLDS works as its client calls it, from the registration to the first download right', async () => {
    const { user, application, path, affiliate } = await applicant('page@example.org')
    expect(application).toMatchObject({ approvalState: 'NOT_SUBMITTED', type: null })
    const [sweden, norway] = [await countryOf(user, 'SE'), await countryOf(user, 'NO')]
    const empty = {
      commercialUsageId: application.commercialUsage.commercialUsageId,
      type: null,
      created: instant,
      ...year,
      state: 'NOT_SUBMITTED',
      note: null,
      effectiveTo: null,
      context: noContext,
      submitted: null,
      entries: [],
      countries: [],
    }
    expect(application.commercialUsage).toEqual(empty)
    expect(application.affiliate.commercialUsages).toEqual([empty])
    const read = await user.get(path)
    expect(read.body).toEqual({ ...empty, affiliate: expect.objectContaining({ affiliateId: affiliate }) })
    for (const left of ['application', 'applications', 'commercialUsages', 'notesInternal']) {
      expect(read.body.affiliate).not.toHaveProperty(left)
    }

    // The form saves itself while it is filled in; each choice of a type goes to the report as well.
    const form = {
      type: 'COMMERCIAL',
      subType: '',
      otherText: null,
      snoMedTC: 'true',
      affiliateDetails: {
        ...application.affiliateDetails,
        organizationName: 'Lab',
        address: { street: 'Street 1', city: 'Lund', post: '1', country: sweden },
        billingAddress: { street: 'Street 1', city: 'Lund', post: '1', country: sweden },
      },
    }
    expect((await user.put(`${path}/type/COMMERCIAL`)).body).toEqual(noContext)
    const saved = await user.put(`/api/applications/${application.applicationId}/registration`, form)
    expect(saved.body).toMatchObject({ type: 'COMMERCIAL', commercialUsage: { type: 'COMMERCIAL' } })
    const context = { ...noContext, purpose: 'Care', implementationStatus: 'PLANNING' }
    expect((await user.put(`${path}/context`, context)).body).toEqual(context)

    const added = await user.post(`${path}/countries`, { practices: 0, country: norway })
    expect(added.status).toBe(201)
    expect(added.body).toEqual({
      commercialUsageCountId: expect.any(Number),
      country: norway,
      notes: null,
      ...noCounts,
      created: instant,
    })
    expectError(
      await user.post(`${path}/countries`, { practices: 0, country: norway }),
      409,
      'Country already exists for this usage report.',
    )
    const count = `${path}/countries/${added.body.commercialUsageCountId}`
    const counted = { ...added.body, snomedPractices: 3, databasesPerDeployment: '', notes: 'n' }
    const expected = { ...added.body, snomedPractices: 3, notes: 'n' }
    expect((await user.put(count, counted)).body).toEqual(expected)
    expect((await user.get(count)).body).toEqual(expected)

    const institution = { name: 'Hospital', note: 'large', startDate: '2026-02-01', endDate: null, country: norway }
    const entry = await user.post(path, institution)
    expect([entry.status, entry.body]).toEqual([
      201,
      { ...institution, commercialUsageEntryId: expect.any(Number), created: instant },
    ])
    const at = `${path}/entries/${entry.body.commercialUsageEntryId}`
    expect((await user.put(at, { ...entry.body, name: 'Clinic' })).body).toEqual({ ...entry.body, name: 'Clinic' })
    const gone = await user.post(path, { ...institution, name: 'Closed' })
    const goneAt = `${path}/entries/${gone.body.commercialUsageEntryId}`
    const deleted = await user.delete(goneAt)
    expect([deleted.status, deleted.text]).toEqual([200, ''])
    expectError(await user.get(goneAt), 404, texts.missing)
    expect((await user.get(path)).body).toMatchObject({
      type: 'COMMERCIAL',
      context,
      entries: [{ ...entry.body, name: 'Clinic' }],
      countries: [expected],
    })

    // Submitting the application submits the report that it was made with.
    const submitted = await user.post(`/api/applications/${application.applicationId}/registration`, form)
    expect(submitted.body).toMatchObject({
      approvalState: 'SUBMITTED',
      commercialUsage: { state: 'SUBMITTED', submitted: instant },
      affiliate: { type: 'COMMERCIAL', commercialUsages: [{ state: 'SUBMITTED' }] },
    })
    expectError(await user.put(at, entry.body), 409, 'A usage report in state SUBMITTED cannot be changed.')

    // The staff of the member finds it there, and approves the application.
    const pending = `/api/applications?$filter=${encodeURIComponent('approvalState/pending eq true')}`
    const found = (await running.as.sweden.get(pending)).body.find(
      ({ username }: { username: string }) => username === 'page@example.org',
    )
    expect(found).toMatchObject({ commercialUsage: { countries: [{ snomedPractices: 3 }] } })
    const approve = `/api/applications/${application.applicationId}/approve`
    expectError(await running.as.america.send('POST', approve, 'APPROVED'), 403, texts.denied)
    const approved = await running.as.sweden.send('POST', approve, 'APPROVED')
    expect(approved.body).toMatchObject({ approvalState: 'APPROVED', affiliate: { standingState: 'IN_GOOD_STANDING' } })
    expect((await user.get('/api/affiliates/me')).body[0]).toMatchObject({
      standingState: 'IN_GOOD_STANDING',
      application: { commercialUsage: { state: 'SUBMITTED' } },
    })

    const trail = `/api/audits?$filter=${encodeURIComponent(`affiliateId eq '${affiliate}'`)}`
    const { body: events } = await running.as.admin.get(trail)
    expect(events).toContainEqual({
      timestamp: instant,
      principal: 'page@example.org',
      type: 'USAGE_APPROVAL_STATE_CHANGED',
      data: {
        'usage.type': 'COMMERCIAL',
        'usage.commercialUsageId': String(empty.commercialUsageId),
        'usage.period.start': '2026-01-01',
        'usage.period.end': '2026-12-31',
        'usage.approvalState': 'SUBMITTED',
      },
    })
  })

  it('shows the current year where no period was chosen', async () => {
    const { application } = await applicant('year@example.org', {})
    const { startDate, endDate } = application.commercialUsage
    const [now] = startDate.split('-')
    expect([startDate, endDate]).toEqual([`${now}-01-01`, `${now}-12-31`])
  })
})

describe('a usage report', () => {
  let refused = 0
  it('is continued from period to period, retracted, and settled by staff', async () => {
    const { user, path, affiliate } = await applicant('report@example.org')
    await user.put(`${path}/type/OTHER`)
    await user.post(`${path}/countries`, { country: { isoCode2: 'SE' }, snomedPractices: 2 })
    await user.post(path, { name: 'H', country: { isoCode2: 'SE' } })
    const reports = `/api/affiliates/${affiliate}/commercialUsages`
    const next = await user.post(reports, { startDate: '2027-01-01', endDate: '2027-12-31' })
    expect([next.status, next.body]).toMatchObject([
      200,
      { state: 'NOT_SUBMITTED', type: 'OTHER', entries: [{ name: 'H' }], countries: [{ snomedPractices: 2 }] },
    ])
    const same = await user.post(reports, { startDate: '2027-01-01', endDate: '2027-12-31' })
    expect(same.body.commercialUsageId).toBe(next.body.commercialUsageId)

    const approval = (who: Client, id: string, transition: string) => who.post(`${id}/approval`, { transition })
    expect((await approval(user, path, 'SUBMIT')).body).toMatchObject({ state: 'SUBMITTED', submitted: instant })
    expectError(await approval(user, path, 'PENDING_INVOICE'), 403, texts.denied)
    expectError(await approval(running.as.america, path, 'PENDING_INVOICE'), 403, texts.denied)
    expectError(
      await approval(running.as.sweden, path, 'PAID'),
      409,
      'A usage report in state SUBMITTED does not take PAID.',
    )
    expect((await approval(running.as.sweden, path, 'PENDING_INVOICE')).body.state).toBe('PENDING_INVOICE')
    const again = (await approval(user, path, 'RETRACT')).body
    expect(again).toMatchObject({
      state: 'CHANGE_REQUESTED',
      entries: [{ name: 'H' }],
      submitted: null,
      effectiveTo: null,
    })
    expectError(await approval(user, path, 'SUBMIT'), 409, 'A usage report that was retracted does not take SUBMIT.')
    expectError(await user.put(`${path}/context`, {}), 409, /cannot be changed/)
    // The application shows the one that counts.
    const { body } = await user.get('/api/applications/me')
    expect(body.commercialUsage.commercialUsageId).toBe(again.commercialUsageId)
    const open = `/api/commercialUsages/${again.commercialUsageId}`
    for (const [who, transition, state] of [
      [user, 'SUBMIT', 'RESUBMITTED'],
      [running.as.sweden, 'PENDING_INVOICE', 'PENDING_INVOICE'],
      [running.as.admin, 'INVOICE_SENT', 'INVOICE_SENT'],
      [running.as.sweden, 'PAID', 'PAID'],
    ] as const) {
      expect((await approval(who, open, transition)).body.state).toBe(state)
    }
    expect(await states(user, affiliate)).toEqual([
      ['PENDING_INVOICE', true],
      ['NOT_SUBMITTED', false],
      ['PAID', false],
    ])
  })

  it('belongs to its affiliate; staff reads it, administrators change it', async () => {
    const { user, path, affiliate } = await applicant('mine@example.org')
    const other = await applicant('other@example.org')
    const country = { country: { isoCode2: 'SE' } }
    const added = (await user.post(`${path}/countries`, country)).body.commercialUsageCountId
    // To other affiliates it is not there; insiders have no reports at all.
    for (const who of [running.as.user, other.user, running.as.insider]) {
      const [status, message] = who === running.as.insider ? [403, texts.denied] : [404, texts.missing]
      expectError(await who.get(path), status, message)
      expectError(await who.post(`${path}/countries`, country), status, message)
      expectError(await who.get(`/api/affiliates/${affiliate}/commercialUsages`), status, message)
    }
    expectError(await running.as.anonymous.get(path), 401, texts.unauthenticated)
    expect((await running.as.america.get(path)).status).toBe(200)
    expectError(await running.as.sweden.post(`${path}/countries`, country), 403, texts.denied)
    expect((await running.as.admin.post(path, { name: 'H', ...country })).status).toBe(201)
    // Of another report it is not found, with whatever right.
    expectError(await other.user.get(`${other.path}/countries/${added}`), 404, texts.missing)
    expectError(await running.as.admin.delete(`${other.path}/countries/${added}`), 404, texts.missing)
    // A country goes with its institutions.
    expect((await user.delete(`${path}/countries/${added}`)).status).toBe(200)
    expect((await user.get(path)).body).toMatchObject({ entries: [], countries: [] })
    expectError(await running.as.admin.get('/api/commercialUsages/1'), 404, texts.missing)
    expectError(await running.as.admin.get('/api/commercialUsages/x'), 400, "Not an id: 'x'")
  })

  it('keeps a country that it is about', async () => {
    const { user, path } = await applicant('kept@example.org')
    const country = { isoCode2: 'QX', isoCode3: 'QXX', commonName: 'Nowhere' }
    expect((await running.as.admin.post('/api/countries', country)).status).toBe(200)
    expect((await user.post(`${path}/countries`, { country })).status).toBe(201)
    expectError(await running.as.admin.delete('/api/countries/QX'), 409, 'There are affiliates in the country.')
  })

  it.each([
    ['/countries', {}, /^country: /],
    ['/countries', { country: { isoCode2: 'XX' } }, "Unknown country: 'XX'"],
    ['/countries', { country: { isoCode2: '' } }, "Unknown country: ''"],
    ['/countries', { country: { isoCode2: 'SE' }, snomedPractices: -1 }, /^snomedPractices: /],
    ['', { country: { isoCode2: 'SE' }, startDate: '2026-02-30' }, /^startDate: /],
    ['/approval', { transition: 'APPROVE' }, /^transition: /],
  ])('refuses at %s the body %j', async (at, wrong, message) => {
    const { user, path } = await applicant(`wrong-${++refused}@example.org`)
    expectError(await user.post(path + at, wrong), 400, message)
  })

  it('is for a period that ends after it begins', async () => {
    const { user, affiliate, path } = await applicant('period@example.org')
    const reports = `/api/affiliates/${affiliate}/commercialUsages`
    const wrong = { startDate: '2026-02-01', endDate: '2026-01-01' }
    expectError(await user.post(reports, wrong), 400, 'endDate: must not be before startDate')
    expectError(await user.put(`${path}/type/NONE`), 400, "Unknown type: 'NONE'")
    const registration = { login: 'period2@example.org', password: 'correct horse', email: 'period2@example.org' }
    const answer = await running.as.anonymous.post('/api/register', {
      ...registration,
      country: { isoCode2: 'SE' },
      initialUsagePeriod: wrong,
    })
    expectError(answer, 400, 'initialUsagePeriod: must end after it begins')
  })
})
