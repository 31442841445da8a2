import { afterAll, beforeAll, expect, test } from 'vitest'
import { request } from './http-client.ts'
import { adminToken, type Platform, startPlatform } from './platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ SLIPWAY_PASSWORD_COST: '10' })
})
afterAll(() => platform?.[Symbol.asyncDispose]())

const send = (path: string, body: object, headers = {}) =>
  request(platform.port, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

test('many logins of one person at the same time are one, and all get its token', async () => {
  const credentials = { login: 'eager', password: 'password of eager' }
  await send('/api/v1/accounts', credentials, { authorization: `Bearer ${adminToken}` })
  const login = () => send('/users/login/', { username: 'eager', password: 'password of eager' })
  // More than passwords may wait in line.
  const answers = await Promise.all(Array.from({ length: 120 }, login))
  const [first] = answers
  expect(first?.json).toEqual({ token: expect.stringMatching(/^[\da-f]{40}$/) })
  expect(answers.map(({ status, json }) => ({ status, json }))).toEqual(
    answers.map(() => ({ status: 200, json: first?.json })),
  )
})
