import { describe, expect, it } from 'vitest'
import { mayRead, onlyService, readersOf, readerWords, some, versionViewers, viewersOf } from './audience.ts'
import { eventReaders, events } from './catalogue.ts'
import type { Identity } from './identity.ts'

const nobody: Identity = {
  subject: 's',
  login: 'Jon',
  kind: 'user',
  roles: [],
  groups: [],
  permissions: [],
  member: null,
  superuser: false,
}
const jon = readerWords(nobody, [])
const anonymous = readerWords(null, [])
const superuser = readerWords({ ...nobody, login: 'root', superuser: true }, [])
const never = () => false

const told = (data: object, actor = 'system') => ({ actor, data })
const source = viewersOf('source_url')

describe('an event about a source', () => {
  const shown = readersOf(source, told({ source_url: '/orgs/A/sources/B/', public_access: 'View' }))
  const hidden = readersOf(source, told({ source_url: '/orgs/A/sources/B/', public_access: 'None' }))

  it('is for everybody while the source is', () => {
    expect(mayRead(shown, anonymous, never)).toBe(true)
    expect(mayRead(hidden, anonymous, never)).toBe(false)
    expect(mayRead(hidden, jon, never)).toBe(false)
  })

  it('is for those who belong to its owner, and for staff, in any case', () => {
    expect(mayRead(hidden, readerWords(nobody, ['/orgs/A/']), never)).toBe(true)
    expect(mayRead(hidden, readerWords(nobody, ['/orgs/B/']), never)).toBe(false)
    expect(mayRead(hidden, superuser, never)).toBe(true)
    const own = readersOf(source, told({ source_url: '/users/JON/sources/B/', public_access: 'None' }))
    expect(mayRead(own, jon, never)).toBe(true)
  })

  it('is not for everybody any more once the source is private', () => {
    expect(mayRead(shown, anonymous, thing => thing === '/orgs/A/sources/B/')).toBe(false)
    expect(mayRead(shown, readerWords(nobody, ['/orgs/A/']), () => true)).toBe(true)
  })

  it('is for few when it does not say whether that is private, or what it is about', () => {
    for (const data of [{ source_url: '/orgs/A/sources/B/' }, { public_access: 'View' }, {}, null]) {
      expect(mayRead(readersOf(source, { actor: 'system', data }), jon, never)).toBe(false)
      expect(mayRead(readersOf(source, { actor: 'system', data }), superuser, never)).toBe(true)
    }
  })
})

it('an event about an account is for that account, whatever the case of its login', () => {
  const event = readersOf(some(['administrator'], { account: 'login' }), told({ login: 'JON' }))
  expect(mayRead(event, jon, never)).toBe(true)
  expect(mayRead(event, readerWords({ ...nobody, login: 'jonas' }, []), never)).toBe(false)
})

it('an event about what a member organisation has is for the staff of that member', () => {
  const event = readersOf(some(['administrator'], { member: 'home_member' }), told({ home_member: 'SE' }))
  const readable = (...roles: string[]) => mayRead(event, readerWords({ ...nobody, roles }, []), never)
  expect(readable('ROLE_STAFF', 'ROLE_STAFF_SE')).toBe(true)
  expect(readable('ROLE_ADMIN')).toBe(true)
  expect(readable('ROLE_STAFF', 'ROLE_STAFF_DK')).toBe(false)
  expect(readable('ROLE_STAFF')).toBe(false)
  expect(readable('ROLE_MEMBER', 'ROLE_MEMBER_SE')).toBe(false)
})

it('a machine client is not the account of the same name', () => {
  const event = readersOf(some(['administrator'], { account: 'login' }), told({ login: 'jon' }))
  const machine = readerWords({ ...nobody, kind: 'service', roles: ['ADMIN'] }, [])
  expect(mayRead(event, machine, never)).toBe(false)
})

it('a version of a package is for more people the further it is published', () => {
  const words = (roles: string[]) => readerWords({ ...nobody, roles }, [])
  const readable = (state: string) =>
    [anonymous, words(['ROLE_USER']), words(['ROLE_MEMBER']), words(['ROLE_STAFF_SE'])].map(viewer =>
      mayRead(readersOf(versionViewers('state'), told({ state })), viewer, never),
    )
  expect(readable('online')).toEqual([true, true, true, true])
  expect(readable('alpha/beta')).toEqual([false, true, true, true])
  expect(readable('offline')).toEqual([false, false, true, true])
  expect(readable('')).toEqual([false, false, true, true])
})

it('what is for one service only is for nobody here', () => {
  expect(mayRead(readersOf(onlyService('catalog'), told({})), superuser, never)).toBe(false)
})

it('an event of a kind that is not known is for administrators', () => {
  const event = { type: 'slipway.v1.novelty.made', actor: 'x', data: {} } as Parameters<typeof eventReaders>[0]
  expect(mayRead(eventReaders(event), jon, never)).toBe(false)
  expect(mayRead(eventReaders(event), superuser, never)).toBe(true)
})

it('every kind of event names fields that its data has', () => {
  for (const { type, audience, data } of events) {
    const shape = (data as unknown as { shape: object }).shape
    const named =
      audience.of === 'some'
        ? [audience.account, audience.group, audience.member]
        : audience.of === 'viewers'
          ? [audience.url, 'public_access']
          : audience.of === 'version'
            ? [audience.state]
            : []
    for (const field of named.filter(field => field !== undefined && field !== 'actor')) {
      expect(Object.keys(shape), type).toContain(field)
    }
  }
})
