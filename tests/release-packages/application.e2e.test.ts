import { basicCredentials, eventually, mailServer } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, client, expectError, texts } from './support/client.ts'
import { platform } from './support/platform.ts'

const mail = await mailServer()
const running = platform({ MAIL_URL: mail.url, SLIPWAY_PUBLIC_URL: 'https://mlds.example.org' })
afterAll(() => mail[Symbol.asyncDispose]())

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

let made = 0
/** An affiliate of its own, whose user is asked by its token, which is quicker than by a password. */
async function applicant(member = 'SE'): Promise<{ user: Client; login: string; id: number; affiliate: number }> {
  const login = `applicant-${++made}`
  const user = { login, password: 'secret', roles: ['ROLE_USER'], member, email: `${login}@example.org` }
  const created = await running.as.admin.post('/api/users', { ...user, firstName: 'Åsa', lastName: login })
  if (created.status !== 201) throw new Error(created.text)
  const signedIn = client(running.url, basicCredentials(login, 'secret'))
  const { body } = await signedIn.get('/api/applications/me')
  return { user: signedIn, login, id: body.applicationId, affiliate: body.affiliate.affiliateId }
}

const registration = (more: object = {}) => ({
  type: 'ACADEMIC',
  subType: 'RESEARCHER',
  otherText: 'other',
  snoMedTC: true,
  affiliateDetails: {
    firstName: 'Åsa',
    lastName: 'Lund',
    email: 'asa@example.org',
    organizationName: 'Lab <b>1</b>',
    address: { street: 'Street 1', city: 'Oslo', post: '1', country: { isoCode2: 'SE', commonName: 'Norway' } },
    billingAddress: { street: 'Box 1', country: { isoCode2: 'NO' } },
    ...more,
  },
})
const path = (id: number, rest = '') => `/api/applications/${id}${rest}`
const submit = (user: Client, id: number) => user.post(path(id, '/registration'), registration())
const approve = (reviewer: Client, id: number, state: string) => reviewer.send('POST', path(id, '/approve'), state)
const trailOf = async (id: number) => {
  const filter = encodeURIComponent(`applicationId eq '${id}'`)
  return (await running.as.sweden.get(`/api/audits?$filter=${filter}`)).body
}

describe('a primary application', () => {
  it('is saved, submitted, sent back, submitted again and approved', async () => {
    const { user, id, affiliate, login } = await applicant('US')
    await running.as.admin.put('/api/members/SE/notifications', { staffNotificationEmail: 'staff-se@example.org' })
    const saved = await user.put(path(id, '/registration'), registration())
    expect(saved.status).toBe(200)
    expect(saved.body).toMatchObject({
      approvalState: 'NOT_SUBMITTED',
      submittedAt: null,
      // The country of the address decides, not that of the account.
      member: { key: 'SE' },
      type: 'ACADEMIC',
      subType: 'RESEARCHER',
      otherText: 'other',
      snoMedLicense: true,
      affiliateDetails: {
        organizationName: 'Lab <b>1</b>',
        address: { city: 'Oslo', country: { isoCode2: 'SE', commonName: 'Sweden', member: { key: 'SE' } } },
        billingAddress: { street: 'Box 1', city: null, country: { isoCode2: 'NO', member: { key: 'IHTSDO' } } },
      },
      // Nothing is copied before it is submitted.
      affiliate: { homeMember: { key: 'US' }, affiliateDetails: { organizationName: null } },
    })
    expect(saved.body).not.toHaveProperty('notesInternal')
    expect(saved.body.affiliate).not.toHaveProperty('applications')

    const submitted = await submit(user, id)
    expect(submitted.body).toMatchObject({
      approvalState: 'SUBMITTED',
      submittedAt: instant,
      affiliate: {
        type: 'ACADEMIC',
        homeMember: { key: 'SE' },
        standingState: 'APPLYING',
        affiliateDetails: { organizationName: 'Lab <b>1</b>' },
      },
    })
    const copies = [submitted.body, submitted.body.affiliate].map(one => one.affiliateDetails.affiliateDetailsId)
    expect(new Set(copies).size).toBe(2)
    const told = await eventually(
      () => mail.mails.find(one => one.recipients.includes('staff-se@example.org')) ?? false,
    )
    expect(told.html).toContain('Åsa Lund (Lab &lt;b&gt;1&lt;/b&gt;) has submitted an application to SE')
    expect(told.html).toContain(`https://mlds.example.org/#/applicationReview/${id}`)

    for (const method of ['put', 'post'] as const) {
      const message = /^An application in state SUBMITTED cannot be (?:changed|submitted)\.$/
      expectError(await user[method](path(id, '/registration'), registration()), 409, message)
    }
    const back = await approve(running.as.sweden, id, '"CHANGE_REQUESTED"')
    expect([back.status, back.body.approvalState, back.body.completedAt]).toEqual([200, 'CHANGE_REQUESTED', null])
    expect((await user.put(path(id, '/registration'), registration())).body.approvalState).toBe('CHANGE_REQUESTED')
    expect((await submit(user, id)).body.approvalState).toBe('RESUBMITTED')

    const approved = await approve(running.as.sweden, id, 'APPROVED')
    expect(approved.body).toMatchObject({
      approvalState: 'APPROVED',
      completedAt: instant,
      notesInternal: null,
      affiliate: { standingState: 'IN_GOOD_STANDING', notesInternal: null },
    })
    const mailed = await eventually(() => mail.mails.find(one => one.recipients.includes('asa@example.org')) ?? false)
    expect(mailed).toMatchObject({ subject: 'Your application was approved' })

    const change = (state: string) => ({
      timestamp: instant,
      principal: expect.any(String),
      type: 'APPLICATION_APPROVAL_STATE_CHANGED',
      data: {
        'application.type': 'PRIMARY',
        'application.member': 'SE',
        'application.approvalState': state,
      },
    })
    const [first, ...changes] = await trailOf(id)
    expect(first).toMatchObject({ type: 'APPLICATION_CREATED', principal: login })
    expect(changes).toEqual(['SUBMITTED', 'CHANGE_REQUESTED', 'RESUBMITTED', 'APPROVED'].map(change))
    expect(changes.map(({ principal }: { principal: string }) => principal)).toEqual([login, 'sweden', login, 'sweden'])
    const filter = encodeURIComponent(`affiliateId eq '${affiliate}'`)
    const { body: all } = await running.as.sweden.get(`/api/audits?$filter=${filter}`)
    expect(all.filter(({ type }: { type: string }) => type === 'AFFILIATE_STANDING_STATE_CHANGED')).toHaveLength(1)
  })

  it.each([
    ['admin', 'APPROVED', 'PENDING_INVOICE'],
    ['admin', 'REJECTED', 'REJECTED'],
    ['sweden', 'REJECTED', 'REJECTED'],
    ['sweden', 'REVIEW_REQUESTED', 'APPLYING'],
  ] as const)('reviewed by %s as %s leaves %s', async (reviewer, state, standing) => {
    const { user, id } = await applicant()
    await submit(user, id)
    const { status, body } = await approve(running.as[reviewer], id, state)
    expect([status, body.approvalState, body.affiliate.standingState]).toEqual([200, state, standing])
    expect(body.completedAt === null).toBe(state === 'REVIEW_REQUESTED')
  })

  it("is somebody's own, and is reviewed by the member it goes to", async () => {
    const { user, id } = await applicant()
    const { user: other } = await applicant()
    for (const method of ['put', 'post'] as const) {
      expectError(await other[method](path(id, '/registration'), registration()), 404, texts.missing)
      expectError(await running.as.sweden[method](path(id, '/registration'), registration()), 403, texts.denied)
      expectError(await running.as.anonymous[method](path(id, '/registration'), {}), 401, texts.unauthenticated)
      expectError(await user[method](path(1, '/registration'), registration()), 404, texts.missing)
    }
    expectError(await other.get(path(id)), 404, texts.missing, path(id))
    expectError(await running.as.anonymous.get(path(id)), 401, texts.unauthenticated)
    expect((await user.get(path(id))).status).toBe(200)
    expect((await running.as.america.get(path(id))).body).toHaveProperty('notesInternal')
    expectError(await running.as.sweden.get(path(1)), 404, texts.missing)
    expectError(await running.as.sweden.get('/api/applications/x'), 400, "Not an id: 'x'")
    expectError(await approve(user, id, 'APPROVED'), 403, texts.denied)
    expectError(await approve(running.as.america, id, 'APPROVED'), 403, texts.denied)
    expectError(await approve(running.as.anonymous, id, 'APPROVED'), 401, texts.unauthenticated)
    expectError(await approve(running.as.sweden, id, 'FINE'), 400, "Unknown approval state: 'FINE'")
    expectError(await approve(running.as.sweden, id, ''), 400, "Unknown approval state: ''")
    expectError(await approve(running.as.admin, 1, 'APPROVED'), 404, texts.missing)
    expect((await user.get(path(id))).body.approvalState).toBe('NOT_SUBMITTED')
  })

  it.each([
    [{ affiliateDetails: undefined }, /^body\.affiliateDetails: |affiliateDetails/],
    [{ type: 'SHOP' }, /type/],
    [{ affiliateDetails: { firstName: 'x'.repeat(256) } }, /must not be longer than 255 characters/],
    [{ affiliateDetails: { address: { country: { isoCode2: 'XX' } } } }, "Unknown country: 'XX'"],
  ])('is refused with %j', async (wrong, message) => {
    const { user, id } = await applicant()
    expectError(await user.post(path(id, '/registration'), { ...registration(), ...wrong }), 400, message)
  })

  it('needs a country to be submitted', async () => {
    const { user, id } = await applicant()
    const body = registration({ address: { street: 'Street 1' } })
    expectError(await user.post(path(id, '/registration'), body), 400, 'The country of the address is missing.')
  })

  it('is submitted once, however often at once', async () => {
    const { user, id } = await applicant()
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit(user, id)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)])
  })
})

describe('an extension', () => {
  const start = (user: Client, more: object = {}) =>
    user.post('/api/applications', { applicationType: 'EXTENSION', memberKey: 'US', ...more })

  it('is started, given a reason, submitted, approved and withdrawn', async () => {
    const { user, login, affiliate } = await applicant()
    const started = await start(user)
    expect(started.status).toBe(201)
    const { applicationId: id } = started.body
    expect(started.headers.location).toBe(`https://mlds.example.org/api/applications/${id}`)
    expect(started.body).toMatchObject({
      applicationType: 'EXTENSION',
      username: login,
      member: { key: 'US' },
      approvalState: 'NOT_SUBMITTED',
      reason: null,
      affiliate: { affiliateId: affiliate },
      affiliateDetails: { email: `${login}@example.org` },
    })
    expect(started.body).not.toHaveProperty('snoMedLicense')
    const draft = await user.post(path(id), { ...started.body, reason: 'because' })
    expect([draft.body.reason, draft.body.approvalState]).toEqual(['because', 'NOT_SUBMITTED'])
    const wrong = await user.post(path(id), { approvalState: 'APPROVED' })
    expectError(wrong, 409, 'An applicant cannot put NOT_SUBMITTED into APPROVED.')
    const submitted = await user.post(path(id), { reason: 'therefore', approvalState: 'SUBMITTED' })
    expect(submitted.body).toMatchObject({ reason: 'therefore', approvalState: 'SUBMITTED', submittedAt: instant })
    expectError(
      await user.post(path(id), { reason: 'no' }),
      409,
      'An application in state SUBMITTED cannot be changed.',
    )
    const approved = await approve(running.as.america, id, 'APPROVED')
    // Only the primary application makes an affiliate of an applicant.
    expect([approved.status, approved.body.affiliate.standingState]).toEqual([200, 'APPLYING'])
    // Another one to the same member may be made.
    expect((await start(user)).status).toBe(201)
    expect((await user.get('/api/affiliates/me')).body[0].applications).toHaveLength(3)

    const gone = await user.delete(path(id))
    expect([gone.status, gone.text]).toEqual([200, ''])
    expectError(await user.get(path(id)), 404, texts.missing)
    expectError(await user.delete(path(id)), 404, texts.missing)
    const types = (await trailOf(id)).map(({ type }: { type: string }) => type)
    const changed = 'APPLICATION_APPROVAL_STATE_CHANGED'
    expect(types).toEqual(['APPLICATION_CREATED', changed, changed, 'APPLICATION_DELETED'])
  })

  it('is refused where it may not be', async () => {
    const { user, id } = await applicant()
    const { user: other } = await applicant()
    const { applicationId } = (await start(user)).body
    expectError(await other.post(path(applicationId), { reason: 'mine' }), 404, texts.missing)
    expectError(await other.delete(path(applicationId)), 404, texts.missing)
    expectError(await running.as.anonymous.delete(path(applicationId)), 401, texts.unauthenticated)
    expectError(await user.delete(path(id)), 400, 'Only applications of type EXTENSION can be deleted.')
    const message = 'A primary application is submitted with its registration.'
    expectError(await user.post(path(id), { approvalState: 'SUBMITTED' }), 409, message)
    expectError(await start(running.as.sweden), 403, texts.denied)
    expectError(await start(running.as.insider), 403, texts.denied)
    expectError(await start(running.as.stranger), 403, texts.denied)
    expectError(await start(running.as.anonymous), 401, texts.unauthenticated)
    expectError(await start(user, { memberKey: 'xz' }), 400, /^Unknown member: 'xz'\. Valid options: AU BE .* UY $/)
    expectError(await start(user, { applicationType: 'IMPORT' }), 400, /IMPORT cannot be made here/)
    expectError(await start(user, { applicationType: 'OTHER' }), 400, /applicationType/)
    expectError(await start(user, { applicationType: 'PRIMARY' }), 409, 'There is a primary application already.')
    // Staff asks its own member only.
    expect((await start(running.as.sweden, { memberKey: 'SE' })).status).toBe(201)
  })

  it('is not for who was deactivated', async () => {
    const { user, id, affiliate } = await applicant()
    await submit(user, id)
    await approve(running.as.sweden, id, 'APPROVED')
    await running.as.sweden.put(`/api/affiliates/${affiliate}`, { standingState: 'DEACTIVATED' })
    expectError(await start(user), 403, texts.denied)
  })

  it('is changed by staff of its member only, and read by all staff', async () => {
    const { user } = await applicant()
    const { applicationId: id } = (await start(user)).body
    const { america, sweden } = running.as
    expectError(await sweden.post(path(id), { reason: 'ours' }), 403, texts.denied)
    expectError(await sweden.post(path(id), { approvalState: 'SUBMITTED' }), 403, texts.denied)
    expectError(await sweden.send('PUT', path(id, '/notesInternal'), 'x'), 403, texts.denied)
    expectError(await approve(sweden, id, 'APPROVED'), 403, texts.denied)
    expectError(await sweden.delete(path(id)), 403, texts.denied)
    expect((await sweden.get(path(id))).body).toMatchObject({ reason: null, approvalState: 'NOT_SUBMITTED' })
    expect((await america.post(path(id), { reason: 'by phone' })).body.reason).toBe('by phone')
    expect((await america.delete(path(id))).status).toBe(200)
  })

  it('has notes that only staff sees', async () => {
    const { user } = await applicant()
    const { applicationId: id } = (await start(user)).body
    const set = await running.as.america.send('PUT', path(id, '/notesInternal'), 'call back')
    expect([set.status, set.body.notesInternal]).toEqual([200, 'call back'])
    expect((await running.as.admin.get(path(id))).body.notesInternal).toBe('call back')
    for (const seen of [await user.get(path(id)), await user.get('/api/affiliates/me')]) {
      expect(seen.text).not.toContain('notesInternal')
      expect(seen.text).not.toContain('call back')
    }
    expectError(await user.send('PUT', path(id, '/notesInternal'), 'x'), 403, texts.denied)
    expectError(await running.as.admin.send('PUT', path(1, '/notesInternal'), 'x'), 404, texts.missing)
  })
})

describe('the list of applications', () => {
  let ids: number[]
  beforeAll(async () => {
    ids = []
    for (const state of [undefined, 'SUBMITTED', 'REJECTED']) {
      const { user, id } = await applicant('DK')
      const denmark = { address: { country: { isoCode2: 'DK' } }, email: `${state}@example.org` }
      await user.put(path(id, '/registration'), registration(denmark))
      if (state) await approve(running.as.admin, id, state)
      ids.push(id)
    }
  })
  const list = (query: Record<string, string | string[]>, who: Client = running.as.sweden) => {
    const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map(one => [name, one]))
    return who.get(`/api/applications?${new URLSearchParams(pairs as [string, string][])}`)
  }
  const idsOf = async (query: Parameters<typeof list>[0]) =>
    (await list(query)).body.map(({ applicationId }: { applicationId: number }) => applicationId)
  const danish = "homeMember eq 'DK'"

  it('is filtered, ordered and cut into pages', async () => {
    expect(await idsOf({ $filter: danish })).toEqual(ids)
    expect(await idsOf({ $filter: [danish, 'approvalState/pending eq true'] })).toEqual([ids[1]])
    expect(await idsOf({ $filter: danish, $orderby: 'applicationId desc' })).toEqual([...ids].reverse())
    expect(await idsOf({ $filter: danish, $orderby: 'email' })).toEqual([ids[2], ids[1], ids[0]])
    expect(await idsOf({ $filter: danish, $pageSize: '2', $page: '1' })).toEqual([ids[2]])
    expect(await idsOf({ $filter: danish, $page: '7' })).toEqual([])
  })

  it.each([
    [{ $filter: "homeMember eq 'xz'" }, /^Unknown member: 'xz'\. Valid options: AU /],
    [{ $filter: 'approvalState/pending eq false' }, 'Unknown filter: approvalState/pending eq false'],
    [{ $orderby: 'password' }, 'Unknown order: password'],
    [{ $page: 'x' }, "$page is no such number: 'x'"],
  ])('is refused with %j', async (query, message) => {
    expectError(await list(query as Record<string, string>), 400, message, '/api/applications')
  })

  it('is for staff', async () => {
    expectError(await list({}, running.as.user), 403, texts.denied)
    expectError(await list({}, running.as.anonymous), 401, texts.unauthenticated)
    expectError(await running.as.america.get('/api/applications/me'), 404, texts.missing)
    expectError(await running.as.insider.get('/api/applications/me'), 403, texts.denied)
  })
})
