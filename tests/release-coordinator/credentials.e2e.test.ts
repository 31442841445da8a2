import { createHmac, createPublicKey } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { api, issuerKey, issuerUrl, url } from './support/api.ts'
import { callers } from './support/callers.ts'
import { given } from './support/given.ts'
import { httpClient, statusAndBody } from './support/http-client.ts'
import {
  type IssuerRequest,
  inAnHour,
  issuerControl,
  platformAudience,
  type SigningKey,
  signedToken,
} from './support/issuer.ts'
import { studies } from './support/resources.ts'
import { reaches } from './support/saga.ts'
import { grant } from './support/system.ts'

const rolesClaim = 'https://kidsfirstdrc.org/roles'
const groupsClaim = 'https://kidsfirstdrc.org/groups'

let note: string
beforeAll(async () => {
  const { kf_id } = await given(api).release()
  await reaches(api, kf_id, 'staged')
  note = `/release-notes/${(await given(api).note({ release: kf_id })).kf_id}`
})

/** What the platform takes a caller for, by what it may. */
async function standing(authorization: string | undefined): Promise<string> {
  const client = httpClient(url, authorization)
  const admin = await client.patch(note, {})
  if (admin.status === 200) return 'administrator'
  expect(admin.status).toBe(403)
  if (admin.text.includes('credentials')) return 'anonymous'
  expect(admin.body).toEqual({ detail: 'Must be an admin' })
  const developer = await client.patch('/task-services/TS_00000000', {})
  return developer.status === 404 ? 'developer' : 'user'
}

const claims = (roles: readonly string[], more: object = {}) => ({
  sub: 'auth0|123',
  exp: inAnHour(),
  [rolesClaim]: roles,
  [groupsClaim]: [],
  ...more,
})
const signed = (content: object, header: object = {}) => `Bearer ${signedToken(issuerKey, content, header)}`
const without = (name: string) => {
  const { [name]: _gone, ...rest } = claims(['ADMIN']) as Record<string, unknown>
  return rest
}

describe('tokens of the issuer', () => {
  test.each<[string, () => string, string]>([
    ['of an administrator', () => signed(claims(['ADMIN'])), 'administrator'],
    ['of a developer', () => signed(claims(['USER', 'DEV'])), 'developer'],
    ['of a user', () => signed(claims(['USER'])), 'user'],
    ['without any role', () => signed(claims([])), 'user'],
    ['with a role that is none', () => signed(claims(['admin', 'ADMINISTRATOR'])), 'user'],
    ['of a machine', () => signed({ gty: 'client-credentials', exp: inAnHour() }), 'administrator'],
    ['of a machine with roles', () => signed(claims(['USER'], { gty: 'client-credentials' })), 'administrator'],
    ['of any issuer', () => signed(claims(['ADMIN'], { iss: 'anybody' })), 'administrator'],
    ['for another audience', () => signed(claims(['ADMIN'], { aud: 'https://example.org' })), 'anonymous'],
    ['without an audience', () => signed(claims(['ADMIN'], { aud: undefined })), 'anonymous'],
    [
      'that the platform sends to task services',
      () => signed({ gty: 'client-credentials', exp: inAnHour(), aud: grant.audience }),
      'anonymous',
    ],
    [
      'for the platform and task services at once',
      () => signed({ gty: 'client-credentials', exp: inAnHour(), aud: [platformAudience, grant.audience] }),
      'anonymous',
    ],
    ['that says no key', () => signed(claims(['ADMIN']), { kid: undefined }), 'administrator'],
    ['of another kind of machine', () => signed({ gty: 'password', exp: inAnHour() }), 'anonymous'],
    ['without a subject', () => signed(without('sub')), 'anonymous'],
    ['without roles', () => signed(without(rolesClaim)), 'anonymous'],
    ['without groups', () => signed(without(groupsClaim)), 'anonymous'],
    ['with roles that are no list', () => signed(claims(['ADMIN'], { [rolesClaim]: 'ADMIN' })), 'anonymous'],
    ['that has expired', () => signed(claims(['ADMIN'], { exp: inAnHour() - 7200 })), 'anonymous'],
    ['of a machine, expired', () => signed({ gty: 'client-credentials', exp: 1 }), 'anonymous'],
    ['that names another key', () => signed(claims(['ADMIN']), { kid: 'key-999' }), 'anonymous'],
  ])('%s', async (_what, token, expected) => {
    expect(await standing(token())).toBe(expected)
  })

  test('that were changed after they were signed are nobody', async () => {
    const [head, , signature] = signedToken(issuerKey, claims(['USER'])).split('.')
    const forged = Buffer.from(JSON.stringify(claims(['ADMIN']))).toString('base64url')
    expect(await standing(`Bearer ${head}.${forged}.${signature}`)).toBe('anonymous')
  })

  test.each(['none', 'HS256'])('that claim the algorithm %s are nobody', async alg => {
    const content = [{ alg, kid: issuerKey.kid }, claims(['ADMIN'])]
      .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const pem = createPublicKey(issuerKey.pem).export({ type: 'spki', format: 'pem' })
    const signature = alg === 'none' ? '' : createHmac('sha256', pem).update(content).digest('base64url')
    expect(await standing(`Bearer ${content}.${signature}`)).toBe('anonymous')
  })

  test('of a key that is new are good as soon as the issuer publishes it', async () => {
    const key = (await (await fetch(issuerUrl + issuerControl.newKey)).json()) as SigningKey
    await expect
      .poll(() => standing(`Bearer ${signedToken(key, claims(['ADMIN']))}`), { timeout: 30_000, interval: 500 })
      .toBe('administrator')
    expect(await standing(signed(claims(['ADMIN']))), 'the old key stays good').toBe('administrator')
  })

  test('say which groups their owner is in, whatever earlier ones said', async () => {
    const start = (groups: readonly string[]) =>
      httpClient(url, signed(claims(['USER'], { [groupsClaim]: groups }))).post('/releases', {
        name: 'by group',
        studies: [studies.birds],
      })
    expect((await start([])).status).toBe(403)
    expect((await start([studies.birds])).status).toBe(201)
    expect((await start([studies.cats])).status).toBe(403)
  })

  test('have the profile of their owner fetched once', async () => {
    const token = signed(claims(['USER'], { sub: 'auth0|fresh' }))
    expect([await standing(token), await standing(token)]).toEqual(['user', 'user'])
    const requests = (await (await fetch(issuerUrl + issuerControl.requests)).json()) as IssuerRequest[]
    const asked = requests.filter(({ path, authorization }) => path === '/userinfo' && authorization === token)
    expect(asked).toHaveLength(1)
  })
})

describe('tokens of the platform', () => {
  test.each([
    [callers.admin, 'administrator'],
    [callers.dev, 'developer'],
    [callers.user, 'user'],
  ])('of $login', async ({ token }, expected) => {
    expect(await standing(`Bearer ${token}`)).toBe(expected)
    expect(await standing(`bearer ${token}`), 'the scheme is in any case').toBe(expected)
  })
})

describe('credentials that are none', () => {
  const bad = [
    'Bearer nonsense',
    'Bearer ',
    'Bearer',
    'Bearer a.b.c',
    `Bearer ${'x'.repeat(4000)}`,
    `Bearer ${callers.admin.token}x`,
    `Bearer ${callers.admin.token} and more`,
    'Digest username="admin"',
    callers.admin.token,
    'Negotiate YII=',
  ]

  test.each(bad)('%s: reads work, writes are those of nobody', async authorization => {
    const client = httpClient(url, authorization)
    expect((await client.get('/releases')).status).toBe(200)
    expect(await standing(authorization)).toBe('anonymous')
    expect((await client.post('/events', { message: 'as anybody' })).status).toBe(201)
  })
})

describe('login and password', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

  test('are as good as a token', async () => {
    expect(await standing(basic(`admin:${callers.admin.password}`))).toBe('administrator')
    expect(await standing(basic(`${callers.dev.login}:${callers.dev.password}`))).toBe('developer')
  })

  test.each(['admin:wrong', 'nobody:x', 'admin:', ':', `ulla:${callers.dev.password}`])(
    '%s is refused, even for reads',
    async text => {
      const client = httpClient(url, basic(text))
      const refused = [403, { detail: 'Invalid username/password.' }]
      expect(statusAndBody(await client.get('/releases'))).toEqual(refused)
      expect(statusAndBody(await client.post('/events', { message: 'x' }))).toEqual(refused)
      expect((await client.get('/releases')).headers).not.toHaveProperty('www-authenticate')
    },
  )
})

test('writes with a token need nothing that belongs to forms in browsers', async () => {
  const headers = {
    'content-type': 'application/json',
    cookie: 'sessionid=abc; csrftoken=def',
    referer: 'https://kf-ui-release-coordinator.kidsfirstdrc.org/',
    origin: 'https://kf-ui-release-coordinator.kidsfirstdrc.org',
  }
  expect((await api.admin.send('PATCH', note, { headers, body: '{"description":"x"}' })).status).toBe(200)
})
