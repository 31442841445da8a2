import { randomUUID } from 'node:crypto'
import {
  accountEvents,
  accountOperations,
  type EventType,
  identityOperations,
  type KnownAccount,
} from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, type RunningCatalog, startCatalog } from './start-catalog.ts'

let running: RunningCatalog
beforeAll(async () => {
  running = await startCatalog({ SLIPWAY_PUBLIC_URL: 'https://slipway.example.org' })
  await running.replica()
})
afterAll(() => running[Symbol.asyncDispose]())

const known = (login: string, more: Partial<KnownAccount> = {}): KnownAccount => ({
  login,
  first_name: 'Ann',
  last_name: 'Berg',
  email: `${login}@example.org`,
  lang_key: 'en',
  activated: true,
  roles: ['ROLE_USER'],
  member: null,
  country: 'SE',
  activation_key: null,
  base_url: 'https://slipway.example.org/',
  sequence: 1,
  ...more,
})

let sequence = 0
/** An event of an account, as the gateway's relay sends it. */
async function tell(type: EventType, data: { readonly login: string; readonly sequence: number }) {
  const id = randomUUID()
  await running.bus.publishEvent(type, {
    specversion: '1.0',
    id,
    source: '/slipway/gateway',
    type: type.type,
    subject: data.login,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    sequence: ++sequence,
    actor: 'system',
    data,
  })
  await eventually(async () => {
    const text = `select 1 from platform.inbox where consumer = 'catalog-accounts' and event_id = $1`
    return (await running.store.read({ name: 'test.seen', text }, [id])).length > 0
  })
}
const note = (account: KnownAccount) => running.bus.request(accountOperations.note, { account }, as('nobody'))

type Found = Readonly<Record<'affiliates' | 'applications' | 'mails', number>>
async function found(login: string): Promise<Found> {
  const text = `select (select count(*) from affiliate where creator = $1) as affiliates,
    (select count(*) from application where username = $1) as applications,
    (select count(*) from mail where login = $1) as mails`
  const [counts] = await running.store.read<Found>({ name: 'test.found', text }, [login])
  return counts as Found
}
async function profile(login: string) {
  const text = 'select email, removed, sequence from account_profile where login = $1'
  const [row] = await running.store.read<Record<string, unknown>>({ name: 'test.profile', text }, [login])
  return row
}
const once = { affiliates: 1, applications: 1, mails: 1 }

describe('an account that registered', () => {
  it('gets one affiliate and one mail, by however many calls and events at once', async () => {
    const account = known('many', { activated: false, activation_key: 'key' })
    const told = Array.from({ length: 4 }, () => tell(accountEvents.created, account))
    await Promise.all([...told, ...Array.from({ length: 8 }, () => note(account))])
    expect(await found('many')).toEqual(once)
  })

  it('is sent a key that only the gateway has when its event comes first, which holds none', async () => {
    const asked: unknown[] = []
    const handle = async (input: unknown) => {
      asked.push(input)
      return { body: { activation_key: 'a key of its own' } as never }
    }
    await running.bus.serve([{ operation: identityOperations.activation, handle }], { queue: 'gateway' })
    const account = known('unheard', { activated: false })
    await tell(accountEvents.created, account)
    await tell(accountEvents.updated, { ...account, sequence: 2 })
    await note({ ...account, activation_key: 'late', sequence: 1 })
    expect([asked, await found('unheard')]).toEqual([[{ login: 'unheard' }], once])
    const text = `select html from mail where login = 'unheard'`
    const [mail] = await running.store.read<{ html: string }>({ name: 'test.mail', text })
    expect(mail?.html).toContain('activate?key=a%20key%20of%20its%20own')
  })

  it('is sent its key again when its login was given up and taken anew', async () => {
    const account = known('anew', { activated: false, activation_key: 'first' })
    await note(account)
    await tell(accountEvents.deleted, { login: 'anew', sequence: 2 })
    expect(await profile('anew')).toMatchObject({ removed: true })
    await note({ ...account, activation_key: 'second', sequence: 3 })
    expect([await profile('anew'), await found('anew')]).toEqual([
      { email: 'anew@example.org', removed: false, sequence: 3 },
      { ...once, mails: 2 },
    ])
  })
})

it('tells nobody who takes a login that was never activated of who registered it before', async () => {
  const account = known('twice', { activated: false, activation_key: 'first', first_name: 'Eve', country: 'NZ' })
  await note(account)
  await tell(accountEvents.deleted, { login: 'twice', sequence: 2 })
  await note({ ...account, first_name: 'Ann', email: 'ann@example.org', country: 'SE', sequence: 3 })
  const text = `select f.home_member, f.details ->> 'firstName' as name, p.details ->> 'email' as email, p.member
    from affiliate f join application p on p.affiliate_id = f.affiliate_id where f.creator = 'twice'`
  expect(await running.store.read({ name: 'test.twice', text }, [])).toEqual([
    { home_member: 'SE', name: 'Ann', email: 'ann@example.org', member: 'SE' },
  ])
})

it('believes the latest news of an account, whatever comes last', async () => {
  await tell(accountEvents.updated, known('late', { email: 'new@example.org', sequence: 5 }))
  await tell(accountEvents.created, known('late', { email: 'old@example.org', sequence: 4 }))
  await tell(accountEvents.deleted, { login: 'late', sequence: 3 })
  expect(await profile('late')).toEqual({ email: 'new@example.org', removed: false, sequence: 5 })
})

it.each([
  ['staff', ['ROLE_STAFF_SE', 'ROLE_USER']],
  ['administrators', ['ROLE_ADMIN', 'ROLE_USER']],
  ['insiders', ['ROLE_MEMBER', 'ROLE_MEMBER_IHTSDO', 'ROLE_USER']],
  ['other APIs', ['DEV']],
])('makes no affiliates of %s', async (login, roles) => {
  await note(known(login, { roles }))
  expect(await found(login)).toEqual({ affiliates: 0, applications: 0, mails: 0 })
})

it('tells the gateway anew of a login that is taken again with an affiliate behind it', async () => {
  await note(known('struck'))
  const strike = {
    name: 'test.strike',
    text: `update affiliate set standing = 'DEREGISTERED' where creator = 'struck'`,
  }
  await running.store.write(strike)
  await tell(accountEvents.deleted, { login: 'struck', sequence: 2 })
  await note(known('struck', { sequence: 3 }))
  const text = `select data ->> 'standing' as standing from platform.outbox
    where noun = 'affiliate' and data ->> 'login' = 'struck' order by id`
  const events = await running.store.read<{ standing: string }>({ name: 'test.told', text })
  expect(events.map(({ standing }) => standing)).toEqual(['APPLYING', 'DEREGISTERED'])
})

describe('an account that is made for an affiliate', () => {
  /** One that was taken in: nobody acts for it, and its application is nobody's. */
  async function takenIn(): Promise<number> {
    const text = `
      with made as (
        insert into affiliate (home_member, standing, details)
        values ('SE', 'IN_GOOD_STANDING', '{"affiliateDetailsId": 1, "organizationName": "Lab"}') returning affiliate_id
      )
      insert into application (application_type, affiliate_id, username, member, state, details)
      select 'PRIMARY', affiliate_id, '', 'SE', 'APPROVED', '{"affiliateDetailsId": 2}' from made returning affiliate_id`
    const [row] = await running.store.write<{ affiliate_id: number }>({ name: 'test.taken-in', text })
    return row?.affiliate_id as number
  }
  async function affiliate(id: number) {
    const text = `select a.creator, a.details ->> 'email' as email, p.username,
        (select count(*) from platform.outbox o where o.noun = 'affiliate' and o.aggregate = a.affiliate_id::text) as events
      from affiliate a join application p using (affiliate_id) where a.affiliate_id = $1`
    const [row] = await running.store.read<Record<string, unknown>>({ name: 'test.affiliate', text }, [id])
    return row
  }
  const its = (login: string) => ({ creator: login, email: `${login}@example.org`, username: login, events: 1 })

  it('acts for it and for no other, whether the call or the event of the account comes first', async () => {
    for (const [login, first, second] of [
      ['called-first', note, (account: KnownAccount) => tell(accountEvents.created, account)],
      ['told-first', (account: KnownAccount) => tell(accountEvents.created, account), note],
    ] as const) {
      const id = await takenIn()
      const account = known(login, { affiliate_id: id })
      await first(account)
      expect(await affiliate(id)).toEqual(its(login))
      await second(account)
      expect([await affiliate(id), await found(login)]).toEqual([its(login), { ...once, mails: 0 }])
    }
  })

  it('leaves it to the account that came first', async () => {
    const id = await takenIn()
    await note(known('quicker', { affiliate_id: id }))
    await expect(note(known('slower', { affiliate_id: id }))).rejects.toMatchObject({ code: 'conflict' })
    await tell(accountEvents.created, known('slower', { affiliate_id: id }))
    expect([await affiliate(id), await found('slower')]).toEqual([
      its('quicker'),
      { affiliates: 0, applications: 0, mails: 0 },
    ])
  })
})
