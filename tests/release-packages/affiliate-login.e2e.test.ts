import { basicCredentials, eventually } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { client, expectError, texts } from './support/client.ts'
import { password, person, registrations, went } from './support/registrations.ts'

const { running, mail, member } = await registrations()

const path = '/api/account/create'
const columns = 25
const boundary = 'the-boundary'

/** An affiliate that an administrator took in, as the page of staff shows it. */
async function takenIn(key: string, email = '') {
  const names = (await running.as.admin.get('/api/affiliates/csv')).text.split('\n')[0] as string
  const cells = Array.from({ length: columns }, () => '')
  ;[cells[0], cells[1], cells[6], cells[8], cells[16]] = ['SE', key, 'Åsa', email, `Lab ${key}`]
  const form =
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n` +
    `${names}\n${cells.join('^')}\n\r\n--${boundary}--\r\n`
  const type = { 'content-type': `multipart/form-data; boundary=${boundary}` }
  const answer = await running.as.admin.send('POST', '/api/affiliates/csv', form, type)
  expect(answer.body).toMatchObject({ newRecords: 1 })
  return (await running.as.admin.get(`/api/affiliates?q=${key}`)).body.affiliates[0]
}
const keysFor = (address: string) =>
  mail.mails
    .filter(one => went(one, address))
    .flatMap(({ html }) => /resetPassword\?token=([\w-]+)"/.exec(html ?? '')?.[1] ?? [])
const withEmail = <Shown extends { affiliateDetails: object }>(affiliate: Shown, email: string | null) => ({
  ...affiliate,
  affiliateDetails: { ...affiliate.affiliateDetails, email },
})

describe('a login for an affiliate that was taken in', () => {
  it('is made by the page of staff, and its owner sets the password by mail', async () => {
    const affiliate = await takenIn('page', 'Page.Owner@example.org')
    const made = await running.as.admin.post(path, affiliate)
    expect([made.status, made.text]).toEqual([201, ''])

    const login = 'page.owner@example.org'
    const shown = (await running.as.admin.get(`/api/affiliates/${affiliate.affiliateId}`)).body
    expect(shown).toMatchObject({
      creator: login,
      standingState: 'IN_GOOD_STANDING',
      affiliateDetails: { email: login },
      application: { username: login },
    })
    const user = await running.as.admin.get(`/api/users/${login}`)
    expect(user.body).toMatchObject({ login, firstName: 'Åsa', email: login, activated: true })
    const filter = encodeURIComponent(`affiliateId eq '${affiliate.affiliateId}'`)
    const { body: trail } = await running.as.admin.get(`/api/audits?$filter=${filter}`)
    expect(trail.at(-1)).toMatchObject({ type: 'AFFILIATE_LOGIN_CREATED', principal: 'admin' })

    const key = await eventually(() => keysFor(login)[0] ?? false)
    const own = client(running.url, basicCredentials(login, password))
    expectError(await own.get('/api/affiliates/me'), 401, 'Bad credentials')
    expect((await running.as.anonymous.post(`/api/passwordReset/${key}`, { password })).status).toBe(200)
    const mine = await own.get('/api/affiliates/me')
    expect(mine.body.map(({ affiliateId }: { affiliateId: number }) => affiliateId)).toEqual([affiliate.affiliateId])
    expect((await own.get('/api/account')).body).toMatchObject({ login, roles: ['ROLE_USER'], member: { key: 'SE' } })
    expect((await own.get('/api/applications/me')).body).toMatchObject({ approvalState: 'APPROVED' })
    expectError(await running.as.admin.post(path, shown), 409, 'There is an account with this login.')
  })

  it('is mailed its key again when it is asked for again before it was used', async () => {
    const affiliate = await takenIn('again', 'again@example.org')
    expect((await running.as.admin.post(path, affiliate)).status).toBe(201)
    expect((await running.as.admin.post(path, affiliate)).status).toBe(201)
    const [first, second] = await eventually(() => {
      const keys = keysFor('again@example.org')
      return keys.length === 2 && keys
    })
    const use = (key: string | undefined) => running.as.anonymous.post(`/api/passwordReset/${key}`, { password })
    expect([(await use(first)).status, (await use(second)).status]).toEqual([404, 200])
  })

  it('is not made where somebody has the address or the affiliate', async () => {
    const affiliate = await takenIn('refused')
    await member('taken@example.org')
    expectError(
      await running.as.admin.post(path, withEmail(affiliate, 'Taken@example.org')),
      409,
      'There is an account with this login.',
    )
    expect((await running.as.admin.get(`/api/affiliates/${affiliate.affiliateId}`)).body.creator).toBeNull()
    const answers = await Promise.all(
      ['one', 'two', 'three'].map(name => running.as.admin.post(path, withEmail(affiliate, `${name}@example.org`))),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409])
    const { creator } = (await running.as.admin.get(`/api/affiliates/${affiliate.affiliateId}`)).body
    expect(creator).toMatch(/^(?:one|two|three)@example\.org$/)
    expectError(
      await running.as.admin.post(path, withEmail(affiliate, 'four@example.org')),
      409,
      'The affiliate has a login.',
    )
  })

  it.each([
    ['no affiliate', { affiliateDetails: { email: 'x@example.org' } }, 400, /^affiliateId: /],
    [
      'an affiliate that is not there',
      { affiliateId: 1, affiliateDetails: { email: 'x@example.org' } },
      404,
      texts.missing,
    ],
    ['no address', { affiliateId: 1, affiliateDetails: { email: null } }, 400, /^affiliateDetails\.email: /],
    ['what is no address', { affiliateId: 1, affiliateDetails: { email: 'x' } }, 400, /^affiliateDetails\.email: /],
    ["a login that is nobody's to have", { affiliateId: 1, affiliateDetails: { email: 'a:b@x.org' } }, 400, /email: /],
  ] as const)('is refused for %s', async (_what, body, status, message) => {
    expectError(await running.as.admin.post(path, body), status, message)
  })

  it('is made by administrators, with all their rights', async () => {
    const affiliate = await takenIn('rights', 'rights@example.org')
    for (const who of [running.as.sweden, running.as.insider, running.as.user]) {
      expectError(await who.post(path, affiliate), 403, texts.denied)
    }
    expectError(await running.as.anonymous.post(path, affiliate), 401, texts.unauthenticated)
    expect((await running.as.anonymous.post('/api/register', person('rights@example.org'))).status).toBe(201)
  })
})
