import { basicCredentials } from '@slipway/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { day, given } from './support/given.ts'
import { pdcClient } from './support/http-client.ts'
import { type Callers, platform } from './support/platform.ts'

const running = platform()
let callers: Callers

beforeAll(() => {
  callers = running.as
})

const withAuthorization = (value: string) => pdcClient(running.url, value)

describe('credentials', () => {
  test.each([
    ['Token nonsense', 'Invalid token.'],
    ['Token', 'Invalid token header. No credentials provided.'],
    ['Token a b', 'Invalid token header. Token string should not contain spaces.'],
    ['token token-of-former', 'User inactive or deleted.'],
  ])('%s is refused, even on reads', async (authorization, detail) => {
    for (const path of ['release-schedules/', 'release-schedules/?nope=1', '']) {
      const answer = await withAuthorization(authorization).get(path)
      expect([answer.status, answer.body]).toEqual([401, { detail }])
      expect(answer.headers['www-authenticate']).toBe('Token')
    }
  })

  test('of other schemes count as none', async () => {
    for (const authorization of ['Bearer token-of-ann', basicCredentials('ann', 'wrong')]) {
      expect((await withAuthorization(authorization).get('release-schedules/')).status).toBe(200)
      expect((await withAuthorization(authorization).post('release-schedules/', {})).status).toBe(401)
    }
  })
})

describe('rights', () => {
  const none = { detail: 'Authentication credentials were not provided.' }
  const no = { detail: 'You do not have permission to perform this action.' }

  test('are needed to write, and asked for before anything else', async () => {
    for (const [method, path] of [
      ['POST', 'release-schedules/?nope=1'],
      ['PUT', 'release-schedules/'],
      ['DELETE', 'release-schedules/1/'],
      ['POST', 'release-types/'],
      ['DELETE', 'releases/'],
    ] as const) {
      const anonymous = await callers.anonymous.send(method, path, '{')
      expect([anonymous.status, anonymous.body]).toEqual([401, none])
      expect(anonymous.headers['www-authenticate']).toBe('Token')
      const bob = await callers.bob.send(method, path, '{')
      expect([bob.status, bob.body]).toEqual([403, no])
    }
  })

  test('are given by resource and action', async () => {
    const sla = await callers.ann.post('component-sla-types/', { name: 'by ann' })
    expect(sla.status).toBe(201)
    expect((await callers.ann.patch(`component-sla-types/${sla.body.id}/`, { description: 'x' })).status).toBe(403)
    expect((await callers.ann.delete(`component-sla-types/${sla.body.id}/`)).status).toBe(403)
    const { release_id } = await given(callers.admin).release()
    const schedule = await callers.ann.post('release-schedules/', { release: release_id, sla: 'by ann', date: day(1) })
    expect(schedule.status).toBe(201)
    expect((await callers.ann.delete('release-schedules/', [schedule.body.id])).status).toBe(204)
    expect((await callers.ann.post('releases/', {})).status).toBe(403)
  })

  test('show in the answer to OPTIONS', async () => {
    const asked = async (caller: keyof Callers) => (await callers[caller].send('OPTIONS', 'release-schedules/')).body
    expect(await asked('anonymous')).not.toHaveProperty('actions')
    const { actions, renders } = await asked('ann')
    expect(renders).toEqual(['application/json'])
    expect(actions.POST.date).toEqual({ type: 'date', required: true, read_only: false, label: 'Date' })
    expect(actions.PUT.active.read_only).toBe(true)
  })
})

describe('tokens', () => {
  test('are obtained by login and password, or by a token', async () => {
    const login = withAuthorization(basicCredentials('bob', 'password of bob'))
    const { status, body } = await login.get('auth/token/obtain/')
    expect(status).toBe(200)
    const own = withAuthorization(`Token ${body.token}`)
    expect((await own.get('auth/current-user/')).body.username).toBe('bob')
    expect((await own.post('auth/token/obtain/')).body).toEqual(body)
    expect((await login.get('auth/token/obtain/?a=1')).status).toBe(400)
    expect((await withAuthorization(basicCredentials('bob', 'wrong')).get('auth/token/obtain/')).status).toBe(401)
    expect((await callers.anonymous.get('auth/token/obtain/')).status).toBe(401)
  })

  test('are refreshed, and the old one dies at once', async () => {
    const login = withAuthorization(basicCredentials('ann', 'password of ann'))
    const none = await login.get('auth/token/refresh/')
    expect([none.status, none.body]).toEqual([
      400,
      { 'Refresh Token Error': 'You have not got a token yet, please try obtain first.' },
    ])
    const old = (await login.get('auth/token/obtain/')).body.token
    // The head alone of what a GET would make is nothing, and changes nothing.
    for (const path of ['auth/token/refresh/', 'auth/token/obtain/']) {
      expect((await withAuthorization(`Token ${old}`).send('HEAD', path)).status).toBe(200)
      expect((await withAuthorization(`Token ${old}`).get('auth/current-user/')).status).toBe(200)
    }
    const fresh = (await withAuthorization(`Token ${old}`).put('auth/token/refresh/')).body.token
    expect(fresh).not.toBe(old)
    expect((await withAuthorization(`Token ${old}`).get('auth/current-user/')).body).toEqual({
      detail: 'Invalid token.',
    })
    expect((await withAuthorization(`Token ${fresh}`).get('auth/current-user/')).status).toBe(200)
  })

  test('tell who has them', async () => {
    const { body } = await callers.ann.get('auth/current-user/')
    expect(body).toMatchObject({
      username: 'ann',
      fullname: '',
      'e-mail': 'ann@example.org',
      is_superuser: false,
      is_staff: false,
      groups: ['release-engineering'],
    })
    expect((await callers.ann.get('auth/current-user/?whatever=1')).body).toEqual(body)
    expect(body.resource_permissions).toContainEqual({ resource: 'component-sla-types', permission: 'create' })
    expect(body.resource_permissions).not.toContainEqual({ resource: 'component-sla-types', permission: 'delete' })
    expect((await callers.anonymous.get('auth/current-user/')).status).toBe(401)
  })
})

describe('conventions', () => {
  test('the root tells where everything is', async () => {
    const { body } = await callers.anonymous.get('')
    expect(Object.keys(body)).toEqual(Object.keys(body).toSorted())
    expect(body['release-schedules']).toBe(`${running.url}/rest_api/v1/release-schedules/`)
    // Asking for that one would make a new token.
    const addresses = Object.values<string>(body).filter(address => !address.includes('refresh'))
    for (const address of addresses)
      expect((await callers.ann.get(new URL(address).pathname)).status, address).toBe(200)
  })

  test('headers', async () => {
    const { headers } = await callers.anonymous.get('release-schedules/')
    expect(headers).toMatchObject({
      allow: 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS',
      vary: 'Accept, Cookie',
      'x-frame-options': 'SAMEORIGIN',
    })
    expect(String(headers['content-type'])).toMatch(/^application\/json/)
    expect((await callers.anonymous.get('release-schedules/5/')).headers.allow).toBe(
      'GET, PUT, PATCH, DELETE, HEAD, OPTIONS',
    )
    expect((await callers.anonymous.get('releases/')).headers.allow).toBe('GET, POST, PUT, PATCH, HEAD, OPTIONS')
  })

  test('HEAD is GET without a body', async () => {
    const head = await callers.anonymous.send('HEAD', 'component-sla-types/')
    expect([head.status, head.text]).toEqual([200, ''])
  })

  test('addresses are read as Django reads them', async () => {
    const doubled = await callers.anonymous.get('/rest_api/v1//release-schedules//?page_size=1;page=1;release=x')
    expect([doubled.status, doubled.body.count]).toEqual([200, 0])
    const refused = await callers.anonymous.get('release-schedules/?page=1;nope=1')
    expect(refused.body).toEqual({ detail: 'Unknown query params: nope.' })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const made = await callers.admin.send('POST', 'component-sla-types/', 'name=by-form;description=a%3Bb', form)
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ name: 'by-form', description: 'a;b' })])
  })

  test('scripts of all origins may call', async () => {
    const origin = 'https://anywhere.example.org'
    const { headers } = await callers.anonymous.get('release-schedules/', { origin })
    expect(headers['access-control-allow-origin']).toBe(origin)
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
    const known = await callers.anonymous.get('release-schedules/', { origin: 'https://portal.kidsfirstdrc.org' })
    expect(known.headers['access-control-allow-credentials']).toBe('true')
    const preflight = await callers.anonymous.send('OPTIONS', 'release-schedules/', undefined, {
      origin,
      'access-control-request-method': 'PATCH',
    })
    expect(preflight.status).toBe(200)
    expect(preflight.headers).toMatchObject({
      'access-control-allow-methods': 'DELETE, GET, OPTIONS, PATCH, POST, PUT',
      'access-control-allow-headers':
        'x-requested-with, content-type, accept, origin, authorization, x-csrftoken, pdc-change-comment',
      'access-control-max-age': '86400',
    })
  })

  test('what is not there, and what cannot be had', async () => {
    const nowhere = await callers.anonymous.get('nowhere/')
    expect([nowhere.status, nowhere.body]).toEqual([404, { detail: 'Not found' }])
    const browser = await callers.anonymous.get('nowhere/', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' })
    expect([browser.status, browser.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
    expect(browser.text).toContain('<h1>Not found</h1>')
    const xml = await callers.anonymous.get('release-schedules/', { accept: 'application/xml' })
    expect([xml.status, xml.body]).toEqual([406, { detail: 'Could not satisfy the request Accept header.' }])
    const method = await callers.admin.post('release-schedules/1/', {})
    expect([method.status, method.body]).toEqual([405, { detail: 'Method "POST" not allowed.' }])
  })
})
