import { describe, expect, it } from 'vitest'
import { client } from './support/client.ts'
import { concept, cut, exported, makeSource } from './support/dictionary.ts'
import { platform } from './support/platform.ts'

const running = platform()

let readers = 0
/** Somebody who reads by an API token, and the address of an export that they were given. */
async function reader() {
  const { admin } = running.as
  readers += 1
  const login = `reader${readers}`
  const password = 'password of a reader'
  expect((await admin.post('/api/v1/accounts', { login, password, roles: ['staff'] })).status).toBe(201)
  const signedIn = await running.as.nobody.post('/users/login/', { username: login, password })
  const own = client(running.url, `Token ${signedIn.body.token}`)
  const source = await makeSource(running.as.ada, `SIGNED${readers}`, [concept('A')])
  await cut(running.as.ada, source, 'v1')
  const answer = await exported(own, source, 'v1')
  const url = String(answer.headers.exporturl)
  const follow = async () => (await running.as.nobody.get(url)).status
  expect(await follow()).toBe(200)
  return { own, account: `/api/v1/accounts/${login}`, source, follow }
}

describe('a signed URL ends as soon as', () => {
  it('the token is revoked for which it was given', async () => {
    const { own, follow } = await reader()
    const { results } = (await own.get('/api/v1/users/me/tokens')).body
    expect((await own.delete(`/api/v1/users/me/tokens/${results[0].id}`)).status).toBe(204)
    expect(await follow()).toBe(403)
  })

  it('the account loses a role', async () => {
    const { account, follow } = await reader()
    expect((await running.as.admin.send('PATCH', account, { roles: [] })).status).toBe(200)
    expect(await follow()).toBe(403)
  })

  it('the account is deleted', async () => {
    const { account, follow } = await reader()
    expect((await running.as.admin.delete(account)).status).toBe(204)
    expect(await follow()).toBe(403)
  })

  it('the source becomes private, for those who may not see it then', async () => {
    const { source } = await reader()
    const { nobody, ada } = running.as
    const url = String((await exported(nobody, source, 'v1')).headers.exporturl)
    expect((await nobody.get(url)).status).toBe(200)
    expect((await ada.put(source, { public_access: 'None' })).status).toBe(200)
    expect((await nobody.get(url)).status).toBe(404)
  })
})
