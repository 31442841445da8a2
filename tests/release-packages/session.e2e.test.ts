import { basicCredentials } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { client, expectError, texts } from './support/client.ts'
import { password, person, registrations } from './support/registrations.ts'

const { running, register, keyFor, member } = await registrations()

describe('a session', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const signIn = (fields: Record<string, string>) =>
    running.as.anonymous.send('POST', '/app/authentication', new URLSearchParams(fields).toString(), form)
  const right = { j_username: 'User', j_password: 'password of user' }

  it('is kept in a cookie that scripts and other sites do not get, until it is ended', async () => {
    const answer = await signIn({ ...right, submit: 'Login' })
    expect([answer.status, answer.text]).toEqual([200, ''])
    const [cookie = ''] = answer.headers['set-cookie'] ?? []
    expect(cookie).toMatch(/^__Host-slipway_session=[^;]{20,}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
    const headers = { cookie: `other=1; ${cookie.split(';')[0]}` }
    expect((await running.as.anonymous.get('/api/account', headers)).body.login).toBe('user')
    expect((await running.as.anonymous.send('HEAD', '/app/logout', undefined, headers)).status).toBe(200)
    expect((await running.as.anonymous.get('/api/account', headers)).body.login).toBe('user')
    const out = await running.as.anonymous.get('/app/logout', headers)
    expect([out.status, out.headers['set-cookie']]).toEqual([
      200,
      ['__Host-slipway_session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0'],
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
    expect(cookie).toMatch(/^__Host-slipway_session=[^;]{20,}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
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
    await running.as.anonymous.get('/app/logout', { cookie: `__Host-slipway_session=${made.body.token}` })
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

it('limits wrong passwords, also where none are needed', async () => {
  const guesser = client(running.url, basicCredentials('america', 'wrong'))
  const statuses: number[] = []
  for (let guess = 0; guess < 10; guess += 1) statuses.push((await guesser.get('/api/members')).status)
  expect(statuses).toEqual(Array(10).fill(401))
  const refused = await guesser.get('/api/members')
  expectError(refused, 429, 'Too many failed attempts to sign in.', '/api/members')
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
})
