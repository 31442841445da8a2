import { basicCredentials, eventually } from '@slipway/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Client, client, expectError, texts } from './support/client.ts'
import { platform } from './support/platform.ts'

const running = platform()

type Person = { readonly user: Client; readonly login: string; readonly id: number; readonly application: number }

/** An affiliate whose application was filled in, submitted, and approved by Sweden, unless `approved` says otherwise. */
async function affiliate(login: string, details: object = {}, approved = true): Promise<Person> {
  const created = await running.as.admin.post('/api/users', { login, password: 'secret', roles: ['ROLE_USER'] })
  if (created.status !== 201) throw new Error(created.text)
  const user = client(running.url, basicCredentials(login, 'secret'))
  const mine = (await user.get('/api/applications/me')).body
  const address = { street: 'Street 1', city: 'Uppsala', post: '1', country: { isoCode2: 'SE' } }
  const email = `${login}@example.org`
  const affiliateDetails = { firstName: 'Åsa', lastName: login, email, address, ...details }
  const path = `/api/applications/${mine.applicationId}`
  await user.post(`${path}/registration`, { type: 'COMMERCIAL', affiliateDetails })
  if (approved) await running.as.sweden.send('POST', `${path}/approve`, 'APPROVED')
  return { user, login, id: mine.affiliate.affiliateId, application: mine.applicationId }
}

const path = (id: number, rest = '') => `/api/affiliates/${id}${rest}`

describe('the public check', () => {
  beforeAll(async () => {
    await affiliate('check-one', { organizationName: 'Karolinska', thirdEmail: 'Third@example.org' })
    await affiliate('check-two', { organizationName: 'Karolinska & Co' })
    await affiliate('check-applying', { organizationName: 'Applying Ltd' }, false)
  })
  const check = (query: Record<string, string>, who: Client = running.as.anonymous) =>
    who.get(`/api/affiliates/check?${new URLSearchParams(query)}`)

  it.each([
    ['the name of one', { match: 'check-one' }, true],
    ['a part of it, in any case', { match: ' HECK-ON ' }, true],
    ['an address for mail', { match: 'third@EXAMPLE' }, true],
    ['something of two', { match: 'karolinska' }, false],
    ['something of two, and the id of none', { match: 'karolinska', affiliateId: '1' }, false],
    ['something of nobody', { match: 'nobody' }, false],
    ['a wildcard, which is none', { match: 'karol%&' }, false],
    ['who is not approved', { match: 'Applying' }, false],
    ['another member', { match: 'check-one', member: 'US' }, false],
    ['an id that is none', { match: 'check-one', affiliateId: 'x1' }, false],
  ])('by %s', async (_what, query, matched) => {
    const answer = await check({ member: 'SE', ...query })
    expect([answer.status, answer.body]).toEqual([200, { matched }])
  })

  it('tells two apart by id', async () => {
    const { body } = await running.as.sweden.get('/api/affiliates?q=check-two')
    const { body: found } = await check({
      member: 'SE',
      match: 'karolinska',
      affiliateId: String(body.affiliates[0].affiliateId),
    })
    expect(found).toEqual({ matched: true })
  })

  const options = 'AU BE BN CA CL CZ DK EE ES GB HK IHTSDO IL IN IS LT MT MY NL NZ PL PT SE SG SI SK US UY '
  it.each([
    [{}, 'Missing mandatory parameter: member'],
    [{ member: ' ', match: 'x' }, 'Missing mandatory parameter: member'],
    [{ member: 'xz' }, 'Missing mandatory parameter: match'],
    [{ member: 'xz', match: 'sm' }, "Match parameter value: 'sm' was shorter than the minimum length: 3"],
    [{ member: 'xz', match: ' ab ' }, "Match parameter value: ' ab ' was shorter than the minimum length: 3"],
    [{ member: 'xz', match: 'abc' }, `Unknown member: 'xz'. Valid options: ${options}`],
    [{ member: 'se', match: 'abc' }, `Unknown member: 'se'. Valid options: ${options}`],
  ])('is refused with %j', async (query, message) => {
    const answer = await check(query as Record<string, string>)
    expect([answer.status, answer.text]).toEqual([400, JSON.stringify({ error: 'Bad Request', status: 400, message })])
  })

  it('is for callers who are not signed in', async () => {
    expectError(await check({ member: 'SE', match: 'check-one' }, running.as.sweden), 403, texts.denied)
    expectError(await check({ member: 'SE', match: 'check-one' }, running.as.user), 403, texts.denied)
  })
})

describe('an affiliate', () => {
  it('is read and changed by staff of its home member', async () => {
    const { id, user } = await affiliate('managed')
    const read = await running.as.america.get(path(id))
    expect([read.status, read.body.notesInternal, read.body.application.notesInternal]).toEqual([200, null, null])
    const change = { ...read.body, standingState: 'INVOICE_SENT', notesInternal: 'pays late', creator: 'me' }
    expectError(await running.as.america.put(path(id), change), 403, texts.denied, path(id))
    const changed = await running.as.sweden.put(path(id), change)
    expect(changed.body).toMatchObject({
      standingState: 'INVOICE_SENT',
      notesInternal: 'pays late',
      creator: 'managed',
    })
    // What is absent or null stays.
    const again = await running.as.admin.put(path(id), { standingState: null })
    expect(again.body).toMatchObject({ standingState: 'INVOICE_SENT', notesInternal: 'pays late' })
    expect((await user.get('/api/affiliates/me')).text).not.toContain('pays late')
    const filter = encodeURIComponent(`affiliateId eq '${id}'`)
    const { body: trail } = await running.as.sweden.get(`/api/audits?$filter=${filter}`)
    expect(trail.slice(-3).map(({ type, principal }: Record<string, string>) => `${type} ${principal}`)).toEqual([
      'AFFILIATE_STANDING_STATE_CHANGED sweden',
      'AFFILIATE_UPDATED sweden',
      'AFFILIATE_UPDATED admin',
    ])
    expect(trail.at(-3).data).toEqual({ 'affiliate.standingState': 'INVOICE_SENT', 'affiliate.homeMember': 'SE' })
  })

  it('is found by its login, by itself and by staff', async () => {
    const { id } = await affiliate('Creator')
    const own = client(running.url, basicCredentials('creator', 'secret'))
    for (const who of [own, running.as.america, running.as.admin]) {
      const { status, body } = await who.get('/api/affiliates/creator/CREATOR')
      expect([status, body.map(({ affiliateId }: { affiliateId: number }) => affiliateId)]).toEqual([200, [id]])
    }
    expect((await running.as.admin.get('/api/affiliates/creator/nobody')).body).toEqual([])
    expectError(await running.as.user.get('/api/affiliates/creator/creator'), 403, texts.denied)
    expectError(await running.as.anonymous.get('/api/affiliates/creator/creator'), 401, texts.unauthenticated)
  })

  it('has details that it reads itself, as staff and administrators do, and nobody else', async () => {
    const { user, id } = await affiliate('details')
    const { affiliateDetails } = (await user.get('/api/affiliates/me')).body[0]
    for (const who of [user, running.as.america, running.as.admin]) {
      const { status, body } = await who.get(path(id, '/detail'))
      expect([status, body]).toEqual([200, affiliateDetails])
    }
    expectError(await running.as.user.get(path(id, '/detail')), 404, texts.missing)
    expectError(await running.as.insider.get(path(id, '/detail')), 403, texts.denied)
    expectError(await running.as.anonymous.get(path(id, '/detail')), 401, texts.unauthenticated)
    expectError(await running.as.admin.get(path(1, '/detail')), 404, texts.missing)
  })

  it('is deleted with its account and applications while it is applying', async () => {
    const { user, id, application } = await affiliate('deleted', {}, false)
    expectError(await running.as.america.delete(path(id)), 403, texts.denied)
    expectError(await user.delete(path(id)), 403, texts.denied)
    const answer = await running.as.sweden.delete(path(id))
    expect([answer.status, answer.body.affiliateId, answer.body.creator]).toEqual([200, id, 'deleted'])
    expectError(await user.get('/api/affiliates/me'), 401, 'Bad credentials')
    expectError(await running.as.sweden.get(path(id)), 404, texts.missing)
    expectError(await running.as.admin.get(`/api/applications/${application}`), 404, texts.missing)
    expectError(await running.as.sweden.delete(path(id)), 404, texts.missing)
    const trail = await running.as.admin.get(`/api/audits?$filter=${encodeURIComponent(`affiliateId eq '${id}'`)}`)
    const types = trail.body.map(({ type }: { type: string }) => type)
    expect(types.slice(-2)).toEqual(['APPLICATION_DELETED', 'AFFILIATE_DELETED'])
    const approved = await affiliate('kept')
    expectError(await running.as.admin.delete('/api/countries/SE'), 409, 'There are affiliates in the country.')
    expectError(
      await running.as.admin.delete(path(approved.id)),
      409,
      'Only an affiliate that is applying can be deleted.',
    )
  })

  it('is refused what it may not', async () => {
    const { id, user } = await affiliate('refused')
    const applying = await affiliate('refused-applying', {}, false)
    const leave = await running.as.sweden.put(path(applying.id), { standingState: 'IN_GOOD_STANDING' })
    expectError(leave, 409, 'The standing of an applicant changes with the application.', path(applying.id))
    expect((await running.as.sweden.put(path(applying.id), { standingState: 'APPLYING' })).status).toBe(200)
    const back = await running.as.sweden.put(path(id), { standingState: 'APPLYING' })
    expectError(back, 409, 'No affiliate becomes an applicant again.')
    expectError(await running.as.sweden.put(path(id), { standingState: 'GONE' }), 400, /standingState/)
    expectError(await running.as.sweden.put(path(id), { notesInternal: 17 }), 400, /notesInternal/)
    for (const method of ['get', 'put'] as const) {
      expectError(await user[method](path(id)), 403, texts.denied)
      expectError(await running.as.anonymous[method](path(id)), 401, texts.unauthenticated)
      expectError(await running.as.admin[method](path(1)), 404, texts.missing)
      expectError(await running.as.admin[method](path(0, '/').replace('0', 'x')), 400, "Not an id: 'x'")
    }
    expectError(await running.as.stranger.get('/api/affiliates/me'), 403, texts.denied)
    expectError(await running.as.anonymous.get('/api/affiliates/me'), 401, texts.unauthenticated)
    expect((await running.as.sweden.get('/api/affiliates/me')).body).toEqual([])
  })

  it('changes its details, but not what was approved', async () => {
    const { id, user, login } = await affiliate('detailed')
    const { affiliateDetails } = (await user.get('/api/affiliates/me')).body[0]
    const wishes = {
      ...affiliateDetails,
      firstName: 'Östen',
      mobileNumber: '0701',
      type: 'INDIVIDUAL',
      agreementType: 'AFFILIATE_RESEARCH',
      acceptNotifications: false,
      address: { ...affiliateDetails.address, city: 'Malmö', country: { isoCode2: 'US' } },
      billingAddress: { city: 'Lund', country: { isoCode2: 'DK' } },
    }
    const changed = await user.put(path(id, '/detail'), wishes)
    expect(changed.status).toBe(200)
    expect(changed.body).toMatchObject({
      affiliateDetailsId: affiliateDetails.affiliateDetailsId,
      firstName: 'Östen',
      mobileNumber: '0701',
      type: 'COMMERCIAL',
      agreementType: 'AFFILIATE_NORMAL',
      acceptNotifications: false,
      address: { city: 'Malmö', country: { isoCode2: 'SE' } },
      billingAddress: { city: 'Lund', post: null, country: { isoCode2: 'DK' } },
    })
    expect((await running.as.sweden.get(`/api/users/${login}`)).body).toMatchObject({
      firstName: 'Östen',
      acceptNotifications: false,
      email: `${login}@example.org`,
    })
    const moved = await user.put(path(id, '/detail'), { email: 'other@example.org' })
    expectError(moved, 403, 'Users may not change their primary email address', path(id, '/detail'))
    const asked = { email: 'other@example.org', type: 'OTHER' }
    expectError(await running.as.america.put(path(id, '/detail'), asked), 403, texts.denied, path(id, '/detail'))
    const byStaff = await running.as.sweden.put(path(id, '/detail'), asked)
    expect(byStaff.body).toMatchObject({ email: 'other@example.org', type: 'OTHER', firstName: 'Östen' })
    expect((await user.get('/api/account')).body.email).toBe('other@example.org')
    const emptied = await running.as.sweden.put(path(id, '/detail'), { email: '' })
    expectError(emptied, 400, 'Primary email address (email) is a required field')
  })

  it('keeps its details from others, and until it is approved', async () => {
    const { id } = await affiliate('private')
    const applying = await affiliate('private-applying', {}, false)
    const refusal = 'The primary application is not approved.'
    expectError(await applying.user.put(path(applying.id, '/detail'), { firstName: 'X' }), 409, refusal)
    expectError(await applying.user.put(path(id, '/detail'), { firstName: 'X' }), 404, texts.missing)
    expectError(await running.as.anonymous.put(path(id, '/detail'), {}), 401, texts.unauthenticated)
    expectError(await running.as.admin.put(path(1, '/detail'), {}), 404, texts.missing)
    const wrong = { firstName: 'x'.repeat(256) }
    expectError(await running.as.admin.put(path(id, '/detail'), wrong), 400, /must not be longer than 255 characters/)
  })
})

describe('the list of affiliates', () => {
  let people: Person[]
  beforeAll(async () => {
    const norway = { organizationName: 'Listed', firstName: 'Zoe' }
    const one = await affiliate('listed-1', { ...norway, firstName: 'Bo' })
    const two = await affiliate('listed-2', norway, false)
    const three = await affiliate(
      'listed-3',
      { ...norway, firstName: 'Ada', address: { country: { isoCode2: 'DK' } } },
      false,
    )
    people = [one, two, three]
  })
  const list = (query: Record<string, string | string[]>, who: Client = running.as.sweden) => {
    const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map(given => [name, given]))
    return who.get(`/api/affiliates?${new URLSearchParams(pairs as [string, string][])}`)
  }
  const logins = async (query: Parameters<typeof list>[0]) =>
    (await list({ q: 'listed', ...query })).body.affiliates.map(({ creator }: { creator: string }) => creator.at(-1))

  it('is filtered, searched, ordered and cut into pages', async () => {
    const { body } = await list({ q: 'LISTED', $pageSize: '2' })
    expect(body).toMatchObject({ totalResults: 3, totalPages: 2 })
    expect(body.affiliates[0]).toEqual((await running.as.sweden.get(path(people[0]?.id as number))).body)
    expect(await logins({ $pageSize: '2', $page: '1' })).toEqual(['3'])
    expect(await logins({ q: 'listed zoe' })).toEqual(['2'])
    expect(await logins({ $filter: "homeMember eq 'SE'" })).toEqual(['1', '2'])
    expect(await logins({ $filter: "standingState eq 'APPLYING'" })).toEqual(['2', '3'])
    expect(await logins({ $filter: "not standingState eq 'APPLYING'" })).toEqual(['1'])
    expect(await logins({ $filter: ["homeMember eq 'SE'", "not standingState eq 'IN_GOOD_STANDING'"] })).toEqual(['2'])
    for (const [order, expected] of [
      ['name', '312'],
      ['name desc', '213'],
      ['affiliateId desc', '321'],
      ['homeCountry', '312'],
      ['member', '312'],
      ['email', '123'],
      ['standingState', '231'],
      ['agreementType', '123'],
    ] as const) {
      expect((await logins({ $orderby: order })).join(''), order).toBe(expected)
    }
    expect((await list({ q: "nobody's" })).body).toEqual({ affiliates: [], totalResults: 0, totalPages: 0 })
  })

  it.each([
    [{ $filter: "homeMember eq 'xz'" }, /^Unknown member: 'xz'\. Valid options: AU /],
    [{ $filter: "creator eq 'x'" }, "Unknown filter: creator eq 'x'"],
    [{ $filter: "standingState eq 'FINE'" }, "Unknown standing state: 'FINE'"],
    [{ $orderby: 'details' }, 'Unknown order: details'],
    [{ $pageSize: '0' }, "$pageSize is no such number: '0'"],
  ])('is refused with %j', async (query, message) => {
    expectError(await list(query as Record<string, string>), 400, message, '/api/affiliates')
  })

  it('is for staff', async () => {
    expectError(await list({}, running.as.user), 403, texts.denied)
    expectError(await list({}, running.as.insider), 403, texts.denied)
    expectError(await list({}, running.as.anonymous), 401, texts.unauthenticated)
  })
})

it('all of them are a table for administrators, which a spreadsheet may open', async () => {
  const login = 'exported'
  const person = { login, password: 'secret', roles: ['ROLE_USER'], member: 'SE', email: 'exported@example.org' }
  expect((await running.as.admin.post('/api/users', { ...person, firstName: '=1+1', lastName: 'a^b' })).status).toBe(
    201,
  )
  // The catalog hears of the account from the gateway.
  await eventually(async () =>
    expect((await running.as.admin.get('/api/affiliates/creator/exported')).body).toHaveLength(1),
  )
  const path = '/api/affiliates/csv'
  expect((await running.as.admin.send('HEAD', path)).status).toBe(200)
  const answer = await running.as.admin.get(path)
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/csv;charset=UTF-8'])
  const [head, ...lines] = answer.text.trimEnd().split('\n')
  expect(head).toMatch(/^member\^importKey\^type\^/)
  const own = lines.filter(line => line.includes('^exported@example.org^'))
  expect(own).toEqual([
    expect.stringMatching(/^SE\^AFFILIATE-\d+\^\^\^AFFILIATE_NORMAL\^\^'=1\+1\^a b\^exported@example\.org\^{16}$/),
  ])
  expect(new Set(lines.map(line => line.split('^').length))).toEqual(new Set([25]))
  const trail = `/api/audits?$filter=${encodeURIComponent("auditEventType eq 'AFFILIATE_EXPORT'")}`
  expect((await running.as.admin.get(trail)).body.map(({ principal }: { principal: string }) => principal)).toEqual([
    'admin',
  ])
  expectError(await running.as.sweden.get(path), 403, texts.denied)
  expectError(await running.as.anonymous.get(path), 401, texts.unauthenticated)
})
