import { describe, expect, it } from 'vitest'
import { platform } from './support/platform.ts'

const running = platform()

describe('users', () => {
  it('sign in and use the token that they get', async () => {
    const { nobody, admin, staff, bob } = running.as
    const login = await nobody.post('/users/login/', { username: 'ada', password: 'password of ada' })
    expect(login.body.token).toMatch(/^[0-9a-f]{40}$/)
    const self = await nobody.get('/user/', { authorization: `Token ${login.body.token}` })
    expect(self.body).toMatchObject({ username: 'ada', email: 'ada@example.org', orgs: 0, url: '/users/ada/' })
    expect(self.text).not.toMatch(/password|token/)
    const wrong = { status: 401, body: { detail: 'No such user or wrong password.' } }
    expect(await nobody.post('/users/login/', { username: 'ada', password: 'x' })).toMatchObject(wrong)
    expect(await nobody.post('/users/login/', { username: 'nil', password: 'x' })).toMatchObject(wrong)
    expect(await nobody.post('/users/login/', {})).toMatchObject({
      status: 400,
      body: { username: ['This field is required.'], password: ['This field is required.'] },
    })

    const eve = { username: 'eve', name: 'Eve', email: 'eve@example.org', password: 'password of eve' }
    expect((await bob.post('/users/', eve)).status).toBe(403)
    expect((await staff.post('/users/', eve)).status).toBe(201)
    expect(await staff.post('/users/', eve)).toMatchObject({
      status: 400,
      body: { username: ['A user with this username already exists'] },
    })
    const { token } = (await nobody.post('/users/login', eve)).body
    const authorization = `Token ${token}`
    expect((await nobody.get('/user', { authorization })).status).toBe(200)
    expect((await staff.delete('/users/eve/')).status).toBe(204)
    expect((await nobody.get('/user', { authorization })).status).toBe(401)
    expect((await admin.put('/users/eve/reactivate/')).status).toBe(204)
    expect((await nobody.get('/user', { authorization })).status).toBe(200)
  })

  it('are known by name and mail to themselves, staff and administrators only', async () => {
    const { ada, bob, nobody, staff, admin } = running.as
    const finn = { username: 'finn', name: 'Finn Secret', email: 'finn@example.org', password: 'password of finn' }
    await staff.post('/users/', finn)
    await ada.post('/orgs/', { id: 'FINNS', name: 'x' })
    await ada.put('/orgs/FINNS/members/finn/', {})
    const { token } = (await nobody.post('/users/login/', finn)).body
    const self = { get: (path: string) => nobody.get(path, { authorization: `Token ${token}` }) }
    for (const path of ['/users/?limit=0', '/users/finn/', '/orgs/FINNS/members/?limit=0']) {
      for (const other of [nobody, bob, ada]) {
        const seen = await other.get(path)
        expect([seen.status, seen.text.includes('finn')]).toEqual([200, true])
        expect(seen.text).not.toMatch(/Finn Secret|finn@/)
      }
      for (const one of [self, staff, admin]) expect((await one.get(path)).text).toContain('Finn Secret')
    }
    expect((await nobody.get('/users/finn/')).body).toMatchObject({ name: 'finn', email: null, url: '/users/finn/' })
    expect((await self.get('/user/')).body).toMatchObject({ name: 'Finn Secret', email: 'finn@example.org' })
  })

  it('are members of orgs', async () => {
    const { ada, bob } = running.as
    expect((await ada.post('/orgs/', { id: 'CLUB', name: 'Club' })).status).toBe(201)
    expect((await ada.post('/orgs/', { id: 'CLUB', name: 'Club' })).body).toEqual({
      mnemonic: 'Organization with mnemonic CLUB already exists.',
    })
    expect((await bob.post('/orgs/CLUB/sources/', { id: 'S', name: 'S' })).status).toBe(403)
    expect((await bob.put('/orgs/CLUB/members/bob/')).status).toBe(403)
    expect((await ada.get('/orgs/CLUB/members/bob/')).status).toBe(404)
    expect((await ada.put('/orgs/CLUB/members/nil/')).status).toBe(404)
    expect((await ada.put('/orgs/CLUB/members/bob/')).status).toBe(204)
    expect((await ada.get('/orgs/CLUB/members/bob/')).status).toBe(204)
    const members = await bob.get('/orgs/CLUB/members/')
    expect(members.body).toMatchObject([{ username: 'ada' }, { username: 'bob' }])
    expect((await bob.post('/orgs/CLUB/sources/', { id: 'S', name: 'S' })).status).toBe(201)
  })

  it('are members of orgs until somebody removes them, also when their account is gone', async () => {
    const { ada, bob, admin } = running.as
    const account = { login: 'gone', password: 'password of gone' }
    expect((await admin.post('/api/v1/accounts', account)).status).toBe(201)
    await ada.post('/orgs/', { id: 'LEFT', name: 'Left' })
    expect((await ada.put('/orgs/LEFT/members/gone/')).status).toBe(204)
    expect((await admin.delete('/api/v1/accounts/gone')).status).toBe(204)

    const member = '/orgs/LEFT/members/Gone/'
    expect((await ada.get('/orgs/LEFT/members/')).body).toMatchObject([{ username: 'ada' }, { username: 'gone' }])
    expect((await ada.get(member)).status).toBe(204)
    for (const method of ['GET', 'DELETE'] as const) expect((await bob.send(method, member)).status).toBe(403)
    expect((await ada.delete(member)).status).toBe(204)
    expect((await ada.get('/orgs/LEFT/members/')).body).toMatchObject([{ username: 'ada' }])
    const again = async (method: string, path: string) => (await ada.send(method, path)).status
    expect([await again('GET', member), await again('PUT', member), await again('DELETE', member)]).toEqual([
      404, 404, 204,
    ])
    expect(await again('DELETE', '/orgs/LEFT/members/nil/')).toBe(404)
  })
})

describe('conventions', () => {
  it('of errors', async () => {
    const { ada, nobody, former } = running.as
    expect(await former.get('/orgs/')).toMatchObject({
      status: 401,
      body: { detail: 'Invalid token.' },
      headers: { 'www-authenticate': 'Token' },
    })
    expect(await nobody.post('/orgs/', { id: 'X' })).toMatchObject({
      status: 401,
      body: { detail: 'Authentication credentials were not provided.' },
    })
    expect((await ada.post('/orgs/', { id: 'a b' })).body).toEqual({
      id: ['Enter a valid value.'],
      name: ['This field is required.'],
    })
    expect(await ada.post('/orgs/', '{')).toMatchObject({ status: 400 })
    expect((await ada.post('/orgs/', '{')).body.detail).toMatch(/^JSON parse error - /)
    expect(await ada.send('POST', '/orgs/', 'a,b', { 'content-type': 'text/csv' })).toMatchObject({
      status: 415,
      body: { detail: 'Unsupported media type "text/csv" in request.' },
    })
    expect(await nobody.get('/orgs/nil/')).toMatchObject({ status: 404, body: { detail: 'Not found.' } })
    expect(await nobody.get('/orgs/nil/what/ever/')).toMatchObject({ status: 404, body: { detail: 'Not found.' } })
    expect(await ada.put('/orgs/')).toMatchObject({ status: 405, body: { detail: "Method 'PUT' not allowed." } })
  })

  it('of versions: a second one of the same id is a conflict with both texts', async () => {
    const { ada } = running.as
    await ada.post('/user/sources/', { id: 'twice', name: 'Twice' })
    expect((await ada.post('/user/sources/twice/versions/', { id: 'v1' })).status).toBe(201)
    const again = await ada.post('/user/sources/twice/versions/', { id: 'v1' })
    expect(again).toMatchObject({ status: 409, body: { detail: "Source version 'v1' already exist." } })
    expect(again.body.error).toContain('duplicate key')
    expect((await ada.get('/user/sources/twice/v1/processing/')).text).toMatch(/^(?:True|False)$/)
    expect(await ada.delete('/user/sources/twice/HEAD/')).toMatchObject({ status: 400 })
    expect((await ada.put('/user/sources/twice/v1/', { released: true })).body).toMatchObject({ released: true })
    expect((await ada.get('/user/sources/twice/latest')).body).toMatchObject({ id: 'v1' })
    expect((await ada.delete('/user/sources/twice/v1')).status).toBe(204)
    expect((await ada.get('/user/sources/twice/latest')).status).toBe(404)
  })

  it('of other origins and of forms', async () => {
    const { ada, nobody } = running.as
    const seen = await nobody.get('/sources/', { origin: 'https://elsewhere.example' })
    expect(seen.headers['access-control-allow-origin']).toBe('https://elsewhere.example')
    expect(seen.headers['access-control-expose-headers']).toContain('exportURL')
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const made = await ada.send('POST', '/user/sources/', 'id=form&name=From+a+form&supported_locales=en,fr', form)
    expect(made.body).toMatchObject({ name: 'From a form', supported_locales: ['en', 'fr'], extras: {} })
  })
})
