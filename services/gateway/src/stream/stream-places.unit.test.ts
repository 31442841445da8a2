import { expect, test } from 'vitest'
import { streamPlaces } from './stream-places.ts'

const limited = expect.objectContaining({ code: 'rate_limited', retryAfter: 5 })

test('one address, or one account, cannot have them all', () => {
  const places = streamPlaces({ mostStreams: 5, mostPerAddress: 2, mostPerAccount: 1 })
  const first = places.take('192.0.2.1', undefined)
  places.take('192.0.2.1', undefined)
  expect(() => places.take('192.0.2.1', undefined)).toThrow(limited)
  places.take('192.0.2.2', 'anna')
  expect(() => places.take('192.0.2.3', 'anna')).toThrow(limited)
  // What was refused holds nothing.
  places.take('192.0.2.3', undefined)
  places.take('192.0.2.3', undefined)
  expect(() => places.take('192.0.2.4', 'user')).toThrow(expect.objectContaining({ code: 'busy', retryAfter: 5 }))
  first()
  places.take('192.0.2.4', 'user')
})
