import { expect, it } from 'vitest'
import { storeFailure } from './store-failure.ts'

const answered = (httpStatusCode: number) => Object.assign(new Error('said so'), { $metadata: { httpStatusCode } })

it.each([
  ['a server in trouble', answered(500)],
  ['a server that is busy', answered(429)],
  ['a port that is closed', Object.assign(new Error('refused'), { code: 'ECONNREFUSED', $metadata: { attempts: 3 } })],
  ['silence', Object.assign(new Error('too late'), { name: 'TimeoutError' })],
])('takes %s for an outage', (_what, error) => {
  expect(storeFailure(error)).toMatchObject({ code: 'unavailable', retryAfter: 5, cause: error })
})

it.each([
  ['what is refused', answered(403)],
  ['an answer that is none', answered(200)],
  ['an upload of too many parts', new Error('Exceeded 10000 parts')],
])('does not wait for %s to pass', (_what, error) => {
  const { code, message } = storeFailure(error)
  expect([code, message]).toEqual(['internal', `The object store cannot be used: ${error.message}`])
})
