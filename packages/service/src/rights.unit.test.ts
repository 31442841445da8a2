import type { Identity } from '@slipway/contracts'
import { describe, expect, it } from 'vitest'
import { hasRole, requireRole, requireSignedIn } from './rights.ts'

const person = (given: Partial<Identity>): Identity => ({
  subject: '1',
  login: 'ada',
  kind: 'user',
  roles: [],
  groups: [],
  permissions: [],
  member: null,
  superuser: false,
  ...given,
})

describe('a role', () => {
  it.each([
    [null, false],
    [person({}), false],
    [person({ roles: ['USER'] }), false],
    [person({ roles: ['DEV'] }), true],
    [person({ superuser: true }), true],
    [person({ kind: 'service' }), true],
  ])('%o has it: %s', (identity, expected) => {
    expect(hasRole(identity, 'ADMIN', 'DEV')).toBe(expected)
  })

  it('is asked for after who calls at all', () => {
    expect(() => requireRole(null, ['ADMIN'], 'Must be an admin')).toThrow(
      'Authentication credentials were not provided.',
    )
    expect(() => requireRole(person({}), ['ADMIN'], 'Must be an admin')).toThrow('Must be an admin')
    expect(() => requireSignedIn(null)).toThrow(expect.objectContaining({ code: 'unauthenticated' }))
    expect(requireSignedIn(person({})).login).toBe('ada')
  })
})
