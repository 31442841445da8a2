import type { Identity } from '@slipway/contracts'
import { describe, expect, it } from 'vitest'
import { narrowed, requireOwnScopes } from './scopes.ts'

const ada: Identity = {
  subject: '1',
  login: 'ada',
  kind: 'user',
  roles: ['curator', 'ADMIN'],
  groups: ['SD_AAAAAAAA'],
  permissions: ['ACCESS_ALL_DATA'],
  member: null,
  superuser: false,
}

describe('a token with scopes', () => {
  it('has no more than these of the rights of its account', () => {
    expect(narrowed(ada, ['curator', 'staff'])).toEqual({ ...ada, roles: ['curator'], permissions: [], groups: [] })
    expect(narrowed(ada, [])).toMatchObject({ roles: [], permissions: [], groups: [] })
  })

  it('of who may do everything may do what it names', () => {
    const root = { ...ada, roles: [], groups: [], permissions: [], superuser: true }
    expect(narrowed(root, ['curator'])).toMatchObject({ superuser: false, roles: ['curator'] })
  })

  it('cannot be made for the rights of others', () => {
    expect(() => requireOwnScopes(ada, ['curator', 'staff'])).toThrow(/staff/)
    expect(requireOwnScopes(ada, ['curator', 'curator'])).toEqual(['curator'])
  })
})

it('a token without scopes is its account', () => {
  expect(narrowed(ada, null)).toBe(ada)
})
