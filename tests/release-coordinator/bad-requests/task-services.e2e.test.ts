import type { TaskServiceStep } from '@slipway/testing'
import { beforeAll, beforeEach, describe, expect } from 'vitest'
import { api } from '../support/api.ts'
import { type BadRequest, refusesAll } from '../support/bad-request.ts'
import { json } from '../support/http-client.ts'
import { type Participant, participant } from '../support/saga.ts'

let service: Participant
beforeAll(async () => {
  service = await participant(api)
  return () => service[Symbol.asyncDispose]()
})

describe('task services that are bad', () => {
  beforeEach(() => service.on('status', { says: { name: 'good' } }))
  const register = (
    what: string,
    step: TaskServiceStep | string,
    said: unknown = [expect.any(String)],
  ): BadRequest => ({
    what,
    caller: 'dev',
    method: 'POST',
    path: '/task-services',
    message: () => {
      if (typeof step !== 'string') service.on('status', step)
      const at = typeof step === 'string' ? step : service.url
      return json({ name: 'n', description: 'd', author: 'a', url: at })
    },
    status: 400,
    body: { url: said },
  })
  refusesAll(api, [
    register('one that answers nonsense', { body: '<html>\u0000</html>' }),
    register('one that answers nothing', { fault: 'empty' }),
    register('one that answers ten megabytes', { fault: 'huge' }),
    register('one that answers half', { fault: 'truncated', says: { name: 'x' } }),
    register('one that never answers', { fault: 'silent' }),
    register('one that hangs up', { fault: 'reset' }),
    register('one that redirects in circles', { fault: 'redirect', location: '/status' }),
    register('one that redirects to a file', { fault: 'redirect', location: 'file:///etc/passwd' }),
    register('one that redirects to cloud metadata', { fault: 'redirect', location: 'http://169.254.169.254/' }),
    register('one that is broken', { status: 500, says: { name: 'x' } }),
    register('one that is not there', 'http://127.0.0.1:1'),
    register('one at cloud metadata', 'http://169.254.169.254/latest/meta-data'),
    register('one at a host that is none', 'http://[::1'),
    register('one by another protocol', 'gopher://127.0.0.1', ['Enter a valid URL.']),
    register('one at a file', 'file:///etc/passwd', ['Enter a valid URL.']),
    register('one at a URL of 201 characters', `http://127.0.0.1/${'x'.repeat(184)}`, [
      'Ensure this field has no more than 200 characters.',
    ]),
  ])
})
