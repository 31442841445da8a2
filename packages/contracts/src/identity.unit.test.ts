import { describe, expect, it } from 'vitest'
import { actorOf, type Identity, identitySchema } from './identity.ts'

const identity: Identity = {
  subject: '1',
  login: 'ada',
  kind: 'user',
  roles: ['ADMIN'],
  groups: [],
  permissions: [],
  member: null,
  superuser: false,
}

describe('actorOf', () => {
  it('is the login, marked for machine clients', () => {
    expect(actorOf(identity)).toBe('ada')
    expect(actorOf({ ...identity, kind: 'service' })).toBe('service:ada')
    expect(actorOf(null)).toBe('anonymous')
  })
})

describe('identitySchema', () => {
  it('takes an identity and refuses one with parts missing', () => {
    expect(identitySchema.parse(identity)).toEqual(identity)
    for (const name of Object.keys(identity)) {
      const { [name as keyof Identity]: _missing, ...rest } = identity
      expect(identitySchema.safeParse(rest).success, name).toBe(false)
    }
  })
})
