import { expect, it } from 'vitest'
import { weakness } from './weak-secret.ts'

it.each([
  'admin',
  'token',
  'password',
  'changeme',
  'slw_short',
  'aaaaaaaaaaaaaaaaaaaa',
  'abababababababababab',
  '1234567890123456',
  'abcdefghijklmnopq',
  'passwordpassword',
  'Password-Password',
  'changeme-12345678',
  'admin-admin-admin-1',
  'token_token_token',
  'secret1234567890',
])('%s is weak', secret => expect(weakness(secret, 16)).toMatch(/at least 16|easily guessed/))

it.each([
  'administrator-token',
  'trial-admin-token',
  'token-of-the-administrator',
  'slw_dGhpcyBpcyByYW5kb20',
  '9f86d081884c7d659a2feaa0',
])('%s is not', secret => expect(weakness(secret, 16)).toBeUndefined())
