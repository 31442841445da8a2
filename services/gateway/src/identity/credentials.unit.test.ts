import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { anyToken, authorization, basicCredentials } from './credentials.ts'

const withHeaders = (headers: Record<string, string>) => ({ headers }) as unknown as FastifyRequest
const base64 = (text: string) => Buffer.from(text).toString('base64')

test.each([
  ['Bearer abc', { scheme: 'bearer', value: 'abc' }],
  ['  TOKEN \t abc ', { scheme: 'token', value: 'abc' }],
  ['Bearer', undefined],
  ['', undefined],
])('%j', (header, expected) => {
  expect(authorization(withHeaders({ authorization: header }))).toEqual(expected)
})

test.each([
  [base64('anna:secret'), { login: 'anna', password: 'secret' }],
  [base64('anna:with:colons'), { login: 'anna', password: 'with:colons' }],
  [base64('jürgen:grün'), { login: 'jürgen', password: 'grün' }],
  [base64(':'), { login: '', password: '' }],
  [base64('no colon'), undefined],
  ['not base64!', undefined],
])('Basic %s', (value, expected) => {
  expect(basicCredentials(value)).toEqual(expected)
})

test('a token is found in each way of sending it', () => {
  expect(anyToken(withHeaders({ authorization: 'Bearer a' }))).toBe('a')
  expect(anyToken(withHeaders({ authorization: 'token b' }))).toBe('b')
  expect(anyToken(withHeaders({ 'genestack-api-token': 'c' }))).toBe('c')
  expect(anyToken(withHeaders({ authorization: 'Basic d', 'genestack-api-token': 'c' }))).toBe('c')
  expect(anyToken(withHeaders({ 'genestack-api-token': '' }))).toBeUndefined()
})
