import { expect, it } from 'vitest'
import { everybody, onlyService, some, versionViewers, viewersOf } from './audience.ts'
import type { Identity } from './identity.ts'
import { among, type ReadAudience, readRefusal, signedIn } from './read-audience.ts'

const jon: Identity = {
  subject: 's',
  login: 'jon',
  kind: 'user',
  roles: [],
  groups: [],
  permissions: [],
  member: null,
  superuser: false,
}
const staff = { ...jon, roles: ['ROLE_STAFF', 'ROLE_STAFF_SE'] }
const root = { ...jon, superuser: true }

const refused = (audience: ReadAudience) =>
  [null, jon, staff, root].map(identity => readRefusal(audience, identity)?.code ?? 'answered')

it.each([
  ['everybody', everybody, ['answered', 'answered', 'answered', 'answered']],
  ['whoever may view a thing', viewersOf('url'), ['answered', 'answered', 'answered', 'answered']],
  ['whoever is known', signedIn, ['unauthenticated', 'answered', 'answered', 'answered']],
  ['holders of a right', some(['editor']), ['unauthenticated', 'forbidden', 'answered', 'answered']],
  ['an account', some(['editor'], { account: 'login' }), ['unauthenticated', 'answered', 'answered', 'answered']],
  ['staff of a member', some([], { member: 'member' }), ['unauthenticated', 'forbidden', 'answered', 'answered']],
  [
    'some of them',
    among('affiliate', versionViewers('state')),
    ['unauthenticated', 'forbidden', 'answered', 'answered'],
  ],
  ['nobody who is known', among('anonymous', everybody), ['answered', 'forbidden', 'forbidden', 'forbidden']],
  ['services', onlyService('catalog'), ['unauthenticated', 'forbidden', 'forbidden', 'forbidden']],
  ['whom the broker lets', among('let-in', onlyService('catalog')), ['answered', 'answered', 'answered', 'answered']],
])('what is for %s is answered to those for whom a row could be there', (_who, audience, expected) => {
  expect(refused(audience)).toEqual(expected)
})

it('is refused in the words of the API that has the right', () => {
  expect(readRefusal(some(['editor']), jon)?.message).toBe('Access is denied')
  expect(readRefusal(some(['editor']), null)?.message).toMatch(/^Full authentication/)
  expect(readRefusal(some(['release-administrator']), jon)?.message).toBe('Must be an admin')
  expect(readRefusal(signedIn, null)?.message).toBe('Authentication credentials were not provided.')
})

it('is answered to the services that it is for, whoever they call for', () => {
  const answers = (audience: ReadAudience) =>
    [null, jon].map(identity => readRefusal(audience, identity, 'catalog')?.code ?? 'answered')
  expect(answers(onlyService('gateway', 'catalog'))).toEqual(['answered', 'answered'])
  expect(answers(onlyService('gateway'))).toEqual(['forbidden', 'forbidden'])
  expect(answers(signedIn)).toEqual(['unauthenticated', 'answered'])
})
