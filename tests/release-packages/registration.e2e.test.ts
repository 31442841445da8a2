import { basicCredentials, eventually, mailServer } from '@slipway/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { client, expectError, texts } from './support/client.ts'
import { platform } from './support/platform.ts'

const mail = await mailServer()
const running = platform({ MAIL_URL: mail.url, SLIPWAY_PUBLIC_URL: 'https://mlds.example.org' })
afterAll(() => mail[Symbol.asyncDispose]())

const password = 'correct horse'
const person = (login: string, more: object = {}) => ({
  login,
  password,
  firstName: 'Ann',
  lastName: 'Öberg',
  email: login,
  langKey: 'sv',
  country: { isoCode2: 'SE' },
  ...more,
})
const as = (login: string) => client(running.url, basicCredentials(login, password))
const register = (body: unknown) => running.as.anonymous.post('/api/register', body)

/** Whether a mail went to an address; servers may write its domain in lower case. */
const went = ({ recipients }: { readonly recipients: readonly string[] }, address: string) =>
  recipients.some(recipient => recipient.toLowerCase() === address.toLowerCase())
/** The key in the mail to somebody who registered. */
const keyFor = (address: string) =>
  eventually(() => {
    const found = mail.mails.find(one => went(one, address))
    return /activate\?key=([\w-]+)"/.exec(found?.html ?? '')?.[1] ?? false
  })
const activate = async (login: string) => running.as.anonymous.get(`/api/activate?key=${await keyFor(login)}`)
/** Somebody who registered and activated the account. */
async function member(login: string, more: object = {}) {
  expect((await register(person(login, more))).status).toBe(201)
  expect((await activate(login)).status).toBe(200)
  return as(login)
}

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
      commercialUsage: null,
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
      commercialUsages: [],
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

  it('of eight at once for one login, makes one account and one affiliate', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(person('race@example.org'))))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(304)])
    const { body } = await running.as.admin.get(`/api/affiliates?q=${encodeURIComponent('race@example.org')}`)
    expect(body.totalResults).toBe(1)
  })
})

describe('the account of', () => {
  it.each([
    ['sweden', { roles: ['ROLE_STAFF', 'ROLE_STAFF_SE', 'ROLE_USER'], member: { key: 'SE' } }],
    ['insider', { roles: ['ROLE_MEMBER', 'ROLE_MEMBER_IHTSDO', 'ROLE_USER'], member: { key: 'IHTSDO' } }],
    ['user', { roles: ['ROLE_USER'], member: { key: 'IHTSDO' } }],
  ] as const)('%s', async (who, expected) => {
    const answer = await running.as[who].get('/api/account')
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ login: who, email: `${who}@example.org`, ...expected })
  })

  it('the first administrator, who acts for the leading member', async () => {
    const { body } = await running.as.admin.get('/api/account')
    expect(body).toMatchObject({ login: 'admin', roles: ['ROLE_USER', 'ROLE_ADMIN'], member: { key: 'IHTSDO' } })
  })

  it.each([
    [['ROLE_STAFF'], ['ROLE_STAFF', 'ROLE_USER', 'ROLE_STAFF_NZ']],
    [['ROLE_STAFF_NZ'], ['ROLE_STAFF_NZ', 'ROLE_USER', 'ROLE_STAFF']],
    [['ROLE_MEMBER'], ['ROLE_MEMBER', 'ROLE_USER', 'ROLE_MEMBER_NZ']],
    [['ROLE_ADMIN'], ['ROLE_ADMIN', 'ROLE_USER']],
  ])('somebody with %j has every role that clients look for', async (given, roles) => {
    const login = `roles-of-${given[0]}`
    const made = await running.as.admin.post('/api/users', { login, password, roles: given, member: 'NZ' })
    expect(made.status).toBe(201)
    expect((await as(login).get('/api/account')).body.roles).toEqual(roles)
  })

  it('nobody, and of those who have no role here', async () => {
    expectError(await running.as.anonymous.get('/api/account'), 401, texts.unauthenticated, '/api/account')
    expectError(await running.as.stranger.get('/api/account'), 403, texts.denied, '/api/account')
  })
})

describe('somebody who is signed in', () => {
  const login = 'own@example.org'
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const session = async (secret: string) => {
    const fields = new URLSearchParams({ j_username: login, j_password: secret }).toString()
    const { headers } = await running.as.anonymous.send('POST', '/app/authentication', fields, form)
    return { cookie: headers['set-cookie']?.[0]?.split(';')[0] as string }
  }
  const status = async (headers: { cookie: string }) => (await running.as.anonymous.get('/api/account', headers)).status

  it('changes how they are called and written to, and no more', async () => {
    const own = await member(login)
    const whole = (await own.get('/api/account')).body
    const changed = { ...whole, firstName: 'Anna', lastName: null, email: 'a@example.org', langKey: 'en' }
    const answer = await own.post('/api/account', { ...changed, roles: ['ROLE_ADMIN'], member: { key: 'US' } })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect((await own.get('/api/account')).body).toEqual(changed)
    expect((await own.post('/api/account', { firstName: 'Ann' })).status).toBe(200)
    expect((await own.get('/api/account')).body).toEqual({ ...changed, firstName: 'Ann' })
    expect((await running.as.admin.get(`/api/users/${login}`)).body).toMatchObject({ email: 'a@example.org' })
    expectError(await own.post('/api/account', { email: 'nobody' }), 400, 'email: must be an e-mail address')
    expectError(await running.as.anonymous.post('/api/account', {}), 401, texts.unauthenticated)
  })

  it('changes the password, which ends other sessions', async () => {
    const [kept, other] = [await session(password), await session(password)]
    const change = (text: string) => running.as.anonymous.send('POST', '/api/account/change_password', text, kept)
    expectError(await change(''), 403, 'The new password is missing.')
    expectError(await change('four'), 400, /^password: /)
    expect(await status(other)).toBe(200)
    const answer = await change('another secret')
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect([await status(kept), await status(other)]).toEqual([200, 401])
    expectError(await as(login).get('/api/account'), 401, 'Bad credentials')
    expect((await client(running.url, basicCredentials(login, 'another secret')).get('/api/account')).status).toBe(200)
    expect((await change(`"${password}"`)).status).toBe(200)
    expect((await as(login).get('/api/account')).status).toBe(200)
  })

  it('lists and ends own sessions only', async () => {
    const own = as(login)
    const ended = await session(password)
    const { body } = await own.get('/api/account/sessions')
    expect(body.at(-1)).toEqual({
      series: expect.stringMatching(/^[\da-f-]{36}$/),
      ipAddress: null,
      userAgent: null,
      formattedTokenDate: expect.stringMatching(/^\d{1,2} [A-Z][a-z]+ \d{4}$/),
    })
    const path = `/api/account/sessions/${body.at(-1).series}`
    expectError(await running.as.user.delete(path), 404, texts.missing)
    expectError(await own.delete('/api/account/sessions/x'), 404, texts.missing)
    expect(await status(ended)).toBe(200)
    expect((await own.delete(path)).status).toBe(200)
    expect(await status(ended)).toBe(401)
  })

  it('not by a token that is narrower than they are', async () => {
    const own = as(login)
    const made = await own.post('/api/v1/users/me/tokens', { name: 'narrow', scopes: ['ROLE_USER'] })
    const bearer = client(running.url, `Bearer ${made.body.token}`)
    for (const [path, body] of [
      ['/api/account', { firstName: 'X' }],
      ['/api/account/change_password', 'secret'],
    ] as const) {
      expectError(await bearer.post(path, body), 403, /^A token with scopes/)
    }
    expectError(await bearer.get('/api/account/sessions'), 403, /^A token with scopes/)
  })
})

describe('somebody who forgot the password', () => {
  const login = 'forgot@example.org'
  const ask = (email: unknown) => running.as.anonymous.post('/api/passwordReset', { email })
  const finish = (key: string, secret: unknown) =>
    running.as.anonymous.post(`/api/passwordReset/${key}`, { password: secret })
  const keys = (least: number) =>
    eventually(() => {
      const found = mail.mails
        .filter(one => went(one, login))
        .flatMap(one => /resetPassword\?token=([\w-]+)"/.exec(one.html ?? '')?.[1] ?? [])
      return found.length >= least && found
    })
  const gone = 'Password reset token not found in our records'

  it('sets another one by a key from a mail, once, and is alone afterwards', async () => {
    const user = await member(login)
    const made = await user.post('/api/v1/users/me/tokens', { name: 'old' })
    const bearer = client(running.url, `Bearer ${made.body.token}`)
    expect((await bearer.get('/api/account')).status).toBe(200)
    const asked = await ask('FORGOT@example.org')
    expect([asked.status, asked.text]).toEqual([200, 'OK'])
    const [first = ''] = await keys(1)
    expect((await ask(login)).status).toBe(200)
    const second = (await keys(2)).find(key => key !== first) ?? ''
    // A newer key takes the place of the one before, and does for nothing else.
    expectError(await finish(first, 'new secret'), 404, gone)
    expectError(await running.as.anonymous.get(`/api/activate?key=${second}`), 404, texts.missing)
    expectError(await finish(second, 'four'), 400, /^password: /)
    const answers = await Promise.all([finish(second, 'new secret'), finish(second, 'new secret')])
    expect(answers.map(answer => answer.status).sort()).toEqual([200, 404])
    expect((await client(running.url, basicCredentials(login, 'new secret')).get('/api/account')).status).toBe(200)
    expectError(await user.get('/api/account'), 401, 'Bad credentials')
    expectError(await bearer.get('/api/account'), 401, texts.unauthenticated)
    expectError(await finish(second, 'new secret'), 404, gone)
  })

  it('is told nothing of who has an account, and not without end', async () => {
    expectError(await ask(undefined), 400, /^email: /)
    const answers = []
    for (let count = 0; count < 6; count += 1) answers.push(await ask('nobody-at-all@example.org'))
    expect(answers.map(({ status, text }) => (status === 200 ? text : status))).toEqual([...Array(5).fill('OK'), 429])
  })
})

describe('users', () => {
  const user = {
    login: 'new-staff',
    password: 'secret',
    roles: ['ROLE_STAFF', 'ROLE_STAFF_NZ'],
    email: 'n@example.org',
  }
  const create = (body: unknown) => running.as.admin.post('/api/users', body)

  it('are made by administrators, and act at once', async () => {
    const names = { firstName: 'Nils', lastName: 'Ny', langKey: 'en' }
    const answer = await create({ ...user, ...names })
    expect([answer.status, answer.body]).toEqual([
      201,
      {
        userId: expect.any(Number),
        login: 'new-staff',
        ...names,
        email: 'n@example.org',
        activated: true,
        acceptNotifications: true,
        countryNotificationsOnly: false,
      },
    ])
    expect((await running.as.sweden.get('/api/users/New-Staff')).body).toEqual(answer.body)
    const staff = client(running.url, basicCredentials('new-staff', 'secret'))
    const changed = await staff.put('/api/members/NZ/notifications', { staffNotificationEmail: 'nz@example.org' })
    expect([changed.status, changed.body.staffNotificationEmail]).toEqual([200, 'nz@example.org'])
    expectError(await create(user), 409, 'There is an account with this login.', '/api/users')
  })

  it('are listed for staff', async () => {
    const { body } = await running.as.sweden.get('/api/users')
    expect(body).toContainEqual({
      userId: expect.any(Number),
      login: 'user',
      firstName: null,
      lastName: null,
      email: 'user@example.org',
      activated: true,
      langKey: 'en',
      acceptNotifications: true,
      countryNotificationsOnly: false,
    })
    expectError(await running.as.sweden.get('/api/users/nobody'), 404, texts.missing)
    for (const path of ['/api/users', '/api/users/user']) {
      expectError(await running.as.user.get(path), 403, texts.denied)
      expectError(await running.as.anonymous.get(path), 401, texts.unauthenticated)
    }
    expectError(await running.as.sweden.post('/api/users', user), 403, texts.denied)
    expectError(await running.as.anonymous.post('/api/users', user), 401, texts.unauthenticated)
  })

  it.each([
    [{ roles: [] }, /^roles: /],
    [{ roles: ['curator'] }, /^roles\.0: must be a role of this API$/],
    [{ roles: ['ROLE_STAFF_xz'] }, /^Unknown member: 'xz'\. Valid options: AU BE BN .* US UY $/],
    [{ member: 'se' }, /^Unknown member: 'se'\. Valid options: /],
    [{ password: '' }, /^password: /],
    [{ login: 'a:b' }, /^login: /],
    [{ email: 'x'.repeat(101) }, /^email: /],
  ])('are refused with %j', async (wrong, message) => {
    expectError(await create({ ...user, login: 'other', ...wrong }), 400, message)
  })
})

describe('a session', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const signIn = (fields: Record<string, string>) =>
    running.as.anonymous.send('POST', '/app/authentication', new URLSearchParams(fields).toString(), form)
  const right = { j_username: 'User', j_password: 'password of user' }

  it('is kept in a cookie that scripts and other sites do not get, until it is ended', async () => {
    const answer = await signIn({ ...right, submit: 'Login' })
    expect([answer.status, answer.text]).toEqual([200, ''])
    const [cookie = ''] = answer.headers['set-cookie'] ?? []
    expect(cookie).toMatch(/^slipway_session=[^;]{20,}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
    const headers = { cookie: `other=1; ${cookie.split(';')[0]}` }
    expect((await running.as.anonymous.get('/api/account', headers)).body.login).toBe('user')
    const out = await running.as.anonymous.get('/app/logout', headers)
    expect([out.status, out.headers['set-cookie']]).toEqual([
      200,
      ['slipway_session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0'],
    ])
    expectError(await running.as.anonymous.get('/api/account', headers), 401, texts.unauthenticated)
    // What everybody may read is not refused because a session is over.
    expect((await running.as.anonymous.get('/api/members', headers)).status).toBe(200)
    expect((await running.as.anonymous.get('/app/logout')).status).toBe(200)
  })

  it('begins with a form of several parts as well', async () => {
    const parts = Object.entries(right).map(
      ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    )
    const post = (body: string) =>
      running.as.anonymous.send('POST', '/app/authentication', body, {
        'content-type': 'multipart/form-data; boundary=x',
      })
    const answer = await post(`${parts.join('')}--x--\r\n`)
    const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] as string
    expect((await running.as.anonymous.get('/api/account', { cookie })).body.login).toBe('user')
    expectError(await post('none'), 400, 'The parts of the form can not be told apart', '/app/authentication')
  })

  it('begins when an account is activated, but not for a page of another origin, nor in place of another', async () => {
    const activated = async (login: string, headers: Record<string, string>, who = running.as.anonymous) => {
      await register(person(login))
      const answer = await who.get(`/api/activate?key=${await keyFor(login)}`, headers)
      expect([answer.status, answer.text]).toEqual([200, login])
      return answer.headers['set-cookie']?.[0]
    }
    const cookie = await activated('signed-in@example.org', {})
    expect(cookie).toMatch(/^slipway_session=[^;]{20,}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
    const mine = await running.as.anonymous.get('/api/account', { cookie: cookie?.split(';')[0] as string })
    expect(mine.body.login).toBe('signed-in@example.org')
    expect(await activated('linked@example.org', { 'sec-fetch-site': 'cross-site' })).toBeUndefined()
    expect(await activated('other@example.org', {}, running.as.user)).toBeUndefined()
  })

  it('may outlive the browser', async () => {
    const [cookie] = (await signIn({ ...right, 'remember-me': 'true' })).headers['set-cookie'] ?? []
    expect(cookie).toMatch(/; Max-Age=2678400$/)
  })

  it('does not end what is no session', async () => {
    const made = await running.as.user.post('/api/v1/users/me/tokens', { name: 'mine' })
    await running.as.anonymous.get('/app/logout', { cookie: `slipway_session=${made.body.token}` })
    const bearer = { authorization: `Bearer ${made.body.token}` }
    expect((await running.as.anonymous.get('/api/account', bearer)).status).toBe(200)
  })

  it.each([{}, { ...right, j_password: 'wrong' }, { j_username: 'nobody', j_password: 'x' }])(
    'not with %j',
    async fields => {
      const message = 'Authentication failed: Bad credentials'
      expectError(await signIn(fields), 401, message, '/app/authentication')
    },
  )
})

describe('who is struck off', () => {
  it('gets in nowhere from the next request on, and back when that is undone', async () => {
    const user = await member('struck@example.org')
    const form = new URLSearchParams({ j_username: 'struck@example.org', j_password: password }).toString()
    const signedIn = await running.as.anonymous.send('POST', '/app/authentication', form, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    const session = { cookie: String(signedIn.headers['set-cookie']?.[0]).split(';')[0] as string }
    const application = (await user.get('/api/applications/me')).body
    const affiliate = `/api/affiliates/${application.affiliate.affiliateId}`
    const approved = await running.as.admin.send(
      'POST',
      `/api/applications/${application.applicationId}/approve`,
      'APPROVED',
    )
    expect(approved.body.affiliate.standingState).toBe('PENDING_INVOICE')

    const struck = await running.as.sweden.put(affiliate, { standingState: 'DEREGISTERED' })
    expect([struck.status, struck.body.standingState]).toEqual([200, 'DEREGISTERED'])
    for (const path of ['/api/account', '/api/members', '/api/releasePackages']) {
      expectError(await user.get(path), 401, 'Bad credentials', path)
    }
    expectError(await running.as.anonymous.get('/api/account', session), 401, texts.unauthenticated)
    const again = (body: string) =>
      running.as.anonymous.send('POST', '/app/authentication', body, {
        'content-type': 'application/x-www-form-urlencoded',
      })
    const code = /^Authentication failed: MLDS_ERR_AUTH_DEREGISTERED /
    for (let count = 0; count < 2; count += 1) expectError(await again(form), 401, code, '/app/authentication')
    // Whoever does not know the password learns nothing.
    expectError(await again(`${form}x`), 401, 'Authentication failed: Bad credentials', '/app/authentication')
    expect((await user.get('/rest_api/v1/auth/current-user/')).status).toBe(401)

    await running.as.sweden.put(affiliate, { standingState: 'IN_GOOD_STANDING' })
    expect((await user.get('/api/account')).status).toBe(200)
    expect((await running.as.anonymous.get('/api/account', session)).status).toBe(200)
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

it('limits wrong passwords, also where none are needed', async () => {
  const guesser = client(running.url, basicCredentials('america', 'wrong'))
  const statuses: number[] = []
  for (let guess = 0; guess < 10; guess += 1) statuses.push((await guesser.get('/api/members')).status)
  expect(statuses).toEqual(Array(10).fill(401))
  const refused = await guesser.get('/api/members')
  expectError(refused, 429, 'Too many failed attempts to sign in.', '/api/members')
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
})
