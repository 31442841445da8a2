import { basicCredentials } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { expectError, texts } from './support/client.ts'
import { person, registrations, went } from './support/registrations.ts'

const { mail, running, as, register, keyFor, activate, member } = await registrations()

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const nothing = { street: null, city: null, post: null }

describe('a registration', () => {
  it('makes an account that counts once its address is proved right', async () => {
    const login = 'Ann@Example.org'
    const answer = await register({ ...person(login), roles: ['ROLE_ADMIN'], member: 'US', activated: true })
    expect([answer.status, answer.text]).toEqual([201, ''])
    // Wrong credentials are refused even where none are needed.
    for (const path of ['/api/members', '/api/account']) expectError(await as(login).get(path), 401, 'Bad credentials')
    const again = await register(person(login.toLowerCase()))
    expect([again.status, again.text]).toEqual([304, ''])

    const key = await keyFor(login)
    const [sent, ...others] = mail.mails.filter(one => went(one, login))
    expect(others).toEqual([])
    expect(sent).toMatchObject({ subject: 'Activate your account' })
    expect(sent?.html).toContain('Dear Ann Öberg')
    expect(sent?.html).toContain(`href="https://mlds.example.org/#/activate?key=${key}"`)

    expectError(await running.as.anonymous.get('/api/activate?key=wrong'), 404, texts.missing, '/api/activate')
    expectError(await running.as.anonymous.get('/api/activate'), 404, texts.missing)
    // Programs that look at links in mails ask for the head first: that changes nothing.
    const looked = await running.as.anonymous.send('HEAD', `/api/activate?key=${key}`)
    expect([looked.status, looked.headers['set-cookie']]).toEqual([200, undefined])
    expectError(await as(login).get('/api/account'), 401, 'Bad credentials')
    const activated = await activate(login)
    expect([activated.status, activated.text]).toEqual([200, login])
    expect(activated.headers['content-type']).toMatch(/^text\/plain/)
    // A key works once.
    expectError(await activate(login), 404, texts.missing)

    const account = await as(login.toUpperCase()).get('/api/account')
    expect([account.status, account.body]).toEqual([
      200,
      {
        login: 'ann@example.org',
        password: '********',
        firstName: 'Ann',
        lastName: 'Öberg',
        email: login,
        langKey: 'sv',
        roles: ['ROLE_USER'],
        member: { key: 'SE' },
        country: null,
        initialUsagePeriod: null,
      },
    ])
  })

  it('makes an affiliate with an application to the member of its country', async () => {
    const ann = await member('new@example.org')
    const { body } = await ann.get('/api/affiliates/me')
    const sweden = {
      isoCode2: 'SE',
      isoCode3: 'SWE',
      commonName: 'Sweden',
      excludeUsage: false,
      alternateRegistrationUrl: null,
      member: { key: 'SE' },
    }
    const details = {
      affiliateDetailsId: expect.any(Number),
      type: null,
      otherText: null,
      subType: null,
      agreementType: 'AFFILIATE_NORMAL',
      firstName: 'Ann',
      lastName: 'Öberg',
      email: 'new@example.org',
      alternateEmail: null,
      thirdEmail: null,
      landlineNumber: null,
      landlineExtension: null,
      mobileNumber: null,
      organizationName: null,
      organizationType: null,
      organizationTypeOther: null,
      address: { ...nothing, country: sweden },
      billingAddress: { ...nothing, country: null },
      acceptNotifications: true,
      countryNotificationsOnly: false,
    }
    const usage = expect.objectContaining({ state: 'NOT_SUBMITTED', entries: [], countries: [] })
    const application = {
      applicationType: 'PRIMARY',
      applicationId: expect.any(Number),
      username: 'new@example.org',
      member: { key: 'SE' },
      approvalState: 'NOT_SUBMITTED',
      createdAt: instant,
      submittedAt: null,
      completedAt: null,
      affiliateDetails: details,
      snoMedLicense: false,
      commercialUsage: usage,
      type: null,
      subType: null,
      otherText: null,
    }
    const affiliate = {
      affiliateId: expect.any(Number),
      created: instant,
      type: null,
      creator: 'new@example.org',
      importKey: null,
      homeMember: { key: 'SE' },
      standingState: 'APPLYING',
      affiliateDetails: details,
      commercialUsages: [usage],
    }
    expect(body).toEqual([{ ...affiliate, application, applications: [application] }])
    const mine = await ann.get('/api/applications/me')
    expect(mine.body).toEqual({ ...application, affiliate })
    const ids = [mine.body.applicationId, body[0].affiliateId, body[0].affiliateDetails.affiliateDetailsId]
    expect(new Set([...ids, mine.body.affiliateDetails.affiliateDetailsId]).size).toBe(4)
  })

  it('is not made for the login of an account that was deleted', async () => {
    await member('deleted@example.org')
    expect((await running.as.admin.delete('/api/v1/accounts/deleted@example.org')).status).toBe(204)
    const again = await register(person('Deleted@example.org'))
    expect([again.status, again.text]).toEqual([304, ''])
  })

  it('goes to the leading member where a country has none of its own', async () => {
    const user = await member('fr@example.org', { country: { isoCode2: 'FR', member: { key: 'SE' } }, langKey: 'en' })
    expect((await user.get('/api/affiliates/me')).body[0].homeMember).toEqual({ key: 'IHTSDO' })
  })

  it.each([
    [{ login: undefined }, /^login: /],
    [{ login: 'a b' }, /^login: must have no blanks/],
    [{ login: `${'x'.repeat(100)}@example.org` }, /^login: /],
    [{ login: 'System' }, 'login: is reserved for the platform'],
    [{ login: 'аnn@example.org' }, 'login: must be in the letters of one script'],
    [{ password: undefined }, /^password: /],
    [{ password: 'four' }, /^password: /],
    [{ firstName: 'x'.repeat(51) }, /^firstName: /],
    [{ lastName: 17 }, /^lastName: /],
    [{ email: 'nobody' }, /^email: must be an e-mail address$/],
    [{ langKey: 'x' }, /^langKey: /],
    [{ country: null }, /^country: /],
    [{ country: { isoCode2: 'XX' } }, "Unknown country: 'XX'"],
  ])('is refused with %j', async (wrong, message) => {
    const answer = await register({ ...person('refused@example.org'), ...wrong })
    expectError(answer, 400, message, '/api/register')
  })

  it('is refused when it is no JSON object', async () => {
    expectError(await running.as.anonymous.send('POST', '/api/register', '{"login"'), 400, /^JSON parse error: /)
    const type = { 'content-type': 'text/plain' }
    expectError(
      await running.as.anonymous.send('POST', '/api/register', '{}', type),
      415,
      "Content type 'text/plain' not supported",
    )
    expectError(await running.as.anonymous.get('/api/register'), 405, "Request method 'GET' is not supported")
  })

  it('sends no more than five mails an hour to one address, whoever asks for them', async () => {
    const answers = []
    for (let count = 0; count < 6; count += 1) {
      const email = count % 2 === 0 ? 'flooded@example.org' : 'Flooded@example.org'
      answers.push(await register(person(`flood-${count}@example.org`, { email })))
    }
    const last = answers.pop()
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(201))
    expectError(last!, 429, 'Too many registrations with this e-mail address.', '/api/register')
    expect((await register(person('flood-0@example.org', { email: 'flooded@example.org' }))).status).toBe(304)
  })

  it('of eight at once for one login, makes one account and one affiliate', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(person('race@example.org'))))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(304)])
    const { body } = await running.as.admin.get(`/api/affiliates?q=${encodeURIComponent('race@example.org')}`)
    expect(body.totalResults).toBe(1)
  })
})

it('keeps events that tell of people from those who follow the stream and are neither they nor administrators', async () => {
  const events = async (authorization?: string) => {
    const stop = new AbortController()
    const headers = { 'last-event-id': '0', ...(authorization !== undefined && { authorization }) }
    const { body } = await fetch(`${running.url}/events/stream`, { headers, signal: stop.signal })
    let text = ''
    try {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString('utf8')
        if (text.includes('event: member.updated')) break
      }
    } finally {
      stop.abort()
    }
    return text
  }
  await running.as.admin.put('/api/members/PL/notifications', {})
  const everybody = await events()
  expect(everybody).not.toMatch(/event: (?:account|affiliate|application)\./)
  expect(everybody).not.toContain('ann@example.org')
  // Somebody reads of themselves, and of nobody else.
  const own = await events(basicCredentials('user', 'password of user'))
  const people = own.split('\n\n').filter(block => /event: (?:account|affiliate|application)\./.test(block))
  expect(people.length).toBeGreaterThan(0)
  expect(people.filter(block => !block.includes('"login":"user"'))).toEqual([])
  expect(await events(basicCredentials('admin', 'packages administrator'))).toMatch(/event: account\.created/)
})
