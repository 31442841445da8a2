import { basicCredentials, eventually } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { client, expectError, texts } from './support/client.ts'
import { password, registrations, went } from './support/registrations.ts'

const { mail, running, as, member } = await registrations()

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
