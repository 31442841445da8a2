import { expect, test } from 'vitest'
import { sign, verifySignature } from './signature.ts'

const signed = {
  blob: 'blob-1',
  viewer: { login: 'åsa.b', staff: false },
  revocationKeys: ['account/1/2', 'token/3/1'],
}
const later = Math.floor(Date.now() / 1000) + 60

test('a signature is good for its path, its bytes and its time only', () => {
  const signature = sign('secret', '/a', signed, later)
  expect(verifySignature('secret', '/a', String(later), signature)).toEqual(signed)
  expect(verifySignature('secret', '/b', String(later), signature)).toBeUndefined()
  expect(verifySignature('secret', '/a', String(later + 1), signature)).toBeUndefined()
  expect(verifySignature('other', '/a', String(later), signature)).toBeUndefined()
  expect(verifySignature('secret', '/a', String(later), signature.replace('blob-1', 'blob-2'))).toBeUndefined()
  expect(verifySignature('secret', '/a', String(later), signature.replace('.u', '.s'))).toBeUndefined()
  expect(verifySignature('secret', '/a', String(later), '')).toBeUndefined()
})

test('a signature of somebody without a credential has no keys', () => {
  const signature = sign('secret', '/a', { ...signed, revocationKeys: [] }, later)
  expect(verifySignature('secret', '/a', String(later), signature)?.revocationKeys).toEqual([])
})

test('a signature ends', () => {
  const past = Math.floor(Date.now() / 1000) - 1
  expect(verifySignature('secret', '/a', String(past), sign('secret', '/a', signed, past))).toBeUndefined()
})
